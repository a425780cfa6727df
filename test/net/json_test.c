/* What programs are told: every --json against docs/json, as real machines say it.
 *
 *	home 10.123.0.0/16                              away 10.124.0.0/16
 *	a   b, r: 172.20.42.0/24 ──── g in both ──── c ── barn 172.20.41.10
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/json_check.h"
#include "test/net/steps.h"
#include "test/test.h"

#define LAB	       TEST_BUILD "/skein-lab"
#define ON	       "--lab t-json exec "
#define AGENT	       "skein-agent-status.v1"
#define CLI	       "skein.v1"
#define SETTLE_MS      30000
#define COMMANDS_MAX   65536
#define FOLLOW(...)    STEPS_FOLLOW(LAB, __VA_ARGS__)
#define OPERATOR(rest) ON "controller skein " rest

static const char yaml[] =
	"name: t-json\n"
	"meshes: [{name: home, cidr: 10.123.0.0/16}, {name: away, cidr: 10.124.0.0/16}]\n"
	"machines:\n"
	"  - {name: a, meshes: [home]}\n"
	"  - {name: b, meshes: [home]}\n"
	"  - {name: r, meshes: [home]}\n"
	"  - {name: c, meshes: [away]}\n"
	"  - {name: g, meshes: [home, away]}\n"
	"gateways: [{machine: g, meshes: [home, away]}]\n"
	"prefixes:\n"
	"  - {machine: b, mesh: home, prefix: 172.20.42.0/24}\n"
	"  - {machine: r, mesh: home, prefix: 172.20.42.0/24}\n"
	"  - {machine: c, mesh: away, prefix: 172.20.41.0/24}\n"
	"peerings:\n"
	"  - {mesh_a: home, mesh_b: away, prefixes_a: [10.123.0.0/16],\n"
	"     prefixes_b: [10.124.0.0/16, 172.20.41.0/24]}\n"
	"networks: [{name: barn, prefix: 172.20.41.0/24, behind: c}]\n";

static int bring_up(void)
{
	char file[200], line[300];
	struct buf said;
	int status;

	snprintf(file, sizeof(file), "%s/t-json.yaml", test_dir());
	if (file_write(file, yaml, sizeof(yaml) - 1, 0644, NULL) != 0)
		return -1;
	snprintf(line, sizeof(line), "up %s", file);
	buf_init(&said);
	status = steps_run(LAB, line, &said);
	if (status != 0)
		printf("%s\n", buf_text(&said));
	buf_fini(&said);
	return status;
}

static int take_down(void)
{
	int status = steps_run(LAB, "--lab t-json down", NULL);

	return status == 0 || status == 7 ? 0 : -1;
}

/* ---- skein-agent status ---- */

/* As soon as it has the part, or not. */
static void await_said(const char *line, const char *part, struct buf *said)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);

	while (steps_run(LAB, line, said) != 0 || strstr(buf_text(said), part) == NULL) {
		if (mono_reached(deadline, mono_now()))
			break;
		buf_clear(said);
		poll(NULL, 0, 100);
	}
	if (strstr(buf_text(said), part) == NULL)
		TEST_FAIL("%s: want '%s' in: %s", line, part, buf_text(said));
}

/* It must fit in any case. */
static void expect_status(const char *machine, const char *part)
{
	char line[100];
	struct buf said;

	snprintf(line, sizeof(line), ON "%s skein-agent status --json", machine);
	buf_init(&said);
	await_said(line, part, &said);
	json_check_one(AGENT, "", buf_text(&said));
	buf_fini(&said);
}

static void agents_of_every_role_say_what_is_written(void)
{
	expect_status("a", "\"role\": \"member\"");
	expect_status("c", "\"barn\"");
	expect_status("b", "\"role\": \"router\"");
	expect_status("g", "\"role\": \"gateway\"");
}

/* ---- skein bgp, where the agent says which BIRDs there are ---- */

