/* The rule block, the tables and both fences of a fleet, whole: each line with packets that it must
 * pass and packets that it must not. block_world.c draws the fleet, block_table.c has the lines.
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#include "test/net/block_cases.h"
#include "test/net/block_table.h"
#include "test/test.h"

static struct world world;

static int set_up(void)
{
	return block_build(&world);
}

static int tear_down(void)
{
	return block_end(&world);
}

static void each_line_passes_what_it_must(void)
{
	table_check_passing(&world);
}

static void each_line_stops_what_it_must(void)
{
	table_check_barred(&world);
}

static void a_session_keeps_to_its_device(void)
{
	case_session_keeps_to_its_device(&world);
}

static void a_mesh_default_comes_after_the_machines_own_routes(void)
{
	case_mesh_default_is_last(&world);
}

static void settings_are_those_and_no_others(void)
{
	case_settings(&world);
}

static void forwarded_mesh_traffic_is_not_tracked(void)
{
	case_nothing_is_tracked(&world);
}

static void containers_are_answered_as_their_machine(void)
{
	case_containers_are_answered(&world);
}

static void nobody_reaches_a_container_unasked(void)
{
	case_containers_are_not_reached(&world);
}

static void containers_can_be_left_out(void)
{
	case_containers_are_an_option(&world);
}

static void who_goes_out_by_an_exit_is_still_there(void)
{
	case_exit_users_are_there_themselves(&world);
}

static void a_lost_exit_is_not_clear_text(void)
{
	case_lost_exit_is_not_clear(&world);
}

static void a_lost_exit_may_mean_the_direct_way(void)
{
	case_exit_or_directly(&world);
}

static void an_exit_without_a_way_out_is_none(void)
{
	case_exit_without_a_way_out(&world);
}

static void a_full_size_packet_crosses_the_peering(void)
{
	case_full_size_crosses(&world);
}

static void the_mtu_follows_the_cable(void)
{
	case_mtu_follows_the_cable(&world);
}

static void the_mtu_follows_the_path(void)
{
	case_mtu_follows_the_path(&world);
}

static void a_sender_hears_of_a_link_that_is_too_small(void)
{
	case_too_large_is_told(&world);
}

static void a_trace_shows_every_hop(void)
{
	case_trace_shows_hops(&world);
}

static void what_is_lost_is_unreachable_not_in_clear(void)
{
	case_lost_is_unreachable(&world);
}

static void a_router_forwards_beside_docker(void)
{
	case_beside_docker(&world);
}

static void an_exit_leads_out_beside_docker(void)
{
	case_exit_beside_docker(&world);
}

static void what_is_in_the_way_is_named(void)
{
	case_in_the_way_is_named(&world);
}

static void it_goes_one_way_and_back_another_beside_filters(void)
{
	case_asymmetric_beside_filters(&world);
}

static void what_a_route_manager_removes_comes_back(void)
{
	case_beside_a_route_manager(&world);
}

static void rules_hold_without_the_fences(void)
{
	case_rules_hold_without_fences(&world);
}

static void what_has_one_way_needs_no_routing_protocol(void)
{
	case_no_routing_protocol(&world);
}

static void the_routing_protocol_alone_reaches_all(void)
{
	case_routing_protocol_alone(&world);
}

TEST_SUITE_WITH(
	block, set_up, tear_down, {"each line passes what it must", each_line_passes_what_it_must},
	{"each line stops what it must", each_line_stops_what_it_must},
	{"a session keeps to its device", a_session_keeps_to_its_device},
	{"a mesh default comes after the machine's own routes",
	 a_mesh_default_comes_after_the_machines_own_routes},
	{"settings are those and no others", settings_are_those_and_no_others},
	{"forwarded mesh traffic is not tracked", forwarded_mesh_traffic_is_not_tracked},
	{"containers are answered as their machine", containers_are_answered_as_their_machine},
	{"nobody reaches a container unasked", nobody_reaches_a_container_unasked},
	{"containers can be left out", containers_can_be_left_out},
	{"who goes out by an exit is still there", who_goes_out_by_an_exit_is_still_there},
	{"a lost exit is not clear text", a_lost_exit_is_not_clear_text},
	{"a lost exit may mean the direct way", a_lost_exit_may_mean_the_direct_way},
	{"an exit without a way out is none", an_exit_without_a_way_out_is_none},
	{"a full size packet crosses the peering", a_full_size_packet_crosses_the_peering},
	{"the MTU follows the cable", the_mtu_follows_the_cable},
	{"the MTU follows the path", the_mtu_follows_the_path},
	{"a sender hears of a link that is too small", a_sender_hears_of_a_link_that_is_too_small},
	{"a trace shows every hop", a_trace_shows_every_hop},
	{"what is lost is unreachable not in clear", what_is_lost_is_unreachable_not_in_clear},
	{"a router forwards beside Docker", a_router_forwards_beside_docker},
	{"an exit leads out beside Docker", an_exit_leads_out_beside_docker},
	{"what is in the way is named", what_is_in_the_way_is_named},
	{"it goes one way and back another beside filters",
	 it_goes_one_way_and_back_another_beside_filters},
	{"what a route manager removes comes back", what_a_route_manager_removes_comes_back},
	{"rules hold without the fences", rules_hold_without_the_fences},
	{"what has one way needs no routing protocol", what_has_one_way_needs_no_routing_protocol},
	{"the routing protocol alone reaches all", the_routing_protocol_alone_reaches_all});
