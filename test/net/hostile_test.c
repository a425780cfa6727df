/* What an attacker can do who has a member of the fleet, or a place on its underlay: nothing.
 * hostile_world.h has the drawing; hostile_packets.c forged packets, hostile_bgp.c forged routes,
 * hostile_speaker.c what is no BGP, and too much of it, hostile_secrets.c, hostile_report.c and
 * hostile_machine.c what lies about on the machines themselves.
 *
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#include "test/net/hostile_world.h"
#include "test/test.h"

TEST_SUITE_WITH(hostile, hostile_set_up, hostile_tear_down,
		{"secrets stay where they are", hostile_secrets_stay_where_they_are},
		{"reports have no secret", hostile_reports_have_no_secret},
		{"files are not for others", hostile_files_are_not_for_others},
		{"a log stays short", hostile_log_stays_short},
		{"the control socket is not for others", hostile_socket_is_not_for_others},
		{"a user is no BIRD", hostile_user_is_no_bird},
		{"packets are dropped and counted", hostile_packets_are_dropped_and_counted},
		{"status shows what was dropped", hostile_status_shows_what_was_dropped},
		{"routes take no effect", hostile_routes_take_no_effect},
		{"a flood ends its own session only", hostile_flood_ends_its_own_session_only},
		{"nonsense ends its own session only", hostile_nonsense_ends_its_own_session_only},
		{"updates in masses are borne", hostile_updates_in_masses_are_borne},
		{"flapping is borne", hostile_flapping_is_borne});

TEST_SUITE_LONG(hostile_full, hostile_set_up_full, hostile_tear_down,
		{"routes take no effect", hostile_routes_take_no_effect},
		{"a flood ends its own session only", hostile_flood_ends_its_own_session_only},
		{"a flood is forgiven", hostile_flood_is_forgiven},
		{"nonsense ends its own session only", hostile_nonsense_ends_its_own_session_only},
		{"updates in masses are borne", hostile_updates_in_masses_are_borne},
		{"flapping is borne", hostile_flapping_is_borne});
