/* A link that comes and goes: what it carried goes elsewhere at once and comes back when it has
 *been stable; where there is no other way it is used at once.
 *
 *	prod 10.162.0.0/16                               staging 10.163.0.0/16
 *	a1      r1 (200) ── east 172.21.10.10      g1    b1
 *	        r2 (100) ── west 172.21.10.10      in both
 *
 * a1 sees the link to r1 itself; for b1, g1 does. Both hosts have the same address; a packet of a1
 * and of b1 every 5 ms comes back with the name of who answered it. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab/outage.h"
#include "lab/underlay.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define PREFIX	   "172.21.10.0/24"
#define STABLE	   "4"
#define STABLE_MS  4000
#define LONG	   "600"
#define FLAPS	   3
#define REST_MS	   30000
#define BFD_MS	   "300" /* 250 is the usual one */
#define BFD_TIMES  "5"	 /* 3 */
#define NOTICED_MS 1500
#define ATTEMPTS   3
#define ONLY_MS	   5000 /* BFD's 750 ms, and what a busy computer needs */

enum { EAST, WEST };

static const char yaml[] =
	"name: t-flaps\n"
	"meshes:\n"
	"  - {name: prod, cidr: 10.162.0.0/16, default: true, stable_for_s: " STABLE "}\n"
	"  - {name: staging, cidr: 10.163.0.0/16}\n"
	"machines:\n"
	"  - {name: a1, meshes: [prod]}\n"
	"  - {name: r1, meshes: [prod]}\n"
	"  - {name: r2, meshes: [prod]}\n"
	"  - {name: g1, meshes: [prod]}\n"
	"  - {name: b1, meshes: [staging]}\n"
	"gateways:\n"
	"  - {machine: g1, meshes: [prod, staging]}\n"
	"prefixes:\n"
	"  - {machine: r1, mesh: prod, prefix: " PREFIX ", priority: 200}\n"
	"  - {machine: r2, mesh: prod, prefix: " PREFIX "}\n"
	"peerings:\n"
	"  - mesh_a: prod\n"
	"    mesh_b: staging\n"
	"    prefixes_a: [10.162.0.0/16, " PREFIX "]\n"
	"    prefixes_b: [10.163.0.0/16]\n"
	"networks:\n"
	"  - {name: east, prefix: " PREFIX ", behind: r1}\n"
	"  - {name: west, prefix: " PREFIX ", behind: r2}\n";

static const char *const hosts[] = {"east", "west"};
static const char *const ends[] = {"a1", "g1"}; /* of the links to r1 that flap */
static struct modes w;

/* a1's, b1's */
static struct stream *streams[2];

static int set_up(void)
{
	return modes_open(&w, yaml);
}

static int tear_down(void)
{
	return modes_close(&w);
}

static void start(const char *what)
{
	streams[0] = modes_trip(&w, what, "a1", "prod", hosts, 2, 1);
	streams[1] = modes_trip(&w, what, "b1", "staging", hosts, 2, 1);
	modes_await_passing(&w, REST_MS);
}

static bool await_only(unsigned who, int64_t ms)
{
	const struct mono deadline = mono_add_ms(mono_now(), ms);
	struct fault f = {0};

	return TEST_STEP(trip_await_only(streams[0]->trip, who, deadline, &f), &f) &&
	       TEST_STEP(trip_await_only(streams[1]->trip, who, deadline, &f), &f);
}

static uint64_t by_east(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		trip_read(streams[i]->trip, streams[i]->by);
		n += streams[i]->by[EAST];
	}
	return n;
}

static void cut(void)
{
	struct fault f = {0};

	for (size_t i = 0; i < 2; i++)
		TEST_STEP(underlay_cut(&w.lab, ends[i], "r1", &f), &f);
}

static const char *session_with(const char *machine)
{
	return arena_printf(&w.arena, "m_%u", modes_address(&w, machine, "prod").bytes[3]);
}

/* Until both sessions with r1 stand. */
static void heal(void)
{
	struct fault f = {0};

	for (size_t i = 0; i < 2; i++)
		TEST_STEP(underlay_heal(&w.lab, ends[i], "r1", &f), &f);
	for (size_t i = 0; i < 2; i++)
		modes_await_session(&w, ends[i], "prod", session_with("r1"), true, REST_MS);
}

/* What status says of r1 there, below its session: `words` is in it, or ("") nothing is. */
static void await_held(const char *machine, const char *words)
{
	const struct mono deadline = mono_add_ms(mono_now(), REST_MS);
	const char *command = arena_printf(&w.arena, "%s status | grep -A1 ' %s ' | tail -n 1",
					   lab_program(&w.lab, "skein-agent"), session_with("r1"));
	const char *said;
	bool is;

	do {
		said = modes_shell(&w, machine, command);
		is = words[0] != '\0' ? strstr(said, words) != NULL
				      : strstr(said, "after others") == NULL;
		if (!is)
			poll(NULL, 0, 50);
	} while (!is && !mono_reached(deadline, mono_now()));
	if (!is)
		TEST_FAIL("%s: want '%s', status has: %s", machine, words, said);
}

