/* A fleet, from nothing to a failover, in the order of an operator's first day. One lab for all
 * cases: each builds on what the ones before have made.
 *
 *	prod 10.110.0.0/16                      staging 10.111.0.0/16
 *	a1  a2  a3    g1 and g2 in both         b1   b2 ── yard 172.20.21.10
 *	                                              └─── shed 172.20.22.10
 *
 * The peering shows prod and staging to each other, and the yard; never the shed.
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#include <string.h>

#include "lab/failover.h"
#include "lab/fleet.h"
#include "lab/forged.h"
#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/reach.h"
#include "lab/session.h"
#include "lab/underlay.h"
#include "test/test.h"

#define SETTLE_MS 30000
#define REACH_MS  15000
#define BARRED_MS 1000
#define BAR_MS	  1000
#define FLOWS	  16U

static const char yaml[] = "name: t-fleet\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.110.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.111.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: a3, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "  - {name: b2, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: b2, mesh: staging, prefix: 172.20.21.0/24}\n"
			   "  - {machine: b2, mesh: staging, prefix: 172.20.22.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.110.0.0/16]\n"
			   "    prefixes_b: [10.111.0.0/16, 172.20.21.0/24]\n"
			   "networks:\n"
			   "  - {name: yard, prefix: 172.20.21.0/24, behind: b2}\n"
			   "  - {name: shed, prefix: 172.20.22.0/24, behind: b2}\n";

static struct lab lab;
static struct arena arena;
static operator_member_vec members;

static struct mono settle(void)
{
	return mono_add_ms(mono_now(), SETTLE_MS);
}

static int set_up(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay, fleet_start_controller, NULL};

	arena_init(&arena);
	return fleet_begin(&lab, yaml, steps);
}

static int tear_down(void)
{
	vec_free(&members);
	arena_fini(&arena);
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}

static void refresh(void)
{
	struct fault f = {0};

	members.n = 0;
	if (operator_members(&lab, &arena, &members, &f) != 0)
		TEST_FAIL("%s", f.text);
}

static const char *address_of(const char *machine, const char *mesh)
{
	static char text[ADDRESS_TEXT_MAX];
	const struct operator_member *m = operator_find_member(&members, machine, mesh);

	return m != NULL ? address_format(&m->address, text) : "none";
}

/* Whether `from` reaches an address, speaking from its own in `mesh` (NULL: as it chooses). */
static bool reaches_address(const char *from, const char *mesh, const struct address *to,
			    int64_t ms)
{
	const struct operator_member *m = operator_find_member(&members, from, mesh);
	struct reach pair = {.to = *to};
	struct fault f = {0};
	struct place p;

	lab_place(&lab, from, &p);
	pair.at = &p;
	if (m != NULL)
		pair.from = m->address;
	return reach_check(&pair, 1, ms, &f) == 1;
}

static bool reaches(const char *from, const char *from_mesh, const char *to, const char *to_mesh,
		    int64_t ms)
{
	const struct operator_member *m = operator_find_member(&members, to, to_mesh);

	return m != NULL && reaches_address(from, from_mesh, &m->address, ms);
}

static const struct address *host(const char *name)
{
	return &lab_file_network(&lab.file, name)->host;
}

/* Its address, or none: a case fails then, the runner does not. */
static struct address mesh_address(const char *machine, const char *mesh)
{
	const struct operator_member *m = operator_find_member(&members, machine, mesh);

	return m != NULL ? m->address : (struct address){0};
}

static void machines_join_and_get_addresses_in_order(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_join_machines(&lab, &f), &f);
	refresh();
	TEST_TEXT(address_of("a1", "prod"), "10.110.0.1");
	TEST_TEXT(address_of("a2", "prod"), "10.110.0.2");
	TEST_TEXT(address_of("g1", "prod"), "10.110.0.4");
	TEST_TEXT(address_of("g2", "prod"), "10.110.0.5");
	TEST_TEXT(address_of("b1", "staging"), "10.111.0.1");
	TEST_TEXT(address_of("b2", "staging"), "10.111.0.2");
}

static void members_of_a_mesh_reach_each_other(void)
{
	CU_ASSERT(reaches("a1", "prod", "a2", "prod", SETTLE_MS));
	CU_ASSERT(reaches("a2", "prod", "a1", "prod", SETTLE_MS));
	CU_ASSERT(reaches("a1", "prod", "g1", "prod", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "b2", "staging", SETTLE_MS));
	CU_ASSERT(!reaches("a1", "prod", "b1", "staging", BARRED_MS));
}

static void a_prefix_is_reached_once_approved(void)
{
	struct fault f = {0};

	CU_ASSERT(!reaches_address("b1", "staging", host("yard"), BARRED_MS));
	TEST_STEP(fleet_approve_prefixes(&lab, &f), &f);
	CU_ASSERT(reaches_address("b1", "staging", host("yard"), SETTLE_MS));
	CU_ASSERT(reaches_address("b1", "staging", host("shed"), REACH_MS));
}