static void a_machine_shows_its_own_birds(void)
{
	struct buf said;

	buf_init(&said);
	await_said(ON "g skein bgp route 172.20.41.10 --mesh away",
		   "in service, priority 100, at first hand", &said);
	buf_clear(&said);
	await_said(ON "g skein bgp summary --check", "home: BIRD ", &said);
	CU_ASSERT(strstr(buf_text(&said), "away: BIRD ") != NULL);
	buf_clear(&said);
	FOLLOW({ON "g skein bgp neighbors", 2, "--mesh one of: "},
	       {ON "g skein bgp neighbors r --mesh home", 0, "description   r"},
	       {ON "g skein bgp bfd --mesh nowhere", 7, "is not in mesh nowhere, but in: "},
	       {ON "a skein bgp rejected", 0, NULL});
	TEST_NUMBER(steps_run(LAB, ON "g skein bgp summary --json", &said), 0);
	json_check_one("skein-bgp.v1", "bgp summary", buf_text(&said));
	buf_fini(&said);
}

/* ---- a machine and its peers ---- */

#define PEERS "skein-peers.v1"

static const struct here_row {
	const char *words, *rest;
} here[] = {
	{"status", ""},
	{"peers", "--mesh home"},
	{"ping", "r --mesh home --count 2 --interval 20"},
};

/* What is for people fits 100 columns. */
static void expect_narrow(const char *line)
{
	struct buf said;

	buf_init(&said);
	TEST_NUMBER(steps_run(LAB, line, &said), 0);
	for (const char *at = buf_text(&said); *at != '\0'; at += strcspn(at, "\n") + 1) {
		if (strcspn(at, "\n") > 100)
			TEST_FAIL("%s: wider than 100: %.120s", line, at);
		if (at[strcspn(at, "\n")] == '\0')
			break;
	}
	buf_fini(&said);
}

static void a_machine_shows_its_peers(void)
{
	struct buf said;

	buf_init(&said);
	await_said(ON "a skein peers --role gateway", " ms", &said); /* it was measured */
	buf_clear(&said);
	await_said(ON "g skein status", "Established", &said);
	expect_narrow(ON "g skein status");
	expect_narrow(ON "g skein peers");
	FOLLOW({ON "a skein ping g -c 2 -i 20", 0, " ms over wg0t"},
	       {ON "a skein ping home/10.123.0.1 -c 1", 7, "no peer"},
	       {ON "a skein ping b --mesh away", 7, "no peer"},
	       {ON "a skein peers --role guest", 2, "--role"},
	       {ON "g skein peers --mesh nowhere", 7, "not in mesh"});
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		char line[200];

		snprintf(line, sizeof(line), ON "g skein %s %s --json", here[i].words,
			 here[i].rest);
		buf_clear(&said);
		TEST_NUMBER(steps_run(LAB, line, &said), 0);
		json_check_one(PEERS, here[i].words, buf_text(&said));
	}
	buf_fini(&said);
}

/* The operator sees it from afar, too. */
static void its_neighbours_are_reported(void)
{
	struct buf said;

	buf_init(&said);
	await_said(OPERATOR("machine sessions g"), "Established", &said);
	buf_clear(&said);
	await_said(OPERATOR("machine paths g"), "live", &said);
	CU_ASSERT(strstr(buf_text(&said), "direct") != NULL);
	buf_fini(&said);
}

static void agents_in_trouble_say_what_is_written(void)
{
	struct buf said;

	buf_init(&said);
	/* a is connected to what c announces; c, after a reboot, to what its mesh has. */
	FOLLOW({ON "a ip address add 172.20.41.77/24 dev eth0", 0, NULL});
	expect_status("a", "\"by\": \"172.20.41.0/24\"");
	FOLLOW({"--lab t-json kill c agent", 0, NULL}, {"--lab t-json kill c wg", 0, NULL},
	       {"--lab t-json kill c all", 0, NULL});
	await_said(OPERATOR("machine sessions g"), "Active", &said); /* the neighbour says so */
	FOLLOW({ON "c ip address add 10.124.9.1/24 dev eth0", 0, NULL},
	       {"--lab t-json kill controller link", 0, NULL}, {"--lab t-json restore c", 0, NULL});
	expect_status("c", "\"connected\": false");
	expect_status("c", "\"state\": \"refused\"");
	FOLLOW({"--lab t-json restore controller", 0, NULL},
	       {ON "c ip address del 10.124.9.1/24 dev eth0", 0, NULL});
	expect_status("c", "\"state\": \"up\"");
	buf_fini(&said);
}

