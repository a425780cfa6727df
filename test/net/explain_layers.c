/* Each layer is broken on a machine whose agent stands still, and named; before and after, packets
 * flow. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/net/explain_cases.h"
#include "test/net/explain_world.h"
#include "test/net/json_check.h"
#include "test/net/steps.h"
#include "test/test.h"

#define BARN "172.20.43.10"

struct layer_row {
	const char *to; /* a machine of home, or an address */
	const char *layer;
	const char *breaks, *mends; /* scripts on a; "lab " and a command of skein-lab */
};

/* BIRD of a, the peer d of wg0, and the peer g of its trunk. */
#define PRELUDE                                                                                    \
	"b() { birdc -s /run/skein/*/bird.ctl \"$@\"; }\n"                                         \
	"t() { ip -o route get " BARN " | sed 's/.* dev \\([^ ]*\\).*/\\1/'; }\n"                  \
	"k() { wg show $1 allowed-ips | grep \"$2\" | cut -f1; }\n"

static const struct layer_row rows[] = {
	{BARN, "BGP session", "b disable '\"g_*\"'", "b enable '\"g_*\"'"},
	{BARN, "kernel route", "ip route del 172.20.43.0/24 table 5200 proto bird",
	 "b restart k_main"},
	{"d", "kernel rule", "ip rule del pref 1400",
	 "ip rule add pref 1400 iif lo to 10.141.0.0/16 "
	 "lookup 5200 protocol 83"},
	{BARN, "allowed IPs", "wg set $(t) peer $(k $(t) 172.20.43) allowed-ips 10.141.0.0/16",
	 "wg set $(t) peer $(k $(t) 10.141) allowed-ips "
	 "10.141.0.0/16,10.142.0.0/16,172.20.43.0/24"},
	{"d", "path", "lab cut a d", "lab heal a d"},
	{"d", "handshake",
	 "k wg0 10.141.0.4 > /run/key; wg set wg0 peer $(cat /run/key) remove\n"
	 "wg set wg0 peer $(wg genkey | wg pubkey) allowed-ips 10.141.0.4/32 "
	 "endpoint 192.0.2.5:51820",
	 "wg set wg0 peer $(k wg0 10.141.0.4) remove\n"
	 "wg set wg0 peer $(cat /run/key) allowed-ips 10.141.0.4/32 endpoint 192.0.2.5:51820"},
};

/* By the controller, which asks each machine: what a cannot know. */
static const struct far_row {
	const char *to, *says;
	const char *breaks, *mends; /* commands of skein-lab; NULL: nothing */
} far[] = {
	{"c", "stops at      the way back: firewall of g",
	 "exec g nft add rule inet far f iifname wg1 drop", "exec g nft delete table inet far"},
	{BARN, "stops at      firewall of g", "exec g nft add rule inet far f iifname wg0 drop",
	 "exec g nft delete table inet far"},
	{"c", "stops at      permission of a", "exec controller skein peering delete home away",
	 "exec controller skein peering create home away --show home=10.141.0.0/16 "
	 "--show away=10.142.0.0/16 --show away=172.20.43.0/24"},
	{BARN, "stops at      ", "exec controller skein prefix withdraw c 172.20.43.0/24",
	 "exec controller skein prefix approve c 172.20.43.0/24"},
};

static int run_script(const char *text)
{
	char file[200], line[2300], root[2000];
	struct buf said;
	int status;

	if (strncmp(text, "lab ", 4) == 0) {
		snprintf(line, sizeof(line), EXPLAIN_NAMED "%s", text + 4);
		return steps_run(EXPLAIN_LAB, line, NULL);
	}
	buf_init(&said);
	buf_printf(&said, "set -e\n" PRELUDE "%s\n", text);
	snprintf(file, sizeof(file), "%s/script", test_dir());
	file_write(file, buf_text(&said), said.len, 0644, NULL);
	buf_clear(&said);
	snprintf(line, sizeof(line), EXPLAIN_ON "a sh %s/%s", getcwd(root, sizeof(root)), file);
	status = steps_run(EXPLAIN_LAB, line, &said);
	if (status != 0)
		TEST_FAIL("%s: status %d: %s", text, status, buf_text(&said));
	buf_fini(&said);
	return status;
}

