/* An agent that ends, in whatever way, and the next one, which takes up what it finds: BIRD and
 * wireguard-go go on. Packets every 5 ms between members of a mesh and across meshes. On la. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/test.h"

#define AFTER_MS 1000 /* no late surprise is missed */
#define END_MS	 5000
#define UPGRADE	 "/run/upgrade/skein-agent"

/* BIRD and wireguard-go, with the time of their start. */
static const char children[] = "cat /run/skein/*/bird.pid /run/skein/wireguard/wg* | sort";
/* How often one of BIRD's sessions was begun anew, or lost. */
static const char restarts[] = "grep -c 'Restarting protocol\\|Error:' /run/skein/*-*/bird.log";

static void end_agent(int number)
{
	process_vec found = {0};

	agents_pids("la", "skein-agent", &found);
	TEST_NUMBER(found.n, 1);
	for (size_t i = 0; i < found.n; i++) {
		CU_ASSERT(process_signal(&found.at[i], number));
		CU_ASSERT(process_await_end(&found.at[i], mono_add_ms(mono_now(), END_MS)));
	}
	vec_free(&found);
}

/* Returns when it has looked at everything once. */
static void start_agent(const char *program)
{
	const char *const argv[] = {program, "run", NULL};
	struct fault f = {0};

	TEST_STEP(machine_start(agents_lab(), "la", argv, &f), &f);
	agents_await("la", "$AGENT status | grep -q 'bird up'", AGENT_SETTLE_MS);
}

static void kill_and_start(void)
{
	end_agent(SIGKILL);
	start_agent(lab_program(agents_lab(), "skein-agent"));
}

static void restart(void)
{
	end_agent(SIGTERM);
	start_agent(lab_program(agents_lab(), "skein-agent"));
}

/* Another file in another place: what the one before has started is this one's too. */
static void upgrade(void)
{
	TEST_NUMBER(agents_sh("la", "mkdir -p /run/upgrade && cp $AGENT " UPGRADE, NULL), 0);
	end_agent(SIGTERM);
	start_agent(UPGRADE);
}

static const struct {
	const char *what;
	void (*happen)(void);
	const char *program; /* that runs after it; NULL: the lab's */
} events[] = {
	{"kill -9", kill_and_start, NULL},
	{"a restart", restart, NULL},
	{"an upgrade", upgrade, UPGRADE},
};

static long count_runs(void)
{
	return strtol(agents_text("la", "cat /var/lib/skein/agent/run"), NULL, 10);
}

static void expect_headless(size_t i)
{
	static const char *const machines[] = {"la", "lb", "lc", NULL};
	char before[1000], begun[100], exe[300], script[100];
	process_vec agent = {0};
	long runs = count_runs();

	snprintf(before, sizeof(before), "%s", agents_text("la", children));
	snprintf(begun, sizeof(begun), "%s", agents_text("la", restarts));
	CU_ASSERT(strstr(before, "bird") != NULL && strstr(before, "wireguard-go") != NULL);
	if (!agents_lose_nothing(machines, events[i].happen, AFTER_MS))
		TEST_FAIL("%s of the agent is not without loss", events[i].what);
	CU_ASSERT(count_runs() > runs); /* it did take place */
	TEST_TEXT(agents_text("la", children), before);
	TEST_TEXT(agents_text("la", restarts), begun);
	agents_pids("la", "skein-agent", &agent);
	TEST_MUST(agent.n == 1);
	snprintf(script, sizeof(script), "readlink /proc/%d/exe", (int)agent.at[0].pid);
	snprintf(exe, sizeof(exe), "%s", agents_text("la", script));
	CU_ASSERT((strcmp(exe, UPGRADE) == 0) == (events[i].program != NULL));
	vec_free(&agent);
}

void an_agent_that_ends_loses_nothing(void)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		expect_headless(i);
	restart();
	TEST_NUMBER(agents_sh("la", "rm " UPGRADE, NULL), 0);
	agents_settle();
}
