/* The fleet in its other modes, changed while it runs: timers, route reflection off and on, a
 * machine in two meshes, peerings, gateways, a machine that is shut out.
 *
 *	prod 10.122.0.0/16                          staging 10.123.0.0/16
 *	a1  a2  a3        g1 and g2 in both         b1 ── yard 172.21.3.10
 *	         └─ field 172.21.4.10 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/reach.h"
#include "lib/base/json.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define ATTEMPTS 3
#define WATCH_MS 1000
#define SOON_MS	 10000

static const char yaml[] = "name: t-modes\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.122.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.123.0.0/16, bfd_interval_ms: 400}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: a3, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: a3, mesh: prod, prefix: 172.21.4.0/24}\n"
			   "  - {machine: b1, mesh: staging, prefix: 172.21.3.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.122.0.0/16]\n"
			   "    prefixes_b: [10.123.0.0/16, 172.21.3.0/24]\n"
			   "networks:\n"
			   "  - {name: field, prefix: 172.21.4.0/24, behind: a3}\n"
			   "  - {name: yard, prefix: 172.21.3.0/24, behind: b1}\n";

static struct modes w;

static int set_up(void)
{
	return modes_open(&w, yaml);
}

static int tear_down(void)
{
	return modes_close(&w);
}

static bool a1_reaches_b1(int64_t ms)
{
	const struct address b1 = modes_address(&w, "b1", "staging");

	return modes_reaches(&w, "a1", "prod", &b1, ms);
}

static bool a1_reaches_yard(int64_t ms)
{
	return modes_reaches(&w, "a1", "prod", &lab_file_network(&w.lab.file, "yard")->host, ms);
}

static bool a1_reaches_a2(int64_t ms)
{
	const struct address a2 = modes_address(&w, "a2", "prod");

	return modes_reaches(&w, "a1", "prod", &a2, ms);
}

/* Sessions of gateways and with them. */
static const struct {
	const char *machine, *mesh, *protocol;
} ends[] = {{"a1", "prod", "g_4"},    {"a1", "prod", "g_5"},	{"a2", "prod", "g_4"},
	    {"g1", "prod", "m_1"},    {"g1", "prod", "f_5"},	{"g1", "prod", "e_1"},
	    {"g2", "prod", "m_1"},    {"b1", "staging", "g_2"}, {"b1", "staging", "g_3"},
	    {"g1", "staging", "m_1"}, {"g1", "staging", "f_3"}, {"g2", "staging", "m_1"}};

#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* Of the day, in ms: who restarted a session changed it. */
static long since_ms(const struct session *s)
{
	unsigned hours, minutes, seconds, ms;

	if (s == NULL || !session_is_established(s) ||
	    sscanf(s->since, "%*u-%*u-%*u %u:%u:%u.%u", &hours, &minutes, &seconds, &ms) != 4)
		return -1;
	return ((hours * 60L + minutes) * 60 + seconds) * 1000 + ms;
}

static void read_since(long out[ENDS])
{
	for (size_t i = 0; i < ENDS; i++) {
		modes_await_session(&w, ends[i].machine, ends[i].mesh, ends[i].protocol, true,
				    SOON_MS);
		out[i] = since_ms(
			modes_session(&w, ends[i].machine, ends[i].mesh, ends[i].protocol));
	}
}

/* How many were restarted, which are named. BIRD reckons it from a monotonic clock each time: a
 * millisecond to and fro is none. */
static unsigned count_restarted(const long before[ENDS])
{
	unsigned n = 0;
	long now[ENDS];

	read_since(now);
	for (size_t i = 0; i < ENDS; i++)
		if (labs(now[i] - before[i]) > 20) {
			printf("    %s: session %s of %s was restarted\n", ends[i].machine,
			       ends[i].protocol, ends[i].mesh);
			n++;
		}
	return n;
}

/* ---- timers ---- */

