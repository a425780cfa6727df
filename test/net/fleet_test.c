/* A fleet, from nothing to a failover, in the order of an operator's first day: each case builds on
 * what the ones before have made. fleet_world.h draws it. */
#include "test/net/fleet_world.h"

#include <string.h>

#include "lab/failover.h"
#include "lab/fleet.h"
#include "lab/forged.h"
#include "lab/outage.h"
#include "lab/reach.h"
#include "lab/session.h"
#include "lib/net/link.h"
#include "test/net/settings.h"
#include "test/test.h"

#define BARRED_MS 1000

static void machines_join_and_get_addresses_in_order(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_join_machines(fleets_lab(), &f), &f);
	fleets_refresh();
	TEST_TEXT(fleets_address_text("a1", "prod"), "10.110.0.1");
	TEST_TEXT(fleets_address_text("a2", "prod"), "10.110.0.2");
	TEST_TEXT(fleets_address_text("g1", "prod"), "10.110.0.4");
	TEST_TEXT(fleets_address_text("g2", "prod"), "10.110.0.5");
	TEST_TEXT(fleets_address_text("b1", "staging"), "10.111.0.1");
	TEST_TEXT(fleets_address_text("b2", "staging"), "10.111.0.2");
}

static void members_of_a_mesh_reach_each_other(void)
{
	CU_ASSERT(fleets_reach("a1", "prod", "a2", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("a2", "prod", "a1", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("a1", "prod", "g1", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "b2", "staging", fleets_pace()->settle_ms));
	CU_ASSERT(!fleets_reach("a1", "prod", "b1", "staging", BARRED_MS));
}

static void a_prefix_is_reached_once_approved(void)
{
	struct fault f = {0};

	CU_ASSERT(!fleets_reach_address("b1", "staging", fleets_host("yard"), BARRED_MS));
	TEST_STEP(fleet_approve_prefixes(fleets_lab(), &f), &f);
	CU_ASSERT(fleets_reach_address("b1", "staging", fleets_host("yard"),
				       fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach_address("b1", "staging", fleets_host("shed"),
				       fleets_pace()->reach_ms));
}

static void nothing_crosses_without_a_peering(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_enable_gateways(fleets_lab(), &f), &f);
	TEST_STEP(fleet_await_members(fleets_lab(), fleets_settle(), &f), &f);
	fleets_refresh();
	/* The gateways are there, in both meshes. */
	CU_ASSERT(fleets_reach("a1", "prod", "g1", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "g1", "staging", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "g2", "staging", fleets_pace()->settle_ms));
	CU_ASSERT(!fleets_reach("a1", "prod", "b1", "staging", BARRED_MS));
	CU_ASSERT(!fleets_reach("b1", "staging", "a1", "prod", BARRED_MS));
	CU_ASSERT(!fleets_reach("a1", "prod", "g1", "staging", BARRED_MS));
	CU_ASSERT(!fleets_reach_address("a1", "prod", fleets_host("yard"), BARRED_MS));
}

static void a_peering_lets_through_what_it_names(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_create_peerings(fleets_lab(), &f), &f);
	TEST_STEP(session_await_all(fleets_lab(), fleets_settle(), &f), &f);
	CU_ASSERT(fleets_reach("a1", "prod", "b1", "staging", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "a1", "prod", fleets_pace()->reach_ms));
	CU_ASSERT(fleets_reach("a2", "prod", "b2", "staging", fleets_pace()->reach_ms));
	CU_ASSERT(fleets_reach_address("a1", "prod", fleets_host("yard"), fleets_pace()->reach_ms));
	CU_ASSERT(!fleets_reach_address("a1", "prod", fleets_host("shed"), BARRED_MS));
	CU_ASSERT(fleets_reach_address("b1", "staging", fleets_host("shed"),
				       fleets_pace()->reach_ms));
}

static int open_netlink(void *context)
{
	return netlink_open(NETLINK_ROUTE, context, NULL);
}

/* A machine's tunnels, all of which must be of that kind. */
static size_t count_tunnels(const struct place *p, const char *kind)
{
	struct netlink *n = NULL;
	link_vec links = {0};
	struct fault f = {0};
	size_t count = 0;
	int code = netns_inside(p->net, open_netlink, &n, &f);

	if (code == 0)
		code = link_list(n, &links, &f);
	TEST_STEP(code, &f);
	for (size_t i = 0; i < links.n; i++) {
		const struct link *l = &links.at[i];

		if (strncmp(l->name, "wg", 2) != 0)
			continue;
		count++;
		if (strcmp(l->kind, kind) != 0)
			TEST_FAIL("%s: %s is of kind '%s', not '%s'", p->hostname, l->name, l->kind,
				  kind);
	}
	vec_free(&links);
	netlink_close(n);
	return count;
}

/* The kernel's where it has them, with no process beside; else each is a wireguard-go's. */
static void tunnels_are_whose_they_should_be(void)
{
	const char *kind = settings_kernel_wireguard() ? "wireguard" : "tun";

	for (size_t i = 0; i < fleets_lab()->file.machines.n; i++) {
		const struct lab_machine *m = fleets_lab()->file.machines.at;
		process_vec serving = {0};
		struct place p;
		size_t tunnels;

		lab_place(fleets_lab(), m[i].name, &p);
		tunnels = count_tunnels(&p, kind);
		process_find(&p, "wireguard-go", &serving);
		CU_ASSERT(tunnels > 0);
		TEST_NUMBER(serving.n, settings_kernel_wireguard() ? 0 : tunnels);
		vec_free(&serving);
	}
}

static void sessions_between_meshes_have_two_as_numbers(void)
{
	session_vec sessions = {0};
	unsigned external = 0;

	session_list_all(fleets_lab(), fleets_members(), &fleets_lab()->arena, &sessions);
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
	const struct address a1 = fleets_address("a1", "prod");
	const struct operator_member *hop;
	struct reach_hop hops[REACH_HOPS_MAX];
	struct fault f = {0};
	struct place p;
	int n;

	lab_place(fleets_lab(), "a1", &p);
	n = reach_trace(&p, &a1, fleets_host("yard"), hops, &f);
	TEST_NUMBER(n, 3);
	if (n != 3)
		return;
	hop = operator_find_address(fleets_members(), &hops[0].address);
	CU_ASSERT(hop != NULL && hop->machine[0] == 'g');
	hop = operator_find_address(fleets_members(), &hops[1].address);
	TEST_TEXT(hop != NULL ? hop->machine : "nobody", "b2");
	CU_ASSERT(hops[2].arrived);
}

/* Its devices are gone, with all that hung on them: the agent makes them anew. */
static void tunnels_that_die_are_made_anew(void)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(fleets_lab(), "g1", "wg", &f), &f);
	TEST_STEP(session_await_all(fleets_lab(), fleets_settle(), &f), &f);
	CU_ASSERT(fleets_reach("a1", "prod", "g1", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("a1", "prod", "b1", "staging", fleets_pace()->reach_ms));
}

