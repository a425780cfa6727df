/* A prefix behind two routers: announced, approved, lost, won by priority, shared, withdrawn; seen
 * from its own mesh and across a peering.
 *
 *	prod 10.120.0.0/16                                       staging 10.121.0.0/16
 *	a1  a2        r1 ── east 172.21.1.10      g1 and g2      b1
 *	              r2 ── west 172.21.1.10      in both
 *
 * Both hosts have the same address, so that each answer says which router was used. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define PREFIX	     "172.21.1.0/24"
#define DETECTION_MS 750 /* BFD, 250 ms × 3 */
#define BAR_MS	     (3 * DETECTION_MS)
#define FLOWS	     16
#define ATTEMPTS     3
#define WATCH_MS     1500
#define MOVED_MS     15000 /* a peer that moves to another device greets again after 5 s at most */

static const char yaml[] = "name: t-routers\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.120.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.121.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " PREFIX "}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.120.0.0/16, " PREFIX "]\n"
			   "    prefixes_b: [10.121.0.0/16]\n"
			   "networks:\n"
			   "  - {name: east, prefix: " PREFIX ", behind: r1}\n"
			   "  - {name: west, prefix: " PREFIX ", behind: r2}\n";

static const char *const hosts[] = {"east", "west"};
static struct modes w;

static int set_up(void)
{
	return modes_open(&w, yaml);
}

static int tear_down(void)
{
	return modes_close(&w);
}

static struct mono settle(void)
{
	return mono_add_ms(mono_now(), MODES_SETTLE_MS);
}

static const char *role(const char *machine)
{
	const struct operator_member *m = modes_member(&w, machine, "prod");

	return m != NULL ? m->role : "none";
}

/* Streams of those whom a change of r1 and r2 concerns, and (first) of those whom it does not. */
struct streams {
	struct stream *members, *across, *router, *near, *far;
};

/* Two that greet for the first time may need 5 s: not part of what is measured. */
static void greet(void)
{
	const struct address r1 = modes_address(&w, "r1", "prod");
	const struct address a2 = modes_address(&w, "a2", "prod");
	const struct address b1 = modes_address(&w, "b1", "staging");
	const struct address *host = &lab_file_network(&w.lab.file, "east")->host;

	CU_ASSERT(modes_reaches(&w, "a1", "prod", &a2, MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &r1, MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &b1, MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "a1", "prod", host, MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "b1", "staging", host, MODES_REACH_MS));
}

static void start(struct streams *s, unsigned flows)
{
	greet();
	s->members = modes_probe(&w, "a1 with a2", "a1", "prod", "a2", "prod");
	s->across =
		modes_probe(&w, "a1 with b1, across the peering", "a1", "prod", "b1", "staging");
	s->router = modes_probe(&w, "a1 with r1", "a1", "prod", "r1", "prod");
	s->near = modes_trip(&w, "a1 to the prefix", "a1", "prod", hosts, 2, flows);
	s->far = modes_trip(&w, "b1 to the prefix, across the peering", "b1", "staging", hosts, 2,
			    flows);
	modes_await_passing(&w, MODES_REACH_MS);
}

static void a_sole_announcer_is_a_plain_member(void)
{
	struct streams s;

	TEST_TEXT(role("r1"), "member");
	TEST_TEXT(role("r2"), "member");
	TEST_TEXT(modes_peer_devices(&w, "a1", PREFIX),
		  "wg0 wg0t1 wg0t2"); /* its own, and both gateways' */
	start(&s, 1);
	modes_stop(&w);
	CU_ASSERT(s.near->by[0] > 0 && s.far->by[0] > 0);
	TEST_NUMBER(s.near->by[1] + s.far->by[1], 0);
}

static bool r2_has(const char *what)
{
	const char *said = modes_said(&w, "prefix", "list", "--json", NULL);
	json_error_t e;
	json_t *root = json_loads(said != NULL ? said : "{}", 0, &e), *item;
	bool has = false;
	size_t i;

	json_array_foreach(json_object_get(root, "items"), i, item) {
		if (strcmp(json_string_value(json_object_get(item, "machine_name")), "r2") == 0)
			has = json_is_true(json_object_get(item, what));
	}
	json_decref(root);
	return has;
}

