/* What a table of packets cannot say: lines that show only when something is broken, taken away or
 * added, what others on a machine do, and what the sender of a packet is told. Each leaves the
 * fleet as it found it. */
#ifndef SKEIN_TEST_NET_BLOCK_CASES_H
#define SKEIN_TEST_NET_BLOCK_CASES_H

#include "test/net/block_world.h"

/* block_faults.c */
void case_session_keeps_to_its_device(struct world *w);
void case_lost_is_unreachable(struct world *w);
void case_rules_hold_without_fences(struct world *w);
void case_no_routing_protocol(struct world *w);
void case_routing_protocol_alone(struct world *w);

/* block_settings.c */
void case_mesh_default_is_last(struct world *w);
void case_settings(struct world *w);
void case_nothing_is_tracked(struct world *w);

/* block_containers.c */
void case_containers_are_answered(struct world *w);
void case_containers_are_not_reached(struct world *w);
void case_containers_are_an_option(struct world *w);

/* block_mtu.c */
void case_mtu_follows_the_cable(struct world *w);
void case_mtu_follows_the_path(struct world *w);

/* block_exits.c */
void case_exit_users_are_there_themselves(struct world *w);
void case_lost_exit_is_not_clear(struct world *w);
void case_exit_without_a_way_out(struct world *w);
void case_exit_or_directly(struct world *w);

/* block_path.c */
void case_full_size_crosses(struct world *w);
void case_too_large_is_told(struct world *w);
void case_trace_shows_hops(struct world *w);

/* block_beside.c */
void case_beside_docker(struct world *w);
void case_exit_beside_docker(struct world *w);
void case_in_the_way_is_named(struct world *w);
void case_asymmetric_beside_filters(struct world *w);
void case_beside_a_route_manager(struct world *w);

#endif