static void a_gateway_is_lost_and_comes_back(void)
{
	const struct failover_plan plan = {.flows = fleets_crossing(fleets_pace()->flows),
					   .gateway = "g1"};
	struct failover_result r;
	struct fault f = {0};
	int code;

	code = failover_measure(fleets_lab(), &plan, &r, &f);
	TEST_STEP(code, &f);
	if (code != 0)
		return;
	printf("failover: %lld ms, %.0f of %u flows carried, %u lost packets; return: %llu lost; "
	       "%u attempts, %s\n",
	       (long long)r.outage_ms, r.carried, 2 * fleets_pace()->flows, r.flows_hit,
	       (unsigned long long)r.return_lost, r.attempts,
	       r.conclusive ? "conclusive" : "the computer stalled");
	CU_ASSERT(r.carried >= 1.0);
	CU_ASSERT(r.outage_ms <= fleets_pace()->bar_ms);
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

	TEST_STEP(forged_run(fleets_lab(), fleets_members(), &plan, &r, &f), &f);
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
	TEST_STEP(session_await_all(fleets_lab(), fleets_settle(), &f), &f);
}

static void a_second_membership_needs_nothing_on_the_machine(void)
{
	static const char *const add[] = {"membership", "add", "a2", "staging", NULL};
	struct fault f = {0};

	TEST_STEP(operator_skein(fleets_lab(), add, NULL, NULL, &f), &f);
	TEST_STEP(fleet_await_members(fleets_lab(), fleets_settle(), &f), &f);
	fleets_refresh();
	TEST_TEXT(fleets_address_text("a2", "staging"), "10.111.0.5");
	CU_ASSERT(fleets_reach("a2", "staging", "b1", "staging", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "a2", "staging", fleets_pace()->reach_ms));
	CU_ASSERT(fleets_reach("a2", "prod", "a1", "prod", fleets_pace()->settle_ms));
}

static void the_fleet_lives_on_without_its_controller(void)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(fleets_lab(), LAB_CONTROLLER, "all", &f), &f);
	/* A machine starts anew, from the last state that it verified. */
	TEST_STEP(outage_cause(fleets_lab(), "a1", "all", &f), &f);
	CU_ASSERT(!fleets_reach("b1", "staging", "a1", "prod", BARRED_MS));
	TEST_STEP(outage_end(fleets_lab(), "a1", &f), &f);
	CU_ASSERT(fleets_reach("a1", "prod", "a2", "prod", fleets_pace()->settle_ms));
	CU_ASSERT(fleets_reach("b1", "staging", "a1", "prod", fleets_pace()->settle_ms));
}

TEST_SUITE_WITH(fleet, fleets_make, fleets_end,
		{"machines join and get addresses in order",
		 machines_join_and_get_addresses_in_order},
		{"members of a mesh reach each other", members_of_a_mesh_reach_each_other},
		{"a prefix is reached once approved", a_prefix_is_reached_once_approved},
		{"nothing crosses without a peering", nothing_crosses_without_a_peering},
		{"a peering lets through what it names", a_peering_lets_through_what_it_names},
		{"tunnels are whose they should be", tunnels_are_whose_they_should_be},
		{"sessions between meshes have two AS numbers",
		 sessions_between_meshes_have_two_as_numbers},
		{"a machine is asked through the controller", fleets_machine_is_asked},
		{"a packet crosses one gateway", a_packet_crosses_one_gateway},
		{"a gateway is lost and comes back", a_gateway_is_lost_and_comes_back},
		{"tunnels that die are made anew", tunnels_that_die_are_made_anew},
		{"forged packets get nowhere", forged_packets_get_nowhere},
		{"a second membership needs nothing on the machine",
		 a_second_membership_needs_nothing_on_the_machine},
		{"the fleet lives on without its controller",
		 the_fleet_lives_on_without_its_controller});