/* The machine says so in its own configuration; an operator has the last word. */
static void an_announced_prefix_waits_for_approval(void)
{
	struct mono deadline = settle();
	struct fault f = {0};
	struct streams s;

	TEST_STEP(
		machine_write(&w.lab, "r2", "/etc/skein/agent.conf", "announce = " PREFIX "\n", &f),
		&f);
	TEST_STEP(outage_cause(&w.lab, "r2", "agent", &f), &f);
	TEST_STEP(outage_end(&w.lab, "r2", &f), &f);
	while (!r2_has("announced") && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 50);
	CU_ASSERT(r2_has("announced"));
	CU_ASSERT(!r2_has("approved"));
	modes_settle(&w);
	TEST_TEXT(role("r2"), "member");
	start(&s, 1);
	modes_stop(&w);
	TEST_NUMBER(s.near->by[1] + s.far->by[1], 0);
}

static void approve(const char *machine, const char *priority)
{
	modes_skein(&w, "prefix", "approve", machine, PREFIX, "--mesh", "prod", "--priority",
		    priority, NULL);
	modes_settle(&w);
}

static void withdraw(void)
{
	modes_skein(&w, "prefix", "withdraw", "r2", PREFIX, "--mesh", "prod", NULL);
	modes_settle(&w);
}

/* The change under streams. Again, after its opposite, where the computer stalled: tunnels in user
 * space lose packets then before the control probe does, and what a change costs the others, it
 * costs each time. */
static void change(void (*there)(void), void (*back)(void))
{
	struct streams s;
	uint64_t others;
	unsigned attempt = 0;

	do {
		if (attempt > 0)
			back();
		start(&s, 1);
		there();
		poll(NULL, 0, WATCH_MS); /* under observation: no late loss is missed */
		modes_await_passing(&w, MOVED_MS);
		modes_stop(&w);
		others = s.members->lost + s.across->lost;
	} while ((!w.steady || others > 0) && ++attempt < ATTEMPTS);
	TEST_NUMBER(others, 0);
}

static void approve_r2(void)
{
	approve("r2", "90");
}

static void a_second_approval_makes_both_routers(void)
{
	change(approve_r2, withdraw);
	TEST_TEXT(role("r1"), "router");
	TEST_TEXT(role("r2"), "router");
	TEST_NUMBER(modes_member(&w, "r1", "prod")->slot, 3);
	TEST_NUMBER(modes_member(&w, "r2", "prod")->slot, 4);
	/* Members reach them over trunks; they reach members over their main device. */
	modes_await_devices(&w, "a1", "wg0 wg0t1 wg0t2 wg0t3 wg0t4", MOVED_MS);
	modes_await_devices(&w, "r1", "wg0 wg0t1 wg0t2 wg0t4", MOVED_MS);
	modes_await_peer(&w, "a1", "10.120.0.3/32", "wg0t3", MOVED_MS);
	modes_await_peer(&w, "a1", "10.120.0.4/32", "wg0t4", MOVED_MS);
	modes_await_peer(&w, "r1", "10.120.0.1/32", "wg0", MOVED_MS);
	modes_await_peer(&w, "r1", "10.120.0.4/32", "wg0t4", MOVED_MS);
	modes_await_peer(&w, "r2", "10.120.0.3/32", "wg0t3", MOVED_MS);
	modes_await_session(&w, "a1", "prod", "m_3", true, MOVED_MS);
	modes_await_session(&w, "a1", "prod", "m_4", true, MOVED_MS);
	modes_await_session(&w, "r1", "prod", "m_4", true, MOVED_MS);
	modes_await_session(&w, "g1", "prod", "m_4", true, MOVED_MS);
}

/* The loss of a router under streams: who answered before, and what it cost. */
struct loss {
	struct streams streams;
	uint64_t before[2][TRIP_ANSWERERS_MAX]; /* near, far */
	int64_t gap_ms;
	uint64_t return_lost;
};

/* `other` answers alone while it is away; after its return all is as before. */
static void lose(const char *router, const char *kind, unsigned other, unsigned flows,
		 struct loss *out)
{
	struct streams *s = &out->streams;
	struct fault f = {0};
	bool steady;

