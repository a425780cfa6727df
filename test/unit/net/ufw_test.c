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
	TEST_NUMBER(ufw_delete_udp(&u, 51820, "skein", NULL), 0);
	TEST_NUMBER(ufw_allow_route(&u, "wg0", "eth0.7", NULL), 0);
	TEST_NUMBER(ufw_delete_route(&u, "wg0", "eth0.7", NULL), 0);
	expect_calls("[allow][51820/udp][comment][skein prod; $(reboot)]"
		     "[delete][allow][51820/udp][comment][skein]"
		     "[route][allow][in][on][wg0][out][on][eth0.7]"
		     "[route][delete][allow][in][on][wg0][out][on][eth0.7]");
}

/* What `ufw show added` says, with a warning as it has them. */
static void whose_a_rule_is(void)
{
	static const struct {
		const char *line;
		enum ufw_rule rule;
	} rows[] = {
		{"(None)", UFW_NONE},
		{"ufw allow 51820/udp comment 'skein'", UFW_OURS},
		{"ufw allow 51820/udp", UFW_ALLOWED},
		{"ufw allow 51820/udp comment 'skein of mine'", UFW_ALLOWED},
		{"ufw limit 51820/udp", UFW_ALLOWED},
		{"ufw allow log 51820/udp comment 'tunnels'", UFW_ALLOWED},
		{"ufw deny 51820/udp", UFW_REFUSED},
		{"ufw deny 51820/udp comment 'skein'", UFW_REFUSED},
		{"ufw reject log-all 51820/udp", UFW_REFUSED},
		/* Others, which stand beside it. */
		{"ufw allow 51820", UFW_NONE},
		{"ufw allow 51820/tcp", UFW_NONE},
		{"ufw allow 151820/udp", UFW_NONE},
		{"ufw allow out 51820/udp", UFW_NONE},
		{"ufw allow in on eth0 to any port 51820 proto udp", UFW_NONE},
		{"ufw allow 51820:51830/udp comment 'skein'", UFW_NONE},
		{"ufw route allow in on wg0 out on eth0", UFW_NONE},
		{"ufw", UFW_NONE},
		{"ufw allow", UFW_NONE},
	};
	enum ufw_rule rule = UFW_NONE;
	struct ufw u = fake("ENABLED=yes\n");
	char script[600];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(script, sizeof(script),
			 "#!/bin/sh\ntest \"$*\" = 'show added' || exit 1\n"
			 "echo 'WARN: uid is 0 but /tmp is world writable' >&2\n"
			 "cat <<E\nAdded user rules (see 'ufw status' for running firewall):\n"
			 "ufw allow 22/tcp comment '51820/udp'\n%s\nE\n",
			 rows[i].line);
		write_text(program, script, 0755);
		TEST_NUMBER(ufw_find_udp(&u, 51820, "skein", &rule, NULL), 0);
		if (rule != rows[i].rule)
			TEST_FAIL("%s: %d, want %d", rows[i].line, (int)rule, (int)rows[i].rule);
	}
	u.program = "/nonexistent/ufw";
	TEST_NUMBER(ufw_find_udp(&u, 51820, "skein", &rule, NULL), ERR_MISSING);
}

static void its_words_are_told(void)
{
	struct ufw u = fake("ENABLED=yes\n");
	struct fault f = {0};

	TEST_NUMBER(ufw_allow_udp(&u, 1, "deny", &f), ERR_REMOTE);
	CU_ASSERT(strstr(f.text, "status 1: ERROR: bad") != NULL);
	TEST_NUMBER(ufw_allow_udp(&u, 1, "it's", NULL), ERR_INVALID);
	TEST_NUMBER(ufw_delete_udp(&u, 1, "it's", NULL), ERR_INVALID);
	TEST_NUMBER(ufw_allow_route(&u, "wg0", "a b", NULL), ERR_INVALID);
	u.program = "/nonexistent/ufw";
	TEST_NUMBER(ufw_allow_udp(&u, 1, "x", NULL), ERR_MISSING);
}

TEST_SUITE(net_ufw, {"active or not", active_or_not}, {"rules come and go", rules_come_and_go},
	   {"whose a rule is", whose_a_rule_is}, {"its words are told", its_words_are_told});