/* Interval and timeout of each BFD session, as BIRD has them. */
static const char *bfd_timers(const char *machine, const char *mesh)
{
	return modes_shell(&w, machine,
			   arena_printf(&w.arena,
					"birdc -s /run/skein/%s/bird.ctl show bfd sessions |"
					" awk '$3 == \"Up\" { print $6, $7 }' | sort -u",
					modes_member(&w, machine, mesh)->id));
}

static void await_timers(const char *machine, const char *mesh, const char *want)
{
	struct mono deadline = mono_add_ms(mono_now(), SOON_MS);
	const char *now;

	while (strcmp(now = bfd_timers(machine, mesh), want) != 0 &&
	       !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 50);
	TEST_TEXT(now, want);
}

static void bfd_has_the_timers_of_its_mesh(void)
{
	long before[ENDS];

	await_timers("b1", "staging", "0.400 1.200\n");
	await_timers("g1", "staging", "0.400 1.200\n");
	await_timers("g1", "prod", "0.250 0.750\n");
	await_timers("a1", "prod", "0.250 0.750\n");
	read_since(before);
	modes_skein(&w, "mesh", "set", "prod", "--bfd-interval", "200", "--bfd-multiplier", "4",
		    NULL);
	modes_settle(&w);
	await_timers("a1", "prod", "0.200 0.800\n");
	await_timers("g1", "prod", "0.200 0.800\n");
	await_timers("b1", "staging", "0.400 1.200\n");
	TEST_NUMBER(count_restarted(before), 0);
}

/* ---- route reflection ---- */

static void set_reflection(const char *on)
{
	modes_skein(&w, "mesh", "set", "prod", "--route-reflector", on, NULL);
	modes_settle(&w);
}

/* Whether a packet's first hop is this machine of prod, and how many there are. */
static void check_way(const struct address *to, char first, int count)
{
	const struct address a1 = modes_address(&w, "a1", "prod");
	struct reach_hop hops[REACH_HOPS_MAX];
	const struct operator_member *hop;
	struct fault f = {0};
	struct place p;
	int n;

	lab_place(&w.lab, "a1", &p);
	n = reach_trace(&p, &a1, to, hops, &f);
	TEST_NUMBER(n, count);
	if (n != count)
		return;
	hop = operator_find_address(&w.members, &hops[0].address);
	CU_ASSERT(hop != NULL && hop->machine[0] == first);
	CU_ASSERT(hops[count - 1].arrived);
}

/* What is one plain member's alone: over it. What is another mesh's: over a gateway. */
static void check_ways(void)
{
	check_way(&lab_file_network(&w.lab.file, "field")->host, 'a', 2);
	check_way(&lab_file_network(&w.lab.file, "yard")->host, 'g', 3);
}

/* BIRD's own route, beside the one from the state: the member itself is its next hop. */
static bool has_next_hop(const char *said, bool reflected)
{
	return strstr(said, "via 10.122.0.3 ") != NULL && strstr(said, "via 10.122.0.4 ") == NULL &&
	       strstr(said, "via 10.122.0.5 ") == NULL && strstr(said, "[g_4 ") != NULL &&
	       strstr(said, "[g_5 ") != NULL && (strstr(said, "[m_3 ") == NULL) == reflected;
}

static void await_next_hop(bool reflected)
{
	struct mono deadline = mono_add_ms(mono_now(), SOON_MS);
	const char *said,
		*command = arena_printf(&w.arena,
					"birdc -s /run/skein/%s/bird.ctl show route 172.21.4.0/24",
					modes_member(&w, "a1", "prod")->id);

	while (!has_next_hop(said = modes_shell(&w, "a1", command), reflected)) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("a1, %s: %s", reflected ? "reflected" : "full mesh", said);
			return;
		}
		poll(NULL, 0, 50);
	}
}

