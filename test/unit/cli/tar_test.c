/* The archive of a report, as tar(1) reads it. */
#include "cli/report/tar.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/base/run.h"
#include "test/test.h"

#define RUN_MS 10000

static const struct wall at = {INT64_C(1700000000123)};

/* `tar WORD ARCHIVE -C test_dir()`; what it says, its times in UTC. */
static void read_back(const char *word, const struct buf *archive, struct buf *said)
{
	char path[256];
	const char *const argv[] = {"env", "TZ=UTC", "tar", word, path, "-C", test_dir(), NULL};
	struct fault f = {0};
	int status = -1;

	snprintf(path, sizeof(path), "%s/a.tar", test_dir());
	TEST_NUMBER(file_write(path, archive->data, archive->len, 0600, NULL), 0);
	TEST_NUMBER(run_program(argv, RUN_MS, said, &status, &f), 0);
	TEST_NUMBER(status, 0);
}

static void files_come_back_as_they_were(void)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 70000};
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	char name[300], bytes[70000], long_part[100];
	struct buf archive, said, back;

	buf_init(&archive);
	buf_init(&said);
	buf_init(&back);
	memset(long_part, 'p', sizeof(long_part));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "top/%.*s/f%zu", (int)(i * 19), long_part, i);
		TEST_NUMBER(tar_put(&archive, name, bytes, sizes[i], at, NULL), 0);
	}
	tar_end(&archive);
	TEST_NUMBER(archive.len % 512, 0);
	read_back("-xf", &archive, &said);
	TEST_TEXT(buf_text(&said), "");
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/top/%.*s/f%zu", test_dir(), (int)(i * 19),
			 long_part, i);
		buf_clear(&back);
		TEST_NUMBER(file_read(name, sizeof(bytes), &back, NULL), 0);
		TEST_NUMBER(back.len, sizes[i]);
		CU_ASSERT(back.len == 0 || memcmp(back.data, bytes, back.len) == 0);
	}
	buf_fini(&archive);
	buf_fini(&said);
	buf_fini(&back);
}

static void a_file_is_roots_alone(void)
{
	struct buf archive, said;

	buf_init(&archive);
	buf_init(&said);
	TEST_NUMBER(tar_put(&archive, "a/b", "x", 1, at, NULL), 0);
	tar_end(&archive);
	read_back("-tvf", &archive, &said);
	TEST_TEXT(buf_text(&said), "-rw------- root/root         1 2023-11-14 22:13 a/b\n");
	buf_fini(&archive);
	buf_fini(&said);
}

static void a_name_without_room_is_refused(void)
{
	char name[400];
	struct buf archive;

	buf_init(&archive);
	memset(name, 'n', sizeof(name));
	name[100] = '\0';
	TEST_NUMBER(tar_put(&archive, name, "", 0, at, NULL), 0);
	name[100] = 'n';
	name[101] = '\0';
	TEST_NUMBER(tar_put(&archive, name, "", 0, at, NULL), ERR_TOO_LARGE);
	name[101] = 'n';
	name[155] = '/';
	name[256] = '\0';
	TEST_NUMBER(tar_put(&archive, name, "", 0, at, NULL), 0);
	name[256] = 'n';
	name[257] = '\0';
	TEST_NUMBER(tar_put(&archive, name, "", 0, at, NULL), ERR_TOO_LARGE);
	TEST_NUMBER(archive.len, 1024);
	buf_fini(&archive);
}

TEST_SUITE(cli_tar, {"files come back as they were", files_come_back_as_they_were},
	   {"a file is root's alone", a_file_is_roots_alone},
	   {"a name without room is refused", a_name_without_room_is_refused});
