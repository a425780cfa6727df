/* An agent's life, on real components: joining, running, mending, starting again, leaving. What the
 * fleet looks like is in agent_world.h. Machines: la is broken and mended, lb has things of others
 * on it and comes and goes, lg and lc are what they talk to. */
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/test.h"

TEST_SUITE_WITH(agent, agents_make, agents_end,
		{"what is others' stays as it is", what_is_others_stays_as_it_is},
		{"a router forwards beside ufw", a_router_forwards_beside_ufw},
		{"keys and sockets are for few", keys_and_sockets_are_for_few},
		{"the status is for people and programs", the_status_is_for_people_and_programs},
		{"an agent at rest is at rest", an_agent_at_rest_is_at_rest},
		{"rounds leave nothing behind", rounds_leave_nothing_behind},
		{"only one agent runs", only_one_agent_runs},
		{"a machine joins once", a_machine_joins_once},
		{"what somebody removes comes back", what_somebody_removes_comes_back},
		{"what nobody tells comes back", what_nobody_tells_comes_back},
		{"an agent that ends loses nothing", an_agent_that_ends_loses_nothing},
		{"a BIRD that is killed loses nothing", a_bird_that_is_killed_loses_nothing},
		{"a BIRD of no membership is ended", a_bird_of_no_membership_is_ended},
		{"a tunnel that is killed is back within seconds",
		 a_tunnel_that_is_killed_is_back_within_seconds},
		{"a session that cannot bind is enabled again",
		 a_session_that_cannot_bind_is_enabled_again},
		{"leaving undoes everything", leaving_undoes_everything},
		{"without joining there is nothing to do", without_joining_there_is_nothing_to_do},
		{"an appliance joins at its first start", an_appliance_joins_at_its_first_start},
		{"a machine that left joins again", a_machine_that_left_joins_again},
		{"a false controller changes nothing", a_false_controller_changes_nothing},
		{"a machine starts without its controller",
		 a_machine_starts_without_its_controller},
		{"damaged state stops nothing that runs", damaged_state_stops_nothing_that_runs},
		{"damaged state is not started from", damaged_state_is_not_started_from},
		{"leaving needs the controller, or force", leaving_needs_the_controller_or_force});