static void switching_reflection_touches_no_router_and_loses_nothing(void)
{
	long before[ENDS];
	const char *const field = "field";
	unsigned attempt = 0, restarted;
	uint64_t lost = 0;

	CU_ASSERT(a1_reaches_a2(MODES_REACH_MS) && a1_reaches_b1(MODES_REACH_MS));
	CU_ASSERT(a1_reaches_yard(MODES_REACH_MS));
	do {
		struct stream *alone =
			modes_trip(&w, "a1 to what is a3's alone", "a1", "prod", &field, 1, 1);
		struct stream *near = modes_probe(&w, "a1 with a2", "a1", "prod", "a2", "prod");
		struct stream *far = modes_probe(&w, "a1 with b1", "a1", "prod", "b1", "staging");

		modes_await_passing(&w, MODES_REACH_MS);
		read_since(before);
		set_reflection("off");
		modes_await_session(&w, "a1", "prod", "m_2", true, SOON_MS);
		modes_await_session(&w, "a1", "prod", "m_3", true, SOON_MS);
		modes_await_session(&w, "a3", "prod", "m_2", true, SOON_MS);
		restarted = count_restarted(before);
		await_next_hop(false);
		check_ways();
		set_reflection("on");
		modes_await_session(&w, "a1", "prod", "m_2", false, SOON_MS);
		modes_await_session(&w, "a1", "prod", "m_3", false, SOON_MS);
		modes_await_session(&w, "a3", "prod", "m_2", false, SOON_MS);
		poll(NULL, 0, WATCH_MS); /* under observation */
		restarted += count_restarted(before);
		await_next_hop(true);
		check_ways();
		modes_stop(&w);
		lost = near->lost + far->lost + alone->lost;
	} while ((!w.steady || lost > 0 || restarted > 0) && ++attempt < ATTEMPTS);
	TEST_NUMBER(lost, 0);
	if (w.steady) /* else BFD has noticed the computer, too */
		TEST_NUMBER(restarted, 0);
}

/* ---- a second membership ---- */

static void await_nothing_of(const char *machine, const char *command)
{
	struct mono deadline = mono_add_ms(mono_now(), SOON_MS);
	const char *now;

	while ((now = modes_shell(&w, machine, command))[0] != '\0' &&
	       !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 50);
	TEST_TEXT(now, "");
}

static void a_second_membership_comes_and_goes(void)
{
	const struct address b1 = modes_address(&w, "b1", "staging");
	long before[ENDS];
	unsigned attempt = 0, restarted;
	uint64_t lost;
	const char *id;

	CU_ASSERT(a1_reaches_a2(MODES_REACH_MS));
	do {
		struct stream *first = modes_probe(&w, "a2 with a1, in its first mesh", "a2",
						   "prod", "a1", "prod");

		modes_await_passing(&w, MODES_REACH_MS);
		read_since(before);
		modes_skein(&w, "membership", "add", "a2", "staging", NULL);
		modes_settle(&w);
		modes_await_devices(&w, "a2", "wg0 wg0t1 wg0t2 wg1 wg1t1 wg1t2", SOON_MS);
		modes_await_session(&w, "a2", "staging", "g_2", true, SOON_MS);
		restarted = count_restarted(before);
		CU_ASSERT(modes_reaches(&w, "a2", "staging", &b1, MODES_REACH_MS));
		TEST_TEXT(modes_shell(&w, "a2",
				      "wg show all public-key | grep -v wg0 | cut -f2 |"
				      " sort -u | wc -l"),
			  "1\n");
		TEST_TEXT(modes_shell(&w, "a2",
				      "wg show all public-key | cut -f2 | sort -u |"
				      " wc -l"),
			  "2\n");
		id = modes_member(&w, "a2", "staging")->id;
		modes_skein(&w, "membership", "remove", "a2", "staging", NULL);
		modes_settle(&w);
		modes_await_devices(&w, "a2", "wg0 wg0t1 wg0t2", SOON_MS);
		await_nothing_of("a2",
				 "ip rule | grep -E '520[1-9]|540[1-9]|iif wg1|10.123'; true");
		await_nothing_of("a2", "ip route show table 5201; ip route show table 5401; true");
		await_nothing_of("a2", arena_printf(&w.arena,
						    "ls -d /run/skein/%s /var/lib/skein/agent/%s",
						    id, id));
		poll(NULL, 0, WATCH_MS); /* under observation */
		restarted += count_restarted(before);
		modes_stop(&w);
		lost = first->lost;
	} while ((!w.steady || lost > 0 || restarted > 0) && ++attempt < ATTEMPTS);
	TEST_NUMBER(lost, 0);
	if (w.steady)
		TEST_NUMBER(restarted, 0);
}

