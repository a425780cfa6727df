/* The templates at work: real routes between real BIRDs, and which of them wins (bird_world.h). */
#include "test/net/bird_world.h"
#include "test/test.h"

static void whole(void)
{
	birds_await_sessions();
	birds_await(A1_A, "show route primary " BIRDS_SHARED " all", "local_pref: 1002009", NULL);
}

static void the_higher_priority_is_used(void)
{
	whole();
	birds_await_kernel(A1_A, BIRDS_SHARED, "via 10.100.0.2 ", "nexthop");
	birds_await_kernel(GW1_A, BIRDS_SHARED, "via 10.100.0.2 ", "nexthop");
	/* own routes stay out of the kernel */
	birds_await_kernel(A2_A, "10.100.0.2/32", NULL, "10.100.0.2");
}

static void what_nobody_approved_is_not_heard(void)
{
	birds_await(A2_A, "show route " BIRDS_FORGED, "s_own", NULL);
	birds_await(A1_A, "show route all", BIRDS_SHARED, BIRDS_FORGED);
	birds_await(GW1_A, "show route all", BIRDS_SHARED, BIRDS_FORGED);
	birds_await(A1_A, "show route filtered", BIRDS_FORGED, NULL);
}

static void another_mesh_is_reached_over_both_gateways(void)
{
	whole();
	birds_await_kernel(A1_A, BIRDS_BEHIND, "nexthop via 10.100.0.11", NULL);
	birds_await_kernel(A1_A, BIRDS_BEHIND, "nexthop via 10.100.0.12", NULL);
	birds_await_kernel(A1_A, BIRDS_BEHIND, "src 10.100.0.1", NULL);
	/* at the gateway: straight to b1, with its address over there */
	birds_await_kernel(GW1_A, BIRDS_BEHIND, "via 10.101.0.1 dev s5", "nexthop");
	birds_await_kernel(GW1_A, BIRDS_BEHIND, "src 10.101.0.11", NULL);
	birds_await_kernel(GW1_A, "10.101.0.0/16", "dev wg1", NULL);
	birds_await_kernel(GW1_A, "10.101.0.1/32", "via 10.101.0.1 dev s5", NULL);
	birds_await_kernel(B1_B, BIRDS_SHARED, "nexthop via 10.101.0.11", NULL);
	birds_await_kernel(B1_B, "10.100.0.0/16", "nexthop via 10.101.0.12", NULL);
	/* single machines of the other mesh are for gateways only */
	birds_await(A1_A, "show route all", "10.101.0.0/16", "10.101.0.1/32");
}

/* The better machine over a gateway comes before the worse one directly; and back. */
static void a_cut_trunk_has_the_gateways_as_spares(void)
{
	whole();
	birds_cut(PROD, A1, A2);
	birds_await(A1_A, "show route primary " BIRDS_SHARED " all", "local_pref: 1002005", NULL);
	birds_await_kernel(A1_A, BIRDS_SHARED, "nexthop via 10.100.0.11", "10.100.0.3");
	birds_await_kernel(A1_A, BIRDS_SHARED, "nexthop via 10.100.0.12", NULL);
	birds_await_kernel(A1_A, "10.100.0.2/32", "nexthop via 10.100.0.11", NULL);
	birds_heal(PROD, A1, A2);
	whole();
	birds_await_kernel(A1_A, BIRDS_SHARED, "via 10.100.0.2 ", "nexthop");
}

/* A gateway that has lost a router goes over its fellow, and does not pretend to its members. */
static void a_fellow_is_a_spare_and_says_so(void)
{
	whole();
	birds_cut(PROD, GW1, A2);
	birds_await(GW1_A, "show route primary " BIRDS_SHARED " all", "local_pref: 1002003", NULL);
	birds_await_kernel(GW1_A, BIRDS_SHARED, "via 10.100.0.12 ", "nexthop");
	birds_await_kernel(GW1_A, "10.100.0.2/32", "via 10.100.0.12 ", "nexthop");
	birds_await(A1_A, "show route " BIRDS_SHARED, "g_12", "g_11");
	birds_await(GW2_A, "show route " BIRDS_SHARED, "m_2", "f_11");
	birds_heal(PROD, GW1, A2);
	whole();
	birds_await(A1_A, "show route " BIRDS_SHARED, "g_11", NULL);
}

/* gw1 loses b1: within prod it goes over gw2, and a1 goes to gw2 in the first place. */
static void a_lost_member_of_the_other_mesh_moves_the_traffic(void)
{
	whole();
	birds_cut(STAGING, GW1, B1);
	birds_await(GW1_A, "show route primary " BIRDS_BEHIND " all", "local_pref: 1001003", NULL);
	birds_await(GW1_A, "show route " BIRDS_BEHIND " all", "local_pref: 1001001", NULL);
	birds_await_kernel(A1_A, BIRDS_BEHIND, "via 10.100.0.12 ", "nexthop");
	birds_heal(STAGING, GW1, B1);
	whole();
	birds_await_kernel(A1_A, BIRDS_BEHIND, "nexthop via 10.100.0.11", NULL);
}

static void drained_comes_last(void)
{
	whole();
	birds_drain(A2_A, true);
	birds_await(A1_A, "show route primary " BIRDS_SHARED " all", "local_pref: 1001009", NULL);
	birds_await(A1_A, "show route " BIRDS_SHARED " all", "local_pref: 2009", NULL);
	birds_await_kernel(A1_A, BIRDS_SHARED, "via 10.100.0.3 ", "nexthop");
	birds_await_kernel(GW1_B, BIRDS_SHARED, "via 10.100.0.3 ", "nexthop");
	birds_drain(A2_A, false);
	whole();
	birds_drain(GW1_A, true);
	birds_await_kernel(A1_A, BIRDS_BEHIND, "via 10.100.0.12 ", "nexthop");
	birds_drain(GW1_A, false);
	birds_await_kernel(A1_A, BIRDS_BEHIND, "nexthop via 10.100.0.11", NULL);
}

static void no_filter_failed_while_running(void)
{
	birds_check_logs();
}

TEST_SUITE_WITH(net_bird_templates, birds_make, birds_end,
		{"the higher priority is used", the_higher_priority_is_used},
		{"what nobody approved is not heard", what_nobody_approved_is_not_heard},
		{"another mesh is reached over both gateways",
		 another_mesh_is_reached_over_both_gateways},
		{"a cut trunk has the gateways as spares", a_cut_trunk_has_the_gateways_as_spares},
		{"a fellow is a spare and says so", a_fellow_is_a_spare_and_says_so},
		{"a lost member of the other mesh moves the traffic",
		 a_lost_member_of_the_other_mesh_moves_the_traffic},
		{"drained comes last", drained_comes_last},
		{"no filter failed while running", no_filter_failed_while_running});