	start(s, flows);
	trip_read(s->near->trip, out->before[0]);
	trip_read(s->far->trip, out->before[1]);
	TEST_STEP(outage_cause(&w.lab, router, kind, &f), &f);
	TEST_STEP(trip_await_only(s->near->trip, other, settle(), &f), &f);
	TEST_STEP(trip_await_only(s->far->trip, other, settle(), &f), &f);
	poll(NULL, 0, WATCH_MS);
	TEST_STEP(trip_await_only(s->near->trip, other, settle(), &f), &f);
	modes_stop(&w);
	steady = w.steady;
	out->gap_ms = s->near->gap_ms > s->far->gap_ms ? s->near->gap_ms : s->far->gap_ms;
	modes_probe(&w, "return: a1 with a2", "a1", "prod", "a2", "prod");
	s->near = modes_trip(&w, "return: a1 to the prefix", "a1", "prod", hosts, 2, flows);
	s->far = modes_trip(&w, "return: b1 to the prefix", "b1", "staging", hosts, 2, flows);
	modes_await_passing(&w, MODES_REACH_MS);
	TEST_STEP(outage_end(&w.lab, router, &f), &f);
	modes_await_session(&w, "a1", "prod", strcmp(router, "r1") == 0 ? "m_3" : "m_4", true,
			    MODES_SETTLE_MS);
	modes_await_session(&w, "g1", "prod", strcmp(router, "r1") == 0 ? "m_3" : "m_4", true,
			    MODES_SETTLE_MS);
	poll(NULL, 0, WATCH_MS);
	modes_stop(&w);
	out->return_lost = s->near->lost + s->far->lost;
	w.steady = w.steady && steady;
}

static void lose_steadily(const char *router, const char *kind, unsigned other, unsigned flows,
			  struct loss *out)
{
	unsigned attempt = 0;

	do
		lose(router, kind, other, flows, out);
	while ((!w.steady || out->gap_ms > BAR_MS || out->return_lost > 0) && ++attempt < ATTEMPTS);
	printf("    %s lost (%s): %lld ms, return: %llu packets\n", router, kind,
	       (long long)out->gap_ms, (unsigned long long)out->return_lost);
	CU_ASSERT(out->gap_ms <= BAR_MS);
	TEST_NUMBER(out->return_lost, 0);
}

static void the_higher_priority_carries_and_the_other_takes_over(void)
{
	struct loss loss = {0};

	lose_steadily("r1", "link", 1, 2, &loss);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT(loss.before[i][0] > 0);
		TEST_NUMBER(loss.before[i][1], 0);
	}
	CU_ASSERT(loss.streams.near->by[0] > 0); /* it carries again */
}

static void equal_priority_shares_the_load(void)
{
	struct mono deadline = settle();
	uint64_t near[TRIP_ANSWERERS_MAX] = {0}, far[TRIP_ANSWERERS_MAX] = {0};
	struct loss loss = {0};
	struct streams s;

	approve("r2", "100");
	start(&s, FLOWS);
	while ((near[1] == 0 || far[1] == 0) && !mono_reached(deadline, mono_now())) {
		poll(NULL, 0, 50);
		trip_read(s.near->trip, near);
		trip_read(s.far->trip, far);
	}
	modes_stop(&w);
	CU_ASSERT(near[1] > 0 && far[1] > 0);
	lose_steadily("r2", "all", 0, FLOWS, &loss);
	CU_ASSERT(loss.before[0][0] > 0 && loss.before[0][1] > 0);
	CU_ASSERT(loss.streams.near->by[1] > 0);
}

static void approve_equally(void)
{
	approve("r2", "100");
}