/* ---- peerings ---- */

/* Polls: what a peering let through ends within seconds. */
static void await_barred(bool (*reaches)(int64_t ms))
{
	struct mono deadline = mono_add_ms(mono_now(), SOON_MS);

	while (reaches(MODES_BARRED_MS) && !mono_reached(deadline, mono_now()))
		;
	CU_ASSERT(!reaches(MODES_BARRED_MS));
}

static void what_a_peering_shows_can_be_changed(void)
{
	CU_ASSERT(a1_reaches_b1(MODES_REACH_MS));
	CU_ASSERT(a1_reaches_yard(MODES_REACH_MS));
	modes_skein(&w, "peering", "set", "prod", "staging", "--show", "prod=10.122.0.0/16",
		    "--show", "staging=10.123.0.0/16", NULL);
	await_barred(a1_reaches_yard);
	CU_ASSERT(a1_reaches_b1(MODES_REACH_MS));
	TEST_TEXT(modes_peer_devices(&w, "a1", "172.21.3.0/24"), "");
	modes_skein(&w, "peering", "set", "prod", "staging", "--show", "prod=10.122.0.0/16",
		    "--show", "staging=10.123.0.0/16", "--show", "staging=172.21.3.0/24", NULL);
	CU_ASSERT(a1_reaches_yard(MODES_REACH_MS));
}

static void nothing_passes_when_the_peering_is_deleted(void)
{
	const struct address a1 = modes_address(&w, "a1", "prod");

	CU_ASSERT(a1_reaches_b1(MODES_REACH_MS) && a1_reaches_yard(MODES_REACH_MS));
	modes_skein(&w, "peering", "delete", "prod", "staging", NULL);
	await_barred(a1_reaches_b1);
	await_barred(a1_reaches_yard);
	CU_ASSERT(!modes_reaches(&w, "b1", "staging", &a1, MODES_BARRED_MS));
	modes_settle(&w);
	modes_await_session(&w, "g1", "prod", "e_1", false, SOON_MS);
	modes_await_session(&w, "g2", "staging", "e_0", false, SOON_MS);
	TEST_TEXT(modes_peer_devices(&w, "a1", "10.123.0.0/16"), "");
	await_nothing_of("a1", "ip route show table 5200 | grep -E '^(unreachable )?10.123'; true");
	CU_ASSERT(a1_reaches_a2(MODES_REACH_MS));
	modes_skein(&w, "peering", "create", "prod", "staging", "--show", "prod=10.122.0.0/16",
		    "--show", "staging=10.123.0.0/16", "--show", "staging=172.21.3.0/24", NULL);
	CU_ASSERT(a1_reaches_b1(MODES_REACH_MS));
	CU_ASSERT(a1_reaches_yard(MODES_REACH_MS));
	modes_await_session(&w, "g1", "prod", "e_1", true, MODES_SETTLE_MS);
}

/* ---- gateways ---- */

