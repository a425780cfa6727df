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

	static const char bgp[] = "in on wg0t+ to any port 179 proto tcp";

	TEST_NUMBER(ufw_allow(&u, "51820/udp", "skein prod; $(reboot)", NULL), 0);
	TEST_NUMBER(ufw_delete(&u, "51820/udp", "skein", NULL), 0);
	TEST_NUMBER(ufw_allow(&u, bgp, "skein", NULL), 0);
	TEST_NUMBER(ufw_allow(&u, "route in on wg0 out on eth0.7", "skein", NULL), 0);
	TEST_NUMBER(ufw_delete(&u, "route in on wg0 out on eth0.7", "skein", NULL), 0);
	expect_calls("[allow][51820/udp][comment][skein prod; $(reboot)]"
		     "[delete][allow][51820/udp][comment][skein]"
		     "[allow][in][on][wg0t+][to][any][port][179][proto][tcp][comment][skein]"
		     "[route][allow][in][on][wg0][out][on][eth0.7][comment][skein]"
		     "[route][delete][allow][in][on][wg0][out][on][eth0.7][comment][skein]");
}

/* What `ufw show added` says, with a warning as it has them. */
static void whose_a_rule_is(void)
{
	static const char bgp[] = "in on wg0 to any port 179 proto tcp";
	static const char passage[] = "route in on wg0 out on lan0";
	static const char port[] = "51820/udp";
	static const struct {
		const char *line;
		enum ufw_rule rule;
		const char *wanted;
	} rows[] = {
		{"(None)", UFW_NONE, port},
		{"ufw allow 51820/udp comment 'skein'", UFW_OURS, port},
		{"ufw allow 51820/udp", UFW_ALLOWED, port},
		{"ufw allow 51820/udp comment 'skein of mine'", UFW_ALLOWED, port},
		{"ufw limit 51820/udp", UFW_ALLOWED, port},
		{"ufw allow log 51820/udp comment 'tunnels'", UFW_ALLOWED, port},
		{"ufw deny 51820/udp", UFW_REFUSED, port},
		{"ufw deny 51820/udp comment 'skein'", UFW_REFUSED, port},
		{"ufw reject log-all 51820/udp", UFW_REFUSED, port},
		/* Others, which stand beside it. */
		{"ufw allow 51820", UFW_NONE, port},
		{"ufw allow 51820/tcp", UFW_NONE, port},
		{"ufw allow 151820/udp", UFW_NONE, port},
		{"ufw allow out 51820/udp", UFW_NONE, port},
		{"ufw allow in on eth0 to any port 51820 proto udp", UFW_NONE, port},
		{"ufw allow 51820:51830/udp comment 'skein'", UFW_NONE, port},
		{"ufw route allow in on wg0 out on eth0", UFW_NONE, port},
		{"ufw", UFW_NONE, port},
		{"ufw allow", UFW_NONE, port},
		{"ufw allow in on wg0 to any port 179 proto tcp comment 'skein'", UFW_OURS, bgp},
		{"ufw allow in on wg0 log to any port 179 proto tcp", UFW_ALLOWED, bgp},
		{"ufw allow in on wg0 to any port 17 proto tcp", UFW_NONE, bgp},
		{"ufw allow in on wg0 to any port 179 proto tcp", UFW_ALLOWED, bgp},
		{"ufw route allow in on wg0 out on lan0 comment 'skein'", UFW_OURS, passage},
		{"ufw route reject log in on wg0 out on lan0", UFW_REFUSED, passage},
		{"ufw route allow in on wg0 out on lan0 to 10.0.0.0/8", UFW_NONE, passage},
		{"ufw route allow in on wg0", UFW_NONE, passage},
		{"ufw allow in on wg0 out on lan0", UFW_NONE, passage},
		{"ufw route", UFW_NONE, passage},
	};
	struct ufw u = fake("ENABLED=yes\n");
	char script[600];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf list;
		enum ufw_rule rule;

		snprintf(script, sizeof(script),
			 "#!/bin/sh\ntest \"$*\" = 'show added' || exit 1\n"
			 "echo 'WARN: uid is 0 but /tmp is world writable' >&2\n"
			 "cat <<E\nAdded user rules (see 'ufw status' for running firewall):\n"
			 "ufw allow 22/tcp comment '51820/udp'\n%s\nE\n",
			 rows[i].line);
		write_text(program, script, 0755);
		buf_init(&list);
		TEST_NUMBER(ufw_list(&u, &list, NULL), 0);
		rule = ufw_find(buf_text(&list), rows[i].wanted, "skein");
		if (rule != rows[i].rule)
			TEST_FAIL("%s: %d, want %d", rows[i].line, (int)rule, (int)rows[i].rule);
		buf_fini(&list);
	}
	u.program = "/nonexistent/ufw";
	TEST_NUMBER(ufw_list(&u, NULL, NULL), ERR_MISSING);
}

static void its_words_are_told(void)
{
	struct ufw u = fake("ENABLED=yes\n");
	struct fault f = {0};

	TEST_NUMBER(ufw_allow(&u, "1/udp", "deny", &f), ERR_REMOTE);
	CU_ASSERT(strstr(f.text, "status 1: ERROR: bad") != NULL);
	TEST_NUMBER(ufw_allow(&u, "1/udp", "it's", NULL), ERR_INVALID);
	TEST_NUMBER(ufw_delete(&u, "1/udp", "it's", NULL), ERR_INVALID);
	TEST_NUMBER(ufw_allow(&u, "1/udp --force", "skein", NULL), ERR_INVALID);
	u.program = "/nonexistent/ufw";
	TEST_NUMBER(ufw_allow(&u, "1/udp", "x", NULL), ERR_MISSING);
}

TEST_SUITE(net_ufw, {"active or not", active_or_not}, {"rules come and go", rules_come_and_go},
	   {"whose a rule is", whose_a_rule_is}, {"its words are told", its_words_are_told});
