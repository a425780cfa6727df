/* ufw by a program that writes down how it was called. */
#include "lib/net/ufw.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "test/test.h"

static char config[256], program[256], calls[256];

static void write_text(const char *path, const char *text, mode_t mode)
{
	struct fault f = {0};

	if (file_write(path, text, strlen(text), mode, &f) != 0)
		TEST_FAIL("%s", f.text);
}

static struct ufw fake(const char *config_text)
{
	char script[600];

	snprintf(config, sizeof(config), "%s/ufw.conf", test_dir());
	snprintf(program, sizeof(program), "%s/ufw", test_dir());
	snprintf(calls, sizeof(calls), "%s/ufw.calls", test_dir());
	snprintf(script, sizeof(script),
		 "#!/bin/sh\nprintf '[%%s]' \"$@\" >> %s\n"
		 "case $* in *deny*) echo ERROR: bad; exit 1;; esac\n",
		 calls);
	write_text(program, script, 0755);
	write_text(config, config_text, 0644);
	file_remove(calls, NULL);
	return (struct ufw){.config = config, .program = program};
}

static void expect_calls(const char *want)
{
	struct buf got;

	buf_init(&got);
	file_read(calls, 4096, &got, NULL);
	TEST_TEXT(buf_text(&got), want);
	buf_fini(&got);
}

static void active_or_not(void)
{
	static const struct {
		const char *text;
		bool active;
	} rows[] = {
		{"# /etc/ufw/ufw.conf\n#\n\nENABLED=yes\nLOGLEVEL=low\n", true},
		{"ENABLED=no\n", false},
		{"#ENABLED=yes\n", false},
		{"ENABLED=no\nENABLED=Yes\n", true},
		{"", false},
	};
	struct ufw u;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		u = fake(rows[i].text);
		CU_ASSERT(ufw_active(&u) == rows[i].active);
	}
	u.program = "/nonexistent/ufw";
	CU_ASSERT(!ufw_active(&u));
}

static void rules_come_and_go(void)
{
	struct ufw u = fake("ENABLED=yes\n");

	TEST_NUMBER(ufw_allow_udp(&u, 51820, "skein prod; $(reboot)", NULL), 0);
	TEST_NUMBER(ufw_delete_udp(&u, 51820, NULL), 0);
	TEST_NUMBER(ufw_allow_route(&u, "wg0", "eth0.7", NULL), 0);
	TEST_NUMBER(ufw_delete_route(&u, "wg0", "eth0.7", NULL), 0);
	expect_calls("[allow][51820/udp][comment][skein prod; $(reboot)]"
		     "[delete][allow][51820/udp]"
		     "[route][allow][in][on][wg0][out][on][eth0.7]"
		     "[route][delete][allow][in][on][wg0][out][on][eth0.7]");
}

static void its_words_are_told(void)
{
	struct ufw u = fake("ENABLED=yes\n");
	struct fault f = {0};

	TEST_NUMBER(ufw_allow_udp(&u, 1, "deny", &f), ERR_REMOTE);
	CU_ASSERT(strstr(f.text, "status 1: ERROR: bad") != NULL);
	TEST_NUMBER(ufw_allow_udp(&u, 1, "it's", NULL), ERR_INVALID);
	TEST_NUMBER(ufw_allow_route(&u, "wg0", "a b", NULL), ERR_INVALID);
	u.program = "/nonexistent/ufw";
	TEST_NUMBER(ufw_allow_udp(&u, 1, "x", NULL), ERR_MISSING);
}

TEST_SUITE(net_ufw, {"active or not", active_or_not}, {"rules come and go", rules_come_and_go},
	   {"its words are told", its_words_are_told});