static void nothing_crosses_without_a_peering(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_enable_gateways(&lab, &f), &f);
	TEST_STEP(fleet_await_members(&lab, settle(), &f), &f);
	refresh();
	/* The gateways are there, in both meshes. */
	CU_ASSERT(reaches("a1", "prod", "g1", "prod", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "g1", "staging", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "g2", "staging", SETTLE_MS));
	CU_ASSERT(!reaches("a1", "prod", "b1", "staging", BARRED_MS));
	CU_ASSERT(!reaches("b1", "staging", "a1", "prod", BARRED_MS));
	CU_ASSERT(!reaches("a1", "prod", "g1", "staging", BARRED_MS));
	CU_ASSERT(!reaches_address("a1", "prod", host("yard"), BARRED_MS));
}

static void a_peering_lets_through_what_it_names(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_create_peerings(&lab, &f), &f);
	TEST_STEP(session_await_all(&lab, settle(), &f), &f);
	CU_ASSERT(reaches("a1", "prod", "b1", "staging", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "a1", "prod", REACH_MS));
	CU_ASSERT(reaches("a2", "prod", "b2", "staging", REACH_MS));
	CU_ASSERT(reaches_address("a1", "prod", host("yard"), REACH_MS));
	CU_ASSERT(!reaches_address("a1", "prod", host("shed"), BARRED_MS));
	CU_ASSERT(reaches_address("b1", "staging", host("shed"), REACH_MS));
}

static void sessions_between_meshes_have_two_as_numbers(void)
{
	session_vec sessions = {0};
	unsigned external = 0;

	session_list_all(&lab, &members, &arena, &sessions);
	for (size_t i = 0; i < sessions.n; i++) {
		const struct session *s = &sessions.at[i];

		if (!session_is_external(s))
			continue;
		external++;
		CU_ASSERT(session_is_established(s));
		CU_ASSERT(s->local_as >= 4200000001 && s->neighbour_as >= 4200000001);
	}
	TEST_NUMBER(external, 4);
	TEST_NUMBER(session_count_external(&sessions), 2);
	vec_free(&sessions);
}

static void a_packet_crosses_one_gateway(void)
{
	const struct address a1 = mesh_address("a1", "prod");
	const struct operator_member *hop;
	struct reach_hop hops[REACH_HOPS_MAX];
	struct fault f = {0};
	struct place p;
	int n;

	lab_place(&lab, "a1", &p);
	n = reach_trace(&p, &a1, host("yard"), hops, &f);
	TEST_NUMBER(n, 3);
	if (n != 3)
		return;
	hop = operator_find_address(&members, &hops[0].address);
	CU_ASSERT(hop != NULL && hop->machine[0] == 'g');
	hop = operator_find_address(&members, &hops[1].address);
	TEST_TEXT(hop != NULL ? hop->machine : "nobody", "b2");
	CU_ASSERT(hops[2].arrived);
}

/* a1 and b1, across the meshes. */
static struct measure_plan crossing(unsigned flows)
{
	return (struct measure_plan){
		.machines = {"a1", "b1"},
		.addresses = {mesh_address("a1", "prod"), mesh_address("b1", "staging")},
		.flows = flows};
}

/* Flows across the meshes while something breaks that must not matter; again where the computer
 * stalled. */
static void loses_nothing(const char *machine, const char *kind)
{
	struct measured figures = {0};
	struct fault f = {0};
	int code = 0;

	for (int i = 0; i < MEASURE_ATTEMPTS && !figures.steady && code == 0; i++) {
		const struct measure_plan plan = crossing(8);
		struct measurement m = {0};
		bool overloaded = false;

		code = measure_start(&lab, &plan, &m, &f);
		if (code == 0)
			code = measure_watch(&m, 300, &f);
		if (code == 0) {
			overloaded = measure_is_overloaded(&m, &plan);
			code = outage_cause(&lab, machine, kind, &f);
		}
		if (code == 0)
			code = measure_watch(&m, 2000, &f);
		if (code == 0)
			code = outage_end(&lab, machine, &f);
		if (code == 0)
			code = measure_watch(&m, 1000, &f);
		if (code == 0)
			code = measure_stop(&m, &figures, &f);
		figures.steady = figures.steady && !overloaded;
		measure_abandon(&m);
		if (code == 0)
			code = session_await_all(&lab, settle(), &f);
	}
	TEST_STEP(code, &f);
	CU_ASSERT(figures.mesh.ways[0].sent > 0);
	if (probe_lost(&figures.mesh) > 0)
		TEST_FAIL("%s of %s: %llu packets lost, %lld ms at worst", kind, machine,
			  (unsigned long long)probe_lost(&figures.mesh),
			  (long long)probe_worst_gap(&figures.mesh));
}

static void a_bird_that_dies_is_not_missed(void)
{
	loses_nothing("g1", "bird");
	loses_nothing("a1", "bird");
}

static void an_agent_that_dies_is_not_missed(void)
{
	loses_nothing("g1", "agent");
}