static void agents_that_are_let_go_say_what_is_written(void)
{
	FOLLOW({OPERATOR("membership remove a home"), 0, NULL},
	       {"--lab t-json kill b agent", 0, NULL}, {OPERATOR("machine revoke b"), 0, NULL},
	       {OPERATOR("machine revoke r"), 0, NULL}, {"--lab t-json restore b", 0, NULL});
	expect_status("a", "\"memberships\": []");
	/* Told so at once, or when it comes back: nothing is left of its meshes either way. */
	expect_status("r", "\"revoked\": true");
	expect_status("r", "\"memberships\": []");
	expect_status("b", "\"revoked\": true");
	expect_status("b", "\"memberships\": []");
	FOLLOW({ON "b skein-agent status", 0, "this machine was revoked: 'skein-agent leave'"},
	       {ON "b skein-agent leave", 0, "Left."}, {ON "b skein-agent status", 7, NULL});
}

/* ---- skein ---- */

/* A command, its arguments, and where $id comes from: the member "id" of what it answers. */
struct command_line_row {
	const char *words, *rest;
};

static const struct command_line_row lines[] = {
	{"status", ""},
	{"organization create", "acme"},
	{"organization list", ""},
	{"organization show", "acme"},
	{"organization rename", "acme other"},
	{"organization delete", "other"},
	{"mesh create", "third --cidr 10.125.0.0/16"},
	{"mesh list", ""},
	{"mesh show", "third"},
	{"mesh set", "third --route-reflector off"},
	{"machine list", ""},
	{"machine show", "g"},
	{"machine sessions", "g"},
	{"machine paths", "g"},
	{"machine rename", "c see"},
	{"membership add", "see third"},
	{"membership list", ""},
	{"membership remove", "see third"},
	{"mesh delete", "third"},
	{"prefix list", ""},
	{"prefix add", "see 172.20.43.0/24"},
	{"prefix withdraw", "see 172.20.41.0/24"},
	{"prefix approve", "see 172.20.41.0/24"},
	{"peering list", ""},
	{"peering show", "home away"},
	{"peering set", "home away"},
	{"peering delete", "home away"},
	{"peering create", "home away"},
	{"gateway drain", "g"},
	{"gateway list", ""},
	{"gateway undrain", "g"},
	{"machine drain", "r"},
	{"machine undrain", "r"},
	{"machine rotate-key", "a --mesh home --wait"},
	{"gateway disable", "g"},
	{"gateway enable", "g --mesh home --mesh away"},
	{"token create", "--mesh home"},
	{"token list", ""},
	{"token revoke", "$id"},
	{"token api create", "--role viewer"},
	{"token api list", ""},
	{"token api revoke", "$id"},
	{"machine revoke", "see"},
	{"machine delete", "see"},
	{"audit", ""},
};

static const char login[] = "conf=/run/operator/skein/skein.conf\n"
			    "get() { sed -n \"s/^$1 = //p\" $conf; }\n"
			    "get token > /run/token\n"
			    "skein login $(get url) --pin $(get pin) --file /run/token "
			    "--config /run/other --json\n";

/* The line with $id filled in; a static buffer. */
static const char *operator_line(const struct command_line_row *row, const char *id)
{
	static char line[300];
	const char *dollar = strstr(row->rest, "$id");

	snprintf(line, sizeof(line), OPERATOR("%s %.*s%s --json"), row->words,
		 dollar != NULL ? (int)(dollar - row->rest) : (int)strlen(row->rest), row->rest,
		 dollar != NULL ? id : "");
	return line;
}

