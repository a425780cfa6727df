#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/secret.h"
#include "test/test.h"

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
	return path;
}

static void write_read_replace(void)
{
	const char *path = in_dir("a/b/c");
	struct fault f = {0};
	struct buf b;
	struct stat st;

	buf_init(&b);
	TEST_NUMBER(file_write(path, "x", 1, 0600, &f), ERR_NOT_FOUND);
	TEST_NUMBER(file_make_dir(in_dir("a/b"), 0700, NULL), 0);
	path = in_dir("a/b/c");
	TEST_NUMBER(file_write(path, "old", 3, 0600, NULL), 0);
	TEST_NUMBER(file_write(path, "newer", 5, 0640, NULL), 0);
	TEST_NUMBER(stat(path, &st), 0);
	TEST_NUMBER(st.st_mode & 0777, 0640);
	TEST_NUMBER(file_read(path, 4, &b, NULL), ERR_TOO_LARGE);
	buf_clear(&b);
	TEST_NUMBER(file_read(path, 5, &b, NULL), 0);
	TEST_TEXT(buf_text(&b), "newer");
	TEST_NUMBER(file_remove(in_dir("a"), NULL), 0);
	TEST_NUMBER(access(in_dir("a"), F_OK), -1);
	TEST_NUMBER(file_remove(in_dir("a"), NULL), 0);
	buf_fini(&b);
}

static void removal_follows_no_link(void)
{
	char link_path[256];

	file_make_dir(in_dir("keep"), 0755, NULL);
	file_write(in_dir("keep/file"), "x", 1, 0644, NULL);
	file_make_dir(in_dir("gone"), 0755, NULL);
	snprintf(link_path, sizeof(link_path), "%s", in_dir("gone/link"));
	TEST_NUMBER(symlink("../keep", link_path), 0);
	TEST_NUMBER(file_remove(in_dir("gone"), NULL), 0);
	TEST_NUMBER(access(in_dir("keep/file"), F_OK), 0);
	TEST_NUMBER(file_remove(in_dir("keep"), NULL), 0);
}

static void a_secret_others_can_read_is_refused(void)
{
	struct secret a, b;
	struct fault f = {0};
	const char *path = in_dir("key");

	secret_random(&a);
	TEST_NUMBER(secret_store(&a, path, NULL), 0);
	TEST_NUMBER(secret_load(&b, path, NULL), 0);
	CU_ASSERT_TRUE(secret_equal(&a, &b));
	TEST_NUMBER(chmod(path, 0640), 0);
	TEST_NUMBER(secret_load(&b, path, &f), ERR_PRIVILEGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "mode 0640 lets others read it, want 0600"));
	TEST_NUMBER(chmod(path, 0600), 0);
	TEST_NUMBER(truncate(path, 31), 0);
	TEST_NUMBER(secret_load(&b, path, NULL), ERR_INVALID);
	TEST_NUMBER(truncate(path, 33), 0);
	TEST_NUMBER(secret_load(&b, path, NULL), ERR_INVALID);
	unlink(path);
}

static void times(void)
{
	struct wall w = {0};
	char text[WALL_TEXT_MAX];
	int64_t ms = 0;

	TEST_TEXT(wall_format((struct wall){1795262400123}, text), "2026-11-21T12:00:00.123Z");
	TEST_NUMBER(wall_parse("2026-11-21T12:00:00.123Z", &w, NULL), 0);
	TEST_NUMBER(w.ms, 1795262400123);
	TEST_NUMBER(wall_parse("2026-11-21T12:00:00Z", &w, NULL), 0);
	TEST_NUMBER(wall_parse("2026-11-21 12:00:00", &w, NULL), ERR_INVALID);
	TEST_NUMBER(wall_parse("2026-11-21T12:00:00+01:00", &w, NULL), ERR_INVALID);
	TEST_NUMBER(duration_parse("250ms", &ms, NULL), 0);
	TEST_NUMBER(ms, 250);
	TEST_NUMBER(duration_parse("-1s", &ms, NULL), ERR_INVALID);
	TEST_NUMBER(duration_parse("99999999999d", &ms, NULL), ERR_INVALID);
	TEST_NUMBER(mono_ms_between((struct mono){0}, mono_add_ms((struct mono){0}, 7)), 7);
}

static void digests(void)
{
	struct digest d, e;
	char text[DIGEST_TEXT_MAX];

	/* RFC 7693's function with 32 bytes of output: b2sum -l 256 of "abc". */
	digest_of("abc", 3, &d);
	TEST_TEXT(digest_format(&d, text),
		  "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	CU_ASSERT_TRUE(digest_parse(text, &e) && digest_equal(&d, &e));
	text[63] = 'g';
	CU_ASSERT_FALSE(digest_parse(text, &e));
	CU_ASSERT_FALSE(digest_parse("bddd", &e));
}

TEST_SUITE(base_file, {"write, read, replace", write_read_replace},
	   {"removal follows no link", removal_follows_no_link},
	   {"a secret that others can read is refused", a_secret_others_can_read_is_refused},
	   {"times", times}, {"digests", digests});
