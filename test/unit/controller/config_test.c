#include "controller/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/data_dir.h"
#include "controller/init.h"
#include "controller/keys.h"
#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "test/test.h"

static int load(const char *text, struct config *c, struct fault *f)
{
	char path[200];

	*f = (struct fault){0};
	snprintf(path, sizeof(path), "%s/controller.conf", test_dir());
	file_write(path, text, strlen(text), 0644, NULL);
	return config_load(c, path, true, f);
}

static void the_defaults_hold(void)
{
	struct config c;
	struct fault f;

	TEST_NUMBER(load("", &c, &f), 0);
	TEST_TEXT(c.listen.at[0], "0.0.0.0:8443");
	TEST_NUMBER(c.connections, 20000);
	TEST_NUMBER(c.body_max, 1 << 20);
	TEST_NUMBER(c.request_ms, 20000);
	TEST_NUMBER(c.address_rest_ms, 24 * 3600 * 1000);
	CU_ASSERT_TRUE(c.tls && c.pin);
	/* Without a URL there is one of this host. */
	TEST_NUMBER((long long)c.urls.n, 1);
	CU_ASSERT_TRUE(strncmp(c.urls.at[0], "https://", 8) == 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(c.urls.at[0], ":8443"));
	config_free(&c);
}

/* The example file is the schema: with its comment signs taken away it must be read. */
static void the_example_is_read(void)
{
	struct config c;
	struct fault f;
	struct buf text;

	buf_init(&text);
	schema_example(config_rows, &text);
	for (char *at = text.data; (at = strchr(at, '#')) != NULL; at++)
		if (at[1] != ' ' && (at == text.data || at[-1] == '\n') &&
		    strstr(at, " = \n") != at + strcspn(at, " "))
			*at = ' ';
	if (load(buf_text(&text), &c, &f) != 0)
		TEST_FAIL("%s", f.text);
	else
		CU_PASS("read");
	config_free(&c);
	buf_fini(&text);
}

static void what_is_wrong_is_named(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"listen = 8443", "listen: '8443' is no address and port"},
		{"listen = [::1:8443", "listen: "},
		{"listen = 1.2.3.4:70000", "listen: "},
		{"url = controller", "url: 'controller' is no URL"},
		{"url = https://", "url: "},
		{"url = https://a:b", "url: "},
		{"url = https://a/path", "url: "},
		{"certificate = /x", "certificate and key go together"},
		{"log_level = loud", "log_level: 'loud'"},
		{"data_dir = here", "'here' is not an absolute path"},
		{"connections = 1", "out of range"},
		{"request_timeout = 1ms", "out of range"},
		{"lissten = 1", "unknown option 'lissten'"},
		{"tls = maybe", "neither yes nor no"},
	};
	struct config c;
	struct fault f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_NOT_EQUAL(load(rows[i].text, &c, &f), 0);
		if (strstr(f.text, rows[i].says) == NULL ||
		    strstr(f.text, "controller.conf") == NULL)
			TEST_FAIL("'%s' says: %s", rows[i].text, f.text);
		config_free(&c);
	}
}

static void hosts_of_urls(void)
{
	static const struct {
		const char *url, *host;
	} rows[] = {{"https://controller:8443", "controller"},
		    {"https://10.0.0.1", "10.0.0.1"},
		    {"http://[fd00::1]:80", "fd00::1"},
		    {"https://[fd00::1]", "fd00::1"}};
	char host[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		TEST_NUMBER(config_url_host(rows[i].url, host, sizeof(host), NULL), 0);
		TEST_TEXT(host, rows[i].host);
	}
}

/* ---- init ---- */

static mode_t mode_of(const struct config *c, const char *name)
{
	char *path = config_data_path(c, name);
	struct stat st = {0};

	stat(path, &st);
	free(path);
	return st.st_mode & 0777;
}

static void new_config(struct config *c, const char *name)
{
	char text[400], cwd[200];
	struct fault f;

	snprintf(text, sizeof(text),
		 "data_dir = %s/%s/%s\nurl = https://10.0.0.1:8443\nurl = https://ctl.example\n",
		 getcwd(cwd, sizeof(cwd)), test_dir(), name);
	TEST_NUMBER(load(text, c, &f), 0);
}

