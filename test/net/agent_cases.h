/* The cases of the suite `agent`, by what they are about; agent_test.c has their order. */
#ifndef SKEIN_TEST_NET_AGENT_CASES_H
#define SKEIN_TEST_NET_AGENT_CASES_H

/* agent_join.c */
void what_is_others_stays_as_it_is(void);
void a_router_forwards_beside_ufw(void);
void keys_and_sockets_are_for_few(void);
void only_one_agent_runs(void);
void a_machine_joins_once(void);
void leaving_undoes_everything(void);
void without_joining_there_is_nothing_to_do(void);
void an_appliance_joins_at_its_first_start(void);
void a_machine_that_left_joins_again(void);
void leaving_needs_the_controller_or_force(void);

/* agent_drift.c */
void what_somebody_removes_comes_back(void);
void what_nobody_tells_comes_back(void);

/* agent_repair.c */
void a_bird_that_is_killed_loses_nothing(void);
void a_bird_of_no_membership_is_ended(void);
void a_session_that_cannot_bind_is_enabled_again(void);
void a_tunnel_that_is_killed_is_back_within_seconds(void);

/* agent_headless.c */
void an_agent_that_ends_loses_nothing(void);

/* agent_false.c */
void a_false_controller_changes_nothing(void);

/* agent_stored.c */
void a_machine_starts_without_its_controller(void);
void damaged_state_stops_nothing_that_runs(void);
void damaged_state_is_not_started_from(void);

/* agent_rest.c */
void the_status_is_for_people_and_programs(void);
void an_agent_at_rest_is_at_rest(void);
void rounds_leave_nothing_behind(void);

#endif
