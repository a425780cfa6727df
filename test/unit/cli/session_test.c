#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/test.h"

#define TOKEN "skein-api.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "skein-api.BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define PIN   "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
	return path;
}

static void urls_are_https_and_nothing_else(void)
{
	static const struct {
		const char *text, *url; /* NULL: refused */
	} rows[] = {
		{"https://a:8443", "https://a:8443"},
		{"https://a:8443/", "https://a:8443"},
		{"a.example.net", "https://a.example.net"},
		{"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
		{"http://a", NULL},
		{"ftp://a", NULL},
		{"https://", NULL},
		{"", NULL},
		{"/", NULL},
		{"https://a/api", NULL},
		{"https://user@a", NULL},
		{"https://a?x", NULL},
		{"a b", NULL},
		{"a\nb", NULL},
	};
	char *url;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		url = NULL;
		if (session_url(rows[i].text, &url, NULL) == 0 && rows[i].url != NULL)
			TEST_TEXT(url, rows[i].url);
		else if ((url == NULL) != (rows[i].url == NULL))
			TEST_FAIL("'%s'", rows[i].text);
		free(url);
	}
}

static void a_session_comes_back(void)
{
	char url[] = "https://a:8443", token[] = TOKEN, pin[] = PIN;
	const struct session s = {.url = url, .token = token, .pin = pin};
	struct session back;
	struct stat st = {0};
	const char *path = path_of("deep/er/skein.conf");

	TEST_NUMBER(session_store(&s, path, NULL), 0);
	TEST_NUMBER(stat(path, &st), 0);
	TEST_NUMBER(st.st_mode & 07777, 0600);
	TEST_NUMBER(session_load(&back, path, NULL), 0);
	TEST_TEXT(back.url, url);
	TEST_TEXT(back.token, token);
	TEST_TEXT(back.pin, pin);
	CU_ASSERT_PTR_NULL(back.ca);
	session_fini(&back);
	CU_ASSERT_PTR_NULL(back.token);
	TEST_NUMBER(chmod(path, 0640), 0);
	TEST_NUMBER(session_load(&back, path, NULL), ERR_PRIVILEGE);
}

static void a_bad_file_is_told(void)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"url = https://a\n", ERR_AUTH},
		{"token = " TOKEN "\n", ERR_AUTH},
		{"url = https://a\ntoken = secret\n", ERR_INVALID},
		{"url = https://a\ntoken = " TOKEN "\npin = x\n", ERR_INVALID},
		{"url = https://a\ntoken = " TOKEN "\ncolour = blue\n", ERR_INVALID},
		{"", ERR_AUTH},
	};
	struct session s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};

		file_write(path_of("bad.conf"), rows[i].text, strlen(rows[i].text), 0600, NULL);
		TEST_NUMBER(session_load(&s, path_of("bad.conf"), &f), rows[i].code);
		CU_ASSERT_PTR_NULL(strstr(f.text, "secret"));
	}
	TEST_NUMBER(session_load(&s, path_of("absent.conf"), NULL), ERR_NOT_FOUND);
}

static void the_environment_overrides(void)
{
	char url[] = "https://a:8443", token[] = TOKEN;
	const struct session s = {.url = url, .token = token};
	struct session back;
	char file[256];

	snprintf(file, sizeof(file), "%s", path_of("token"));
	file_write(file, OTHER "\n", strlen(OTHER) + 1, 0600, NULL);
	TEST_NUMBER(session_store(&s, path_of("env.conf"), NULL), 0);
	setenv("SKEIN_URL", "https://b", 1);
	setenv("SKEIN_TOKEN_FILE", file, 1);
	TEST_NUMBER(session_load(&back, path_of("env.conf"), NULL), 0);
	TEST_TEXT(back.url, "https://b");
	TEST_TEXT(back.token, OTHER);
	session_fini(&back);
	setenv("SKEIN_URL", "http://b", 1);
	TEST_NUMBER(session_load(&back, path_of("env.conf"), NULL), ERR_INVALID);
	unsetenv("SKEIN_URL");
	unsetenv("SKEIN_TOKEN_FILE");
}

TEST_SUITE(cli_session, {"URLs are https and nothing else", urls_are_https_and_nothing_else},
	   {"a session comes back", a_session_comes_back},
	   {"a bad file is told", a_bad_file_is_told},
	   {"the environment overrides", the_environment_overrides});