/* Its devices are gone, with all that hung on them: the agent makes them anew. */
static void tunnels_that_die_are_made_anew(void)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&lab, "g1", "wg", &f), &f);
	TEST_STEP(session_await_all(&lab, settle(), &f), &f);
	CU_ASSERT(reaches("a1", "prod", "g1", "prod", SETTLE_MS));
	CU_ASSERT(reaches("a1", "prod", "b1", "staging", REACH_MS));
}

static void a_gateway_is_lost_and_comes_back(void)
{
	const struct failover_plan plan = {.flows = crossing(FLOWS), .gateway = "g1"};
	struct failover_result r;
	struct fault f = {0};
	int code;

	code = failover_measure(&lab, &plan, &r, &f);
	TEST_STEP(code, &f);
	if (code != 0)
		return;
	printf("failover: %lld ms, %.0f of %u flows carried, %u lost packets; return: %llu lost; "
	       "%u attempts, %s\n",
	       (long long)r.outage_ms, r.carried, 2U * FLOWS, r.flows_hit,
	       (unsigned long long)r.return_lost, r.attempts,
	       r.conclusive ? "conclusive" : "the computer stalled");
	CU_ASSERT(r.carried >= 1.0);
	CU_ASSERT(r.outage_ms <= BAR_MS);
	CU_ASSERT(r.returned);
	TEST_NUMBER(r.return_lost, 0);
}

static void forged_packets_get_nowhere(void)
{
	const struct forged_plan plan = {.attacker = "a3",
					 .neighbour = "a2",
					 .victim = "a1",
					 .target = "b1",
					 .gateway = "g1",
					 .meshes = {"prod", "staging"},
					 .host = "yard"};
	struct forged_result r;
	struct fault f = {0};

	TEST_STEP(forged_run(&lab, &members, &plan, &r, &f), &f);
	CU_ASSERT(r.control_arrived);
	TEST_NUMBER(r.through, 0);
	for (size_t i = 0; i < r.nkinds; i++) {
		const struct forged_kind *k = &r.kinds[i];

		if (k->guard + k->fence + k->wireguard != k->sent)
			TEST_FAIL("%s: %llu sent, counted: guard %llu, fence %llu, WireGuard %llu",
				  k->what, (unsigned long long)k->sent,
				  (unsigned long long)k->guard, (unsigned long long)k->fence,
				  (unsigned long long)k->wireguard);
	}
	TEST_STEP(session_await_all(&lab, settle(), &f), &f);
}

static void a_second_membership_needs_nothing_on_the_machine(void)
{
	static const char *const add[] = {"membership", "add", "a2", "staging", NULL};
	struct fault f = {0};

	TEST_STEP(operator_skein(&lab, add, NULL, NULL, &f), &f);
	TEST_STEP(fleet_await_members(&lab, settle(), &f), &f);
	refresh();
	TEST_TEXT(address_of("a2", "staging"), "10.111.0.5");
	CU_ASSERT(reaches("a2", "staging", "b1", "staging", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "a2", "staging", REACH_MS));
	CU_ASSERT(reaches("a2", "prod", "a1", "prod", SETTLE_MS));
}

static void the_fleet_lives_on_without_its_controller(void)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&lab, LAB_CONTROLLER, "all", &f), &f);
	/* A machine starts anew, from the last state that it verified. */
	TEST_STEP(outage_cause(&lab, "a1", "all", &f), &f);
	CU_ASSERT(!reaches("b1", "staging", "a1", "prod", BARRED_MS));
	TEST_STEP(outage_end(&lab, "a1", &f), &f);
	CU_ASSERT(reaches("a1", "prod", "a2", "prod", SETTLE_MS));
	CU_ASSERT(reaches("b1", "staging", "a1", "prod", SETTLE_MS));
}

TEST_SUITE_WITH(fleet, set_up, tear_down,
		{"machines join and get addresses in order",
		 machines_join_and_get_addresses_in_order},
		{"members of a mesh reach each other", members_of_a_mesh_reach_each_other},
		{"a prefix is reached once approved", a_prefix_is_reached_once_approved},
		{"nothing crosses without a peering", nothing_crosses_without_a_peering},
		{"a peering lets through what it names", a_peering_lets_through_what_it_names},
		{"sessions between meshes have two AS numbers",
		 sessions_between_meshes_have_two_as_numbers},
		{"a packet crosses one gateway", a_packet_crosses_one_gateway},
		{"a gateway is lost and comes back", a_gateway_is_lost_and_comes_back},
		{"a BIRD that dies is not missed", a_bird_that_dies_is_not_missed},
		{"an agent that dies is not missed", an_agent_that_dies_is_not_missed},
		{"tunnels that die are made anew", tunnels_that_die_are_made_anew},
		{"forged packets get nowhere", forged_packets_get_nowhere},
		{"a second membership needs nothing on the machine",
		 a_second_membership_needs_nothing_on_the_machine},
		{"the fleet lives on without its controller",
		 the_fleet_lives_on_without_its_controller});