static void expect_flow(const struct layer_row *r)
{
	char line[200];
	struct buf said;

	buf_init(&said);
	snprintf(line, sizeof(line), EXPLAIN_ON "a skein explain a %s --here", r->to);
	explain_await(line, 0, "packets flow", &said);
	buf_fini(&said);
}

static void expect_layer(const struct layer_row *r)
{
	char line[200], part[80];
	struct buf said;

	buf_init(&said);
	snprintf(line, sizeof(line), EXPLAIN_ON "a skein explain a %s --here", r->to);
	snprintf(part, sizeof(part), "stops at      %s of a", r->layer);
	explain_await(line, 1, part, &said);
	buf_fini(&said);
}

void explain_here_names_each_layer(void)
{
	STEPS_FOLLOW(EXPLAIN_LAB, {EXPLAIN_NAMED "freeze a agent", 0, NULL});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (i == 0 || strcmp(rows[i].to, rows[i - 1].to) != 0)
			expect_flow(&rows[i]);
		run_script(rows[i].breaks);
		expect_layer(&rows[i]);
		run_script(rows[i].mends);
		expect_flow(&rows[i]);
	}
	STEPS_FOLLOW(EXPLAIN_LAB, {EXPLAIN_NAMED "restore a", 0, NULL});
}

static void expect_far(const struct far_row *r, int status, const char *says)
{
	char line[200];
	struct buf said;

	buf_init(&said);
	snprintf(line, sizeof(line), EXPLAIN_ASK("explain a %s"), r->to);
	explain_await(line, status, says, &said);
	buf_fini(&said);
}

static void do_in_lab(const char *command)
{
	char line[300];
	struct buf said;

	buf_init(&said);
	snprintf(line, sizeof(line), EXPLAIN_NAMED "%s", command);
	if (steps_run(EXPLAIN_LAB, line, &said) != 0)
		TEST_FAIL("%s: %s", line, buf_text(&said));
	buf_fini(&said);
}

/* Of the operator's own. */
static void make_filter(void)
{
	do_in_lab("exec g nft add table inet far");
	do_in_lab("exec g nft add chain inet far f { type filter hook forward priority 0 ; }");
}

void explain_there_names_each_layer(void)
{
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		expect_far(&far[i], 0, "packets flow");
		if (strstr(far[i].says, "firewall of g") != NULL)
			make_filter();
		do_in_lab(far[i].breaks);
		expect_far(&far[i], 1, far[i].says);
		do_in_lab(far[i].mends);
	}
	expect_far(&far[0], 0, "packets flow");
}

void explain_here_json(void)
{
	struct json_document documents[2] = {{"", NULL}, {"", NULL}};
	struct buf said[2];

	buf_init(&said[0]);
	buf_init(&said[1]);
	TEST_NUMBER(
		steps_run(EXPLAIN_LAB, EXPLAIN_ON "a skein explain a d --here --json", &said[0]),
		0);
	TEST_NUMBER(steps_run(EXPLAIN_LAB, EXPLAIN_ON "a skein explain a 10.141.9.9 --here --json",
			      &said[1]),
		    1);
	for (size_t i = 0; i < 2; i++) {
		/* An error is said, too: before or behind it. */
		char *begin = said[i].data != NULL ? strstr(said[i].data, "{\n") : NULL;
		char *end = begin != NULL ? strrchr(begin, '}') : NULL;

		TEST_MUST(end != NULL);
		end[1] = '\0';
		documents[i].text = begin;
	}
	json_check("skein-explain.v1", documents, 2);
	buf_fini(&said[0]);
	buf_fini(&said[1]);
}
