/* Processes that end, and come back by themselves. On la. */
#include <string.h>

#include "lab/machine.h"
#include "lib/base/file.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/test.h"

#define PERIOD_MS 12000
#define SECOND_MS 3000 /* a second, on a busy computer */
#define AFTER_MS  1500 /* no late surprise is missed */
#define TUNNEL_MS 10000

static const char *const ways_of_la[] = {"la", "lb", "lc", NULL};

/* Until all are back, and have taken their second step. */
static void kill_birds(const char *machine)
{
	agents_kill(machine, "bird");
	agents_await(machine,
		     "for d in /run/skein/*-*/; do\n"
		     "kill -0 $(cut -d' ' -f1 $d/bird.pid) || exit 1\n"
		     "grep -q '^define STARTING = 0;' $d/bird.conf || exit 1\n"
		     "done",
		     AGENT_SETTLE_MS);
}

static void kill_bird(void)
{
	kill_birds("la");
}

static void kill_birds_of_gateway(void)
{
	kill_birds("lg");
}

/* Routes that the kernel reports as gone from a mesh's table meanwhile. */
static void expect_no_route_lost(const char *const *machines, void (*event)(void))
{
	const char *machine = machines[0];
	static const char *const monitor[] = {"ip", "-o", "monitor", "route", NULL};
	char log[PLACE_PATH_MAX];
	struct fault f = {0};
	struct buf said;

	TEST_STEP(machine_start(agents_lab(), machine, monitor, &f), &f);
	agents_lose_nothing(machines, event, AFTER_MS);
	agents_kill(machine, "ip");
	buf_init(&said);
	file_read(lab_log_path(agents_lab(), machine, "ip", log), 1 << 20, &said, NULL);
	for (const char *at = buf_text(&said); (at = strstr(at, "Deleted ")) != NULL; at++)
		if (memmem(at, strcspn(at, "\n"), "table 52", 8) != NULL)
			TEST_FAIL("%s: %.*s", machine, (int)strcspn(at, "\n"), at);
	buf_fini(&said);
}

/* A session that has just come is established before it has said all. */
static void await_other_mesh(void)
{
	agents_await("la", "ip route show table 5200 proto bird | grep -q '^10.121.0.0/16'",
		     AGENT_SETTLE_MS);
}

void a_bird_that_is_killed_loses_nothing(void)
{
	char before[200];

	snprintf(before, sizeof(before), "%s", agents_text("la", "cat /run/skein/*/bird.pid"));
	await_other_mesh();
	expect_no_route_lost(ways_of_la, kill_bird);
	CU_ASSERT(strcmp(agents_text("la", "cat /run/skein/*/bird.pid"), before) != 0);
	agents_settle();
	await_other_mesh();
	agents_lose_nothing(ways_of_la, kill_birds_of_gateway, AFTER_MS);
	agents_settle();
}

/* Its directory has another name: so it looks when a membership's state was taken away. */
void a_bird_of_no_membership_is_ended(void)
{
	static const char stray[] = "/run/skein/0190a5f2-0000-7000-8000-00000000dead";
	char script[200];
	struct fault f = {0};

	agents_kill("la", "skein-agent");
	snprintf(script, sizeof(script),
		 "cp /run/skein/*-*/bird.pid /run/stray && mv /run/skein/*-* %s", stray);
	TEST_NUMBER(agents_sh("la", script, NULL), 0);
	TEST_STEP(machine_start_agent(agents_lab(), "la", &f), &f);
	snprintf(script, sizeof(script), "! kill -0 $(cut -d' ' -f1 /run/stray) && ! ls %s", stray);
	agents_await("la", script, SECOND_MS);
	TEST_NUMBER(agents_sh("la", "rm /run/stray", NULL), 0);
	agents_settle();
}

/* A session that restarts in the moment in which its address is gone: BIRD is held until both wait
 * for it. */
void a_session_that_cannot_bind_is_enabled_again(void)
{
	static const char *const script = "pid=$(cut -d' ' -f1 /run/skein/*-*/bird.pid)\n"
					  "bird=\"birdc -s $(echo /run/skein/*-*/bird.ctl)\"\n"
					  "kill -STOP $pid\n"
					  "$bird restart g_3 > /dev/null 2>&1 &\n"
					  "until grep -q 'bird.ctl' /proc/net/unix && "
					  "grep -qs birdc /proc/$!/comm; do :; done\n"
					  "ip link del wg0t1\nip link del wg0\n"
					  "kill -CONT $pid\nwait";

	TEST_NUMBER(agents_sh("la", script, NULL), 0);
	agents_await("la", "$AGENT status | grep -q Established", PERIOD_MS);
	agents_settle();
}

void a_tunnel_that_is_killed_is_back_within_seconds(void)
{
	agents_kill("la", "wireguard-go");
	CU_ASSERT(agents_reach("la", "lb", TUNNEL_MS));
	CU_ASSERT(agents_reach("lc", "la", TUNNEL_MS));
	TEST_TEXT(agents_text("la", "ip -o link | grep -c 'alias skein:'"), "2");
	agents_settle();
}