static void a_gateway_can_be_disabled_and_enabled(void)
{
	const char *said;

	modes_skein(&w, "gateway", "disable", "g2", NULL);
	modes_settle(&w);
	TEST_TEXT(modes_member(&w, "g2", "prod")->role, "member");
	modes_await_devices(&w, "a1", "wg0 wg0t1", SOON_MS);
	modes_await_devices(&w, "b1", "wg0 wg0t1", SOON_MS);
	modes_await_devices(&w, "g2", "wg0 wg0t1 wg1 wg1t1", SOON_MS);
	modes_await_session(&w, "g2", "prod", "e_1", false, SOON_MS);
	modes_await_session(&w, "g1", "prod", "f_5", false, SOON_MS);
	modes_await_session(&w, "g2", "prod", "g_4", true, MODES_REACH_MS);
	CU_ASSERT(a1_reaches_b1(MODES_REACH_MS));
	/* One is left: who changes the mesh now is told why that is thin. */
	said = modes_said(&w, "mesh", "set", "prod", "--route-reflector", "on", NULL);
	CU_ASSERT(said != NULL && strstr(said, "one gateway only") != NULL);

	modes_skein(&w, "gateway", "enable", "g2", "--mesh", "prod", "--mesh", "staging", NULL);
	modes_settle(&w);
	TEST_TEXT(modes_member(&w, "g2", "prod")->role, "gateway");
	modes_await_devices(&w, "a1", "wg0 wg0t1 wg0t2", SOON_MS);
	modes_await_peer(&w, "a1", "10.123.0.0/16", "wg0t1 wg0t2", SOON_MS);
	modes_await_session(&w, "g2", "prod", "e_1", true, SOON_MS);
	modes_await_session(&w, "g1", "prod", "f_5", true, SOON_MS);
	modes_await_session(&w, "a1", "prod", "g_5", true, SOON_MS);
	said = modes_said(&w, "mesh", "set", "prod", "--route-reflector", "on", NULL);
	CU_ASSERT(said != NULL && strstr(said, "warning") == NULL);
}

/* ---- a machine is shut out ---- */

static void a_revoked_machine_is_dropped_everywhere_and_it_is_known(void)
{
	static const char *const peers[] = {"a1", "a2", "g1", "g2"};
	const struct address a3 = modes_address(&w, "a3", "prod");
	char text[ADDRESS_TEXT_MAX];
	const char *host = arena_printf(&w.arena, "%s/32", address_format(&a3, text));
	const char *said;
	struct mono begin;

	CU_ASSERT(modes_reaches(&w, "a1", "prod", &a3, MODES_REACH_MS));
	modes_await_peer(&w, "g1", host, "wg0", SOON_MS);
	begin = mono_now();
	modes_skein(&w, "machine", "revoke", "a3", NULL);
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		modes_await_peer(&w, peers[i], host, "", SOON_MS);
	printf("    dropped by all after %lld ms\n", (long long)mono_ms_between(begin, mono_now()));
	CU_ASSERT(!modes_reaches(&w, "a1", "prod", &a3, MODES_BARRED_MS));
	/* Who is current has confirmed; modes_settle() waits for all. */
	modes_settle(&w);
	CU_ASSERT(modes_member(&w, "a1", "prod")->current);
	TEST_NUMBER(modes_member(&w, "a3", "prod") == NULL, true);
	said = modes_said(&w, "machine", "show", "a3", NULL);
	CU_ASSERT(said != NULL && strstr(said, "revoked") != NULL);
}

TEST_SUITE_WITH(modes, set_up, tear_down,
		{"BFD has the timers of its mesh", bfd_has_the_timers_of_its_mesh},
		{"switching reflection touches no router and loses nothing",
		 switching_reflection_touches_no_router_and_loses_nothing},
		{"a second membership comes and goes", a_second_membership_comes_and_goes},
		{"what a peering shows can be changed", what_a_peering_shows_can_be_changed},
		{"nothing passes when the peering is deleted",
		 nothing_passes_when_the_peering_is_deleted},
		{"a gateway can be disabled and enabled", a_gateway_can_be_disabled_and_enabled},
		{"a revoked machine is dropped everywhere and it is known",
		 a_revoked_machine_is_dropped_everywhere_and_it_is_known});
