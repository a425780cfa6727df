/* Joining, running as one among others, leaving. On lb. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/operator.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_foreign.h"
#include "test/net/agent_world.h"
#include "test/test.h"

#define LOG_MS	 15000
#define AGAIN_MS 50

/* Exit status of a script that fails, and what it said on both outputs. */
static void expect_refusal(const char *machine, const char *command, int code, const char *words)
{
	char script[400];
	const char *said;

	snprintf(script, sizeof(script), "{ %s; } 2>&1; echo \"exit $?\"", command);
	said = agents_text(machine, script);
	if (strstr(said, words) == NULL)
		TEST_FAIL("%s: said \"%s\", want \"%s\"", command, said, words);
	snprintf(script, sizeof(script), "exit %d", error_exit_status(code));
	if (strstr(said, script) == NULL)
		TEST_FAIL("%s: said \"%s\", want %s", command, said, script);
}

static void expect_processes(const char *machine, const char *program, size_t n)
{
	process_vec found = {0};

	agents_pids(machine, program, &found);
	TEST_NUMBER(found.n, n);
	vec_free(&found);
}

/* lb has wg2, for the names before are taken; behind it is a network. Both ends of a session may
 * begin it, so BGP and BFD have to be let in. */
static const char ufw_rules[] = "allow 51820/udp comment 'skein'\n"
				"allow in on wg2 to any port 179 proto tcp comment 'skein'\n"
				"allow in on wg2 to any port 3784 proto udp comment 'skein'\n"
				"allow in on wg2t+ to any port 179 proto tcp comment 'skein'\n"
				"allow in on wg2t+ to any port 3784 proto udp comment 'skein'\n"
				"route allow in on wg2 out on barn comment 'skein'\n"
				"route allow in on barn out on wg2 comment 'skein'\n"
				"route allow in on wg2t+ out on barn comment 'skein'\n"
				"route allow in on barn out on wg2t+ comment 'skein'";

void what_is_others_stays_as_it_is(void)
{
	foreign_check("lb");
	/* wg0 is taken, and a trunk of wg1 by its name: the next one. */
	CU_ASSERT(strstr(agents_text("lb", "ip -o link show dev wg2"), "alias skein:") != NULL);
	TEST_TEXT(agents_text("lb", "ip -o link | grep -c 'alias skein:[0-9a-f]'"), "2");
	TEST_TEXT(agents_text("lb", "ip -o link show wg0 | grep -c alias"), "0");
	TEST_TEXT(foreign_ufw_rules("lb"), ufw_rules);
	CU_ASSERT(agents_reach("lb", "la", AGENT_SETTLE_MS));
	CU_ASSERT(agents_reach("lc", "lb", AGENT_SETTLE_MS));
}

/* ufw drops what is forwarded and what begins elsewhere; its own chains have our rules, no others.
 */
void a_router_forwards_beside_ufw(void)
{
	static const char ping[] = "ping -c 1 -W 1 172.20.31.10";

	agents_await("la", ping, AGENT_SETTLE_MS);
	agents_await("lb", "$AGENT status --json | jq -e '.filter.in_the_way == []'",
		     AGENT_SETTLE_MS);
	TEST_TEXT(agents_text("lb", "$AGENT status --json | jq -r '[.filter.opened[].place] | "
				    "group_by(.) | map(.[0], length) | .[]'"),
		  "ufw\n9");
	TEST_NUMBER(agents_sh("lb", "nft flush chain ip filter ufw-user-forward", NULL), 0);
	CU_ASSERT(agents_sh("la", ping, NULL) != 0);
	agents_await("lb", "$AGENT status | grep -q 'error: chain FORWARD of table ip filter'",
		     AGENT_SETTLE_MS);
	TEST_NUMBER(agents_sh("lb", "ufw reload", NULL), 0);
	agents_await("lb", "$AGENT status | grep -q '  up$'", AGENT_SETTLE_MS);
	agents_await("la", ping, AGENT_SETTLE_MS);
}

