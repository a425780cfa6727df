/* Starting from what is stored: the controller is gone from the first case to the last. On la; lg
 * is rebooted too. */
#include <string.h>

#include "lab/machine.h"
#include "lab/reboot.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/test.h"

#define START_MS  15000
#define BARRED_MS 500

/* Returns when it answers: before, it is not yet the program that a later case wants to kill. */
static void start_agent(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(machine_start_agent(agents_lab(), machine, &f), &f);
	agents_await(machine, "$AGENT status", START_MS);
}

static void reboot(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(reboot_machine(agents_lab(), machine, &f), &f);
	TEST_TEXT(agents_text(machine, "ls -A /run /sys/fs/bpf | grep skein; ip rule | wc -l; "
				       "ip -o link | grep -c wg; nft list ruleset"),
		  "3\n0");
}

/* A member, and the gateway between it and the other mesh. */
void a_machine_starts_without_its_controller(void)
{
	agents_kill("controller", "skein-controller");
	CU_ASSERT(agents_reach("la", "lc", START_MS));
	reboot("la");
	start_agent("la");
	CU_ASSERT(agents_reach("la", "lb", START_MS));
	CU_ASSERT(agents_reach("lc", "la", START_MS));
	agents_await("la", "$AGENT status | grep -q 'controller not reachable'", START_MS);
	agents_await("la", "$AGENT status | grep -q Established", START_MS);
	reboot("lg");
	CU_ASSERT(!agents_reach("la", "lc", BARRED_MS));
	start_agent("lg");
	CU_ASSERT(agents_reach("la", "lc", START_MS));
}

#define STATE "/var/lib/skein/agent"
#define CD    "cd " STATE "/*-*-*-*-* && " /* of the membership */

static const struct {
	const char *what, *damage, *said;
} damages[] = {
	{"a view cut short", CD "truncate -s 5000 view", "stored state is not used"},
	{"an empty view", CD ": > view", "stored state is not used"},
	{"a membership with another bit",
	 CD "printf '\\377' | dd of=membership bs=1 seek=4500 conv=notrunc",
	 "stored state is not used"},
	{"another machine's membership", CD "cp /run/others/membership membership",
	 "stored state is not used"},
	{"no membership", CD "rm membership", "waiting"},
};

static void save(void)
{
	/* lb's, of the same mesh, signed by the same signer. */
	const char *other = agents_text("lb", CD "base64 -w 0 membership");
	char script[40000];

	snprintf(script, sizeof(script),
		 "rm -rf /run/saved && cp -a " STATE " /run/saved && mkdir -p /run/others && "
		 "echo %s | base64 -d > /run/others/membership",
		 other);
	TEST_NUMBER(agents_sh("la", script, NULL), 0);
}

static void restore(void)
{
	agents_kill("la", "skein-agent");
	TEST_NUMBER(agents_sh("la", "rm -rf " STATE " && cp -a /run/saved " STATE, NULL), 0);
}

static void damage_and_start(size_t i)
{
	char script[200];

	restore();
	if (agents_sh("la", damages[i].damage, NULL) != 0)
		TEST_FAIL("%s: cannot be done", damages[i].what);
	start_agent("la");
	snprintf(script, sizeof(script), "$AGENT status | grep -q '%s'", damages[i].said);
	agents_await("la", script, START_MS);
}

void damaged_state_stops_nothing_that_runs(void)
{
	static const char running[] = "ip -o link | grep -c 'alias skein:'; ip rule | wc -l; "
				      "cat /run/skein/*/bird.pid /run/skein/wireguard/wg*";
	char before[1000];

	save();
	snprintf(before, sizeof(before), "%s", agents_text("la", running));
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		damage_and_start(i);
		TEST_TEXT(agents_text("la", running), before);
	}
	CU_ASSERT(agents_reach("la", "lc", START_MS));
}

/* The agent says what is wrong with its own files and ends. */
static void expect_refusal(const char *damage, const char *words)
{
	char script[300];
	const char *said;

	snprintf(script, sizeof(script), "%s; timeout 5 $AGENT run 2>&1", damage);
	said = agents_text("la", script);
	if (strstr(said, words) == NULL)
		TEST_FAIL("%s: said \"%s\"", damage, said);
	TEST_NUMBER(agents_sh("la", "rm -rf " STATE " && cp -a /run/saved " STATE, NULL), 0);
}

void damaged_state_is_not_started_from(void)
{

	restore();
	expect_refusal("echo '{' > " STATE "/machine.json", "machine.json: ");
	expect_refusal(": > " STATE "/token", "token: not a key file");
	expect_refusal("chmod 644 " STATE "/identity.key", "identity.key: mode 0644");
	start_agent("la");
	reboot("la");
	TEST_NUMBER(agents_sh("la", CD "truncate -s 100 view && echo x > ../saved.json", NULL), 0);
	start_agent("la");
	agents_await("la", "$AGENT status | grep -q 'stored state is not used'", START_MS);
	TEST_TEXT(agents_text("la", "ip -o link | grep -c 'alias skein:'"), "0");
	/* The controller gives it again. */
	agents_start_controller();
	agents_settle();
	CU_ASSERT(agents_reach("la", "lc", START_MS));
	agents_kill("controller", "skein-controller");
}