static void keep_id(const char *json, char id[64])
{
	static const char before[] = "\"id\": \"";
	const char *at = strstr(json, before);

	if (at != NULL)
		snprintf(id, 64, "%.*s", (int)strcspn(at + strlen(before), "\""),
			 at + strlen(before));
}

static void operators_are_answered_as_is_written(void)
{
	struct json_document answers[sizeof(lines) / sizeof(lines[0])];
	size_t n = sizeof(lines) / sizeof(lines[0]);
	struct arena arena;
	char id[64] = "";

	arena_init(&arena);
	for (size_t i = 0; i < n; i++) {
		const char *line = operator_line(&lines[i], id);
		struct buf said;
		int status;

		buf_init(&said);
		status = steps_run(LAB, line, &said);
		if (status != 0)
			TEST_FAIL("%s: status %d: %s", line, status, buf_text(&said));
		answers[i] = (struct json_document){lines[i].words,
						    arena_strdup(&arena, buf_text(&said))};
		if (strstr(lines[i].words, "create") != NULL)
			keep_id(buf_text(&said), id);
		buf_fini(&said);
	}
	json_check(CLI, answers, n);
	arena_fini(&arena);
}

static void logging_in_and_out_is_answered_as_is_written(void)
{
	char file[200], line[2300], root[2000];
	struct buf said;

	snprintf(file, sizeof(file), "%s/login", test_dir());
	file_write(file, login, sizeof(login) - 1, 0644, NULL);
	snprintf(line, sizeof(line), ON "controller sh %s/%s", getcwd(root, sizeof(root)), file);
	buf_init(&said);
	TEST_NUMBER(steps_run(LAB, line, &said), 0);
	json_check_one(CLI, "login", buf_text(&said));
	buf_clear(&said);
	TEST_NUMBER(steps_run(LAB, OPERATOR("logout --config /run/other --json"), &said), 0);
	json_check_one(CLI, "logout", buf_text(&said));
	buf_fini(&said);
}

/* An image is shown as it is, by docs/mesh-state.md; who is unknown, and forgotten, is in
 * twins_test.c, `skein bgp` in bgp_test.c, `skein hop` and `skein explain` in explain_test.c,
 * `skein report` in hostile_report.c; the rest is all in the table above. */
static bool is_tried(const char *words)
{
	static const char *const others[] = {
		"login",	  "logout",	      "state show", "machine unknown",
		"machine forget", "machine unfreeze", "hop",	    "explain",
		"report"};

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		if (strcmp(here[i].words, words) == 0)
			return true;
	if (strncmp(words, "bgp ", strlen("bgp ")) == 0)
		return true;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].words, words) == 0)
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i], words) == 0)
			return true;
	return false;
}

static void every_command_was_tried(void)
{
	static const char begin[] = "command\t";
	struct buf said;
	char *rest, *line;
	size_t n = 0;

	buf_init(&said);
	TEST_NUMBER(steps_run(TEST_BUILD "/skein", "--describe-commands", &said), 0);
	rest = said.data;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, begin, strlen(begin)) != 0)
			continue;
		line += strlen(begin);
		line[strcspn(line, "\t")] = '\0';
		n++;
		if (!is_tried(line))
			TEST_FAIL("skein %s --json is held to no schema", line);
	}
	CU_ASSERT(n > 0);
	buf_fini(&said);
}

TEST_SUITE_WITH(net_json, bring_up, take_down,
		{"agents of every role say what is written",
		 agents_of_every_role_say_what_is_written},
		{"a machine shows its own BIRDs", a_machine_shows_its_own_birds},
		{"a machine shows its peers", a_machine_shows_its_peers},
		{"its neighbours are reported", its_neighbours_are_reported},
		{"agents in trouble say what is written", agents_in_trouble_say_what_is_written},
		{"operators are answered as is written", operators_are_answered_as_is_written},
		{"logging in and out is answered as is written",
		 logging_in_and_out_is_answered_as_is_written},
		{"every command was tried", every_command_was_tried},
		{"agents that are let go say what is written",
		 agents_that_are_let_go_say_what_is_written});