static bool are_held(void)
{
	bool are = true;

	for (size_t i = 0; i < 2; i++) {
		const char *said = modes_shell(
			&w, ends[i],
			arena_printf(&w.arena, "cat /run/skein/*/held.conf | tr '\\n' ' '"));

		are = are && strstr(said, session_with("r1")) != NULL;
	}
	return are;
}

/* Whose place in the mesh has just changed holds nobody for what that does to his sessions, and is
 * second himself. */
static void the_better_one_has_the_traffic(void)
{
	const struct mono deadline = mono_add_ms(mono_now(), REST_MS);

	start("to who is better");
	await_only(EAST, REST_MS);
	for (;;) {
		cut();
		await_only(WEST, ONLY_MS);
		heal();
		if (are_held() || mono_reached(deadline, mono_now()))
			break;
	}
	CU_ASSERT(are_held());
	await_only(EAST, REST_MS);
	modes_stop(&w);
	for (size_t i = 0; i < 2; i++)
		await_held(ends[i], "");
}

static void what_flaps_gets_nothing_back_until_it_is_stable(void)
{
	struct mono whole = {0};
	uint64_t before;

	start("while the links to who is better flap");
	await_only(EAST, REST_MS);
	cut();
	await_only(WEST, ONLY_MS);
	before = by_east();
	for (int i = 0; i < FLAPS; i++) {
		heal();
		whole = mono_now();
		CU_ASSERT(are_held());
		if (i + 1 < FLAPS)
			cut();
	}
	/* Not one packet, whatever came and went; and it does come back. */
	TEST_NUMBER((int64_t)(by_east() - before), 0);
	await_only(EAST, REST_MS);
	CU_ASSERT(mono_ms_between(whole, mono_now()) >= STABLE_MS - 1000);
	modes_stop(&w);
	CU_ASSERT(!are_held());
}

static void what_is_the_only_way_is_used_at_once(void)
{
	struct fault f = {0};

	modes_skein(&w, "mesh", "set", "prod", "--stable-for", LONG, NULL);
	modes_settle(&w);
	start("while the other one is away");
	await_only(EAST, REST_MS);
	cut();
	await_only(WEST, ONLY_MS);
	heal();
	for (size_t i = 0; i < 2; i++)
		await_held(ends[i], "after others for ");
	await_only(WEST, ONLY_MS);
	TEST_STEP(outage_cause(&w.lab, "r2", "link", &f), &f);
	await_only(EAST, ONLY_MS);
	CU_ASSERT(are_held());
	TEST_STEP(outage_end(&w.lab, "r2", &f), &f);
	modes_stop(&w);
}

/* A link that an agent, or BIRD, dies beside is no more stable for that. */
static void who_is_held_stays_so_when_agent_and_bird_begin_anew(void)
{
	static const char *const kinds[] = {"agent", "bird"};
	struct fault f = {0};

	for (size_t i = 0; i < 2; i++) {
		TEST_STEP(outage_cause(&w.lab, "a1", kinds[i], &f), &f);
		TEST_STEP(outage_end(&w.lab, "a1", &f), &f);
		modes_await_session(&w, "a1", "prod", session_with("r1"), true, REST_MS);
		await_held("a1", "after others for 59");
	}
}

static void without_a_time_all_is_as_if_it_had_been_stable(void)
{
	modes_skein(&w, "mesh", "set", "prod", "--stable-for", "0", NULL);
	modes_settle(&w);
	for (size_t i = 0; i < 2; i++)
		await_held(ends[i], "");
}

/* What BFD says, from the last packet that came: an interval less than the whole, at the least. */
static void a_loss_is_noticed_after_the_times_of_the_mesh(void)
{
	int64_t gap = 0;

	modes_skein(&w, "mesh", "set", "prod", "--bfd-interval", BFD_MS, "--bfd-multiplier",
		    BFD_TIMES, NULL);
	modes_settle(&w);
	for (int i = 0; i < ATTEMPTS; i++) {
		start("while the way is cut, with BFD of " BFD_MS " ms × " BFD_TIMES);
		await_only(EAST, REST_MS);
		cut();
		await_only(WEST, REST_MS);
		heal();
		await_only(EAST, REST_MS);
		modes_stop(&w);
		gap = streams[0]->gap_ms;
		if (w.steady && gap <= NOTICED_MS * 13 / 10)
			break;
	}
	CU_ASSERT(gap >= NOTICED_MS * 8 / 10);
	if (w.steady && gap > NOTICED_MS * 13 / 10)
		TEST_FAIL("BFD of %d ms: %lld ms without traffic", NOTICED_MS, (long long)gap);
}

TEST_SUITE_LONG(flaps, set_up, tear_down,
		{"the better one has the traffic", the_better_one_has_the_traffic},
		{"what flaps gets nothing back until it is stable",
		 what_flaps_gets_nothing_back_until_it_is_stable},
		{"what is the only way is used at once", what_is_the_only_way_is_used_at_once},
		{"who is held stays so when agent and BIRD begin anew",
		 who_is_held_stays_so_when_agent_and_bird_begin_anew},
		{"without a time all is as if it had been stable",
		 without_a_time_all_is_as_if_it_had_been_stable},
		{"a loss is noticed after the times of the mesh",
		 a_loss_is_noticed_after_the_times_of_the_mesh});