void keys_and_sockets_are_for_few(void)
{
	TEST_TEXT(agents_text("la", "stat -c '%a %U' /run/skein/agent.sock"), "660 root");
	TEST_TEXT(agents_text("la", "stat -c '%a %U' /var/lib/skein/agent "
				    "/var/lib/skein/agent/*-*-*-*-* | sort -u"),
		  "700 root");
	/* Files below it: nobody else's business, whatever they are. */
	TEST_TEXT(agents_text("la", "find /var/lib/skein/agent -type f -printf '%m %u\\n' | "
				    "sort -u"),
		  "600 root");
	TEST_TEXT(agents_text("la", "ps -o user= -p $(cat /run/skein/*/bird.pid | cut -d' ' -f1)"),
		  "bird");
	TEST_TEXT(
		agents_text("la", "stat -L -c '%a %U:%G' /run/skein/*-*/ /run/skein/*-*/bird.conf"),
		"750 root:bird\n640 root:bird");
	/* No secret in what was logged or is asked for. */
	TEST_TEXT(agents_text("la", "key=$(cat /var/lib/skein/agent/*-*-*-*-*/key | base64)\n"
				    "$AGENT status --json | grep -cF \"$key\""),
		  "0");
}

void only_one_agent_runs(void)
{
	expect_refusal("la", "$AGENT run", ERR_BUSY, "another skein-agent runs on ");
	CU_ASSERT(agents_sh("la", "$AGENT status", NULL) == 0);
}

void a_machine_joins_once(void)
{
	char command[500];

	snprintf(command, sizeof(command), "$AGENT join --no-start %s", agents_token(NULL));
	expect_refusal("la", command, ERR_EXISTS, "has joined already");
	CU_ASSERT(agents_sh("la", "$AGENT status", NULL) == 0);
}

void leaving_undoes_everything(void)
{
	foreign_sees_ours("lb");
	TEST_TEXT(agents_text("lb", "$AGENT leave"),
		  "Left. Nothing of Skein is left on this machine but its programs.");
	/* The agent ends with it. */
	agents_await("lb", "! ls /run/skein 2> /dev/null", 3000);
	TEST_TEXT(foreign_ufw_rules("lb"), "");
	foreign_check_all("lb");
	expect_processes("lb", "bird", 1); /* another's, as wg0 and office */
	expect_processes("lb", "wireguard-go", 2);
	TEST_NUMBER(agents_address("lb", NULL).family, FAMILY_NONE);
	CU_ASSERT(agents_reach("la", "lc", AGENT_SETTLE_MS));
}

void without_joining_there_is_nothing_to_do(void)
{
	expect_refusal("lb", "$AGENT run", ERR_NOT_FOUND, "skein-agent join TOKEN");
	expect_refusal("lb", "$AGENT leave", ERR_NOT_FOUND, "has joined nothing");
	expect_refusal("lb", "$AGENT status", ERR_NOT_FOUND, "has joined nothing");
	foreign_check_all("lb");
}

static bool log_has(const char *path, const char *words)
{
	struct buf said;
	bool has;

	buf_init(&said);
	has = file_read(path, 64 << 20, &said, NULL) == 0 && strstr(buf_text(&said), words) != NULL;
	buf_fini(&said);
	return has;
}

/* What others do, a machine gets by what differs from what it has, and none of it was refused. */
static void comes_as_steps(const char *machine)
{
	char log[PLACE_PATH_MAX];

	TEST_TEXT(agents_text(machine, "cat /var/lib/skein/agent/*-*-*-*-*/view.delta | head -c 7"),
		  "SKEINDL");
	CU_ASSERT(!log_has(lab_log_path(agents_lab(), machine, "skein-agent", log),
			   "steps from the state before"));
}

static const char *role(const char *machine)
{
	static char text[16];
	const struct operator_member *m;
	operator_member_vec members = {0};
	struct fault f = {0};
	struct arena arena;

	arena_init(&arena);
	TEST_STEP(operator_members(agents_lab(), &arena, &members, &f), &f);
	m = operator_find_member(&members, machine, "home");
	snprintf(text, sizeof(text), "%s", m != NULL ? m->role : "");
	vec_free(&members);
	arena_fini(&arena);
	return text;
}

static void await_log(const char *machine, const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), LOG_MS);
	char path[PLACE_PATH_MAX];

	lab_log_path(agents_lab(), machine, "skein-agent", path);
	while (!log_has(path, words)) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: its log does not say '%s'", machine, words);
			return;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