static void init_makes_a_directory_once(void)
{
	struct config c;
	struct fault f = {0};
	struct keys keys;
	struct buf token;
	int lock;

	new_config(&c, "once");
	TEST_NUMBER(data_dir_lock(&c, &lock, &f), ERR_NOT_FOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "skein-controller init"));
	buf_init(&token);
	f = (struct fault){0};
	TEST_NUMBER(init_make(&c, &token, &f), 0);
	CU_ASSERT_TRUE(strncmp(buf_text(&token), "skein-api.", 10) == 0);
	TEST_NUMBER(mode_of(&c, ""), 0700);
	TEST_NUMBER(mode_of(&c, KEYS_SIGNING), 0600);
	TEST_NUMBER(mode_of(&c, KEYS_TLS), 0600);
	TEST_NUMBER(mode_of(&c, DATABASE_NAME) & 077, 0);
	TEST_NUMBER(mode_of(&c, "init.new"), 0);
	TEST_NUMBER(keys_load(&keys, &c, &f), 0);
	keys_fini(&keys);

	buf_clear(&token);
	TEST_NUMBER(init_make(&c, &token, &f), ERR_EXISTS);
	TEST_NUMBER((long long)token.len, 0);
	f = (struct fault){0};
	TEST_NUMBER(init_reset_admin(&c, &token, &f), 0);
	CU_ASSERT_TRUE(token.len > 0);
	buf_fini(&token);
	config_free(&c);
}

static uid_t owner_of(const struct config *c, const char *name)
{
	char *path = config_data_path(c, name);
	struct stat st = {0};

	stat(path, &st);
	free(path);
	return st.st_uid;
}

/* The service runs as the directory's owner, and has to read it. */
static void what_root_makes_is_the_owners(void)
{
	uid_t me = geteuid(), other = me == 0 ? 65534 : me;
	struct config c;
	struct fault f = {0};
	struct buf token;
	int lock;

	new_config(&c, "owned");
	buf_init_secret(&token);
	TEST_NUMBER(file_make_dir(c.data_dir, 0700, &f), 0);
	TEST_NUMBER(chown(c.data_dir, other, other), 0);
	TEST_NUMBER(init_make(&c, &token, &f), 0);
	TEST_NUMBER(data_dir_lock(&c, &lock, &f), 0);
	for (const char *const *name = data_dir_files; *name != NULL; name++)
		TEST_NUMBER(owner_of(&c, *name), other);
	TEST_NUMBER(owner_of(&c, DATA_DIR_LOCK), other);
	close(lock);
	buf_fini(&token);
	config_free(&c);
}

static void init_leaves_nothing_when_it_fails(void)
{
	struct config c;
	struct fault f = {0};
	struct buf token;
	char *parent, *blocker;

	new_config(&c, "failed/data");
	/* Where the directory should be there is a file. */
	parent = mem_strdup(c.data_dir);
	*strrchr(parent, '/') = '\0';
	file_make_dir(parent, 0755, NULL);
	blocker = mem_strdup(c.data_dir);
	file_write(blocker, "x", 1, 0644, NULL);
	buf_init(&token);
	CU_ASSERT_NOT_EQUAL(init_make(&c, &token, &f), 0);
	TEST_NUMBER((long long)token.len, 0);
	CU_ASSERT_TRUE(strlen(f.text) > 0);
	/* One that was killed half-way is cleaned up by the next. */
	unlink(blocker);
	file_make_dir(c.data_dir, 0700, NULL);
	{
		char *stage = config_data_path(&c, "init.new");

		file_make_dir(stage, 0700, NULL);
		free(stage);
	}
	f = (struct fault){0};
	TEST_NUMBER(init_make(&c, &token, &f), 0);
	buf_fini(&token);
	free(parent);
	free(blocker);
	config_free(&c);
}

static void a_key_that_others_read_is_refused(void)
{
	struct config c;
	struct fault f = {0};
	struct keys keys;
	struct buf token;
	char *path;

	new_config(&c, "open");
	buf_init(&token);
	TEST_NUMBER(init_make(&c, &token, &f), 0);
	path = config_data_path(&c, KEYS_SIGNING);
	chmod(path, 0644);
	TEST_NUMBER(keys_load(&keys, &c, &f), ERR_PRIVILEGE);
	keys_fini(&keys);
	free(path);
	buf_fini(&token);
	config_free(&c);
}

TEST_SUITE(controller_config, {"the defaults hold", the_defaults_hold},
	   {"the example is read", the_example_is_read},
	   {"what is wrong is named", what_is_wrong_is_named}, {"hosts of URLs", hosts_of_urls},
	   {"init makes a directory once", init_makes_a_directory_once},
	   {"what root makes is the owner's", what_root_makes_is_the_owners},
	   {"init leaves nothing when it fails", init_leaves_nothing_when_it_fails},
	   {"a key that others read is refused", a_key_that_others_read_is_refused});