static void withdrawal_makes_plain_members_again(void)
{
	change(withdraw, approve_equally);
	TEST_TEXT(role("r1"), "member");
	TEST_TEXT(role("r2"), "member");
	for (size_t i = 0; i < w.members.n; i++)
		if (strcmp(w.members.at[i].mesh, "prod") == 0 &&
		    strcmp(w.members.at[i].role, "gateway") != 0)
			modes_await_devices(&w, w.members.at[i].machine, "wg0 wg0t1 wg0t2",
					    MOVED_MS);
	modes_await_peer(&w, "a1", "10.120.0.3/32", "wg0", MOVED_MS);
	modes_await_peer(&w, "a1", "10.120.0.4/32", "wg0", MOVED_MS);
	modes_await_peer(&w, "r1", "10.120.0.4/32", "wg0", MOVED_MS);
	modes_await_session(&w, "a1", "prod", "m_3", false, MOVED_MS);
	modes_await_session(&w, "a1", "prod", "m_4", false, MOVED_MS);
	modes_await_session(&w, "r2", "prod", "g_5", true, MOVED_MS);
	modes_await_session(&w, "r2", "prod", "g_6", true, MOVED_MS);
	TEST_TEXT(modes_shell(&w, "a1", "ip route show table 5200 | grep -E 'wg0t[34]'; true"), "");
	TEST_TEXT(modes_shell(&w, "a1", "ip route show table 5400 | grep -E 'wg0t[34]'; true"), "");
	TEST_TEXT(modes_shell(&w, "r2",
			      "wg show all allowed-ips | grep " PREFIX " | cut -f1"
			      " | sort -u | tr '\\n' ' '"),
		  "wg0 wg0t1 wg0t2 ");
}

static bool is_shadowed(const char *machine)
{
	struct fault f = {0};
	json_t *status = machine_agent_status(&w.lab, machine, &f), *shadow;
	bool found = false;
	size_t i;

	json_array_foreach(
		json_object_get(json_array_get(json_object_get(status, "memberships"), 0),
				"shadowed"),
		i, shadow) {
		found = found ||
			(strcmp(json_string_value(json_object_get(shadow, "prefix")), PREFIX) ==
				 0 &&
			 strcmp(json_string_value(json_object_get(shadow, "by")), PREFIX) == 0);
	}
	json_decref(status);
	return found;
}

/* In what it says and in what it does. */
static void await_shadow(const char *machine, bool want)
{
	struct mono deadline = settle();
	const char *way = "";
	bool is = !want;

	while ((is != want || (strstr(way, "dev own") != NULL) != want) &&
	       !mono_reached(deadline, mono_now())) {
		poll(NULL, 0, 50);
		is = is_shadowed(machine);
		way = modes_shell(&w, machine, "ip -4 route get 172.21.1.10");
	}
	CU_ASSERT(is == want);
	CU_ASSERT((strstr(way, "dev own") != NULL) == want);
}

static void a_network_of_the_machine_shadows_the_prefix(void)
{
	const struct address *host = &lab_file_network(&w.lab.file, "east")->host;

	CU_ASSERT(modes_reaches(&w, "a2", "prod", host, MODES_REACH_MS));
	modes_shell(&w, "a2",
		    "ip link add own type veth peer name far && ip link set far up && "
		    "ip link set own up && ip address add 172.21.1.1/24 dev own");
	await_shadow("a2", true);
	modes_await_said(&w, "it is connected to 172.21.1.0/24 (own)", MODES_SETTLE_MS, "machine",
			 "show", "a2", NULL);
	CU_ASSERT(!modes_reaches(&w, "a2", NULL, host, MODES_BARRED_MS));
	modes_shell(&w, "a2", "ip link delete own");
	await_shadow("a2", false);
	CU_ASSERT(modes_reaches(&w, "a2", "prod", host, MODES_REACH_MS));
}

TEST_SUITE_WITH(modes_routers, set_up, tear_down,
		{"a sole announcer is a plain member", a_sole_announcer_is_a_plain_member},
		{"an announced prefix waits for approval", an_announced_prefix_waits_for_approval},
		{"a second approval makes both routers", a_second_approval_makes_both_routers},
		{"the higher priority carries and the other takes over",
		 the_higher_priority_carries_and_the_other_takes_over},
		{"equal priority shares the load", equal_priority_shares_the_load},
		{"withdrawal makes plain members again", withdrawal_makes_plain_members_again},
		{"a network of the machine shadows the prefix",
		 a_network_of_the_machine_shadows_the_prefix});