/* As an image has it, before there is a network: a token, and the service. */
void an_appliance_joins_at_its_first_start(void)
{
	char script[600];
	struct fault f = {0};

	snprintf(script, sizeof(script), "umask 022; echo %s > /etc/skein/join-token",
		 agents_token("--gateway"));
	TEST_NUMBER(agents_sh("lb", script, NULL), 0);
	expect_refusal("lb", "$AGENT run", ERR_PRIVILEGE, "/etc/skein/join-token: mode 0644");
	TEST_NUMBER(agents_sh("lb", "chmod 600 /etc/skein/join-token", NULL), 0);
	agents_kill("controller", "skein-controller");
	TEST_STEP(machine_start_agent(agents_lab(), "lb", &f), &f);
	await_log("lb", "the controller cannot be asked yet");
	CU_ASSERT(agents_sh("lb", "test -s /etc/skein/join-token", NULL) == 0);
	agents_start_controller();
	agents_await("lb", "! test -e /etc/skein/join-token", 15000);
	agents_settle();
	TEST_TEXT(role("lb"), "gateway");
	TEST_TEXT(role("la"), "member");
	CU_ASSERT(agents_reach("lb", "la", AGENT_SETTLE_MS));
	CU_ASSERT(agents_sh("lb", "$AGENT leave", NULL) == 0);
	agents_await("lb", "! ls /run/skein 2> /dev/null", 3000);
	foreign_check_all("lb");
}

void a_machine_that_left_joins_again(void)
{
	char command[500];
	struct fault f = {0};

	/* The administrator opens the port himself: that is his, and stays. */
	TEST_NUMBER(agents_sh("lb", "ufw allow 51820/udp && : > /run/ufw.calls", NULL), 0);
	/* Not the address that it had: freed ones rest. */
	snprintf(command, sizeof(command), "$AGENT join --no-start %s", agents_token(NULL));
	TEST_TEXT(agents_text("lb", command), "Joined as lb: 10.120.0.5 in mesh home.");
	TEST_STEP(machine_start_agent(agents_lab(), "lb", &f), &f);
	agents_settle();
	CU_ASSERT(agents_reach("lb", "la", AGENT_SETTLE_MS));
	CU_ASSERT(agents_reach("lc", "lb", AGENT_SETTLE_MS));
	CU_ASSERT(strstr(foreign_ufw_calls("lb"), "51820") == NULL);
	foreign_check("lb");
	comes_as_steps("la");
	comes_as_steps("lg");
}

static void docker_is_left_as_it_was(void)
{
	static const char list[] = "nft -s list table ip filter";
	char before[4000];

	TEST_NUMBER(agents_sh("lg", "nft -f $ROOT/test/net/rulesets/docker.nft", NULL), 0);
	snprintf(before, sizeof(before), "%s", agents_text("lg", list));
	agents_await("lg", "nft list chain ip filter DOCKER-USER | grep -q skein", AGENT_SETTLE_MS);
	TEST_NUMBER(agents_sh("lg", "$AGENT leave --force", NULL), 0);
	TEST_TEXT(agents_text("lg", list), before);
}

void leaving_needs_the_controller_or_force(void)
{
	expect_refusal("lb", "$AGENT leave", ERR_REMOTE, "nothing was done (--force");
	CU_ASSERT(agents_reach("lb", "la", AGENT_SETTLE_MS));
	CU_ASSERT(agents_sh("lb", "$AGENT leave --force", NULL) == 0);
	TEST_TEXT(foreign_ufw_rules("lb"), "allow 51820/udp");
	TEST_NUMBER(agents_sh("lb", "ufw delete allow 51820/udp", NULL), 0);
	foreign_check_all("lb");
	docker_is_left_as_it_was();
	/* The same without an agent that could be asked. */
	agents_kill("la", "skein-agent");
	expect_refusal("la", "$AGENT leave", ERR_UNREACHABLE, "nothing was done (--force");
	CU_ASSERT(agents_sh("la", "$AGENT leave --force", NULL) == 0);
	TEST_TEXT(agents_text("la", "ip rule | grep -c proto; ip -o link | grep -c wg; "
				    "nft list ruleset; ls -A /var/lib/skein /run/skein "
				    "/sys/fs/bpf/skein 2>/dev/null"),
		  "0\n0\n/var/lib/skein:");
}
