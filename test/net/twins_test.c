/* Who is who, after a backup was restored and after a machine was copied. */
#include <string.h>

#include "test/net/json_check.h"
#include "test/net/twins_world.h"
#include "test/test.h"

#define REACH "ping -c 1 -W 1 "

/* Joins while the backup is old; when it is restored, the machine is there and nobody knows it. */
static void who_joined_since_the_backup_is_unknown_and_runs_on(void)
{
	twins_join("ta");
	twins_join("tb");
	twins_await("ta", REACH "10.122.0.2");
	CU_ASSERT(twins_sh(LAB_CONTROLLER, "skein-controller backup /run/backup") == 0);
	twins_join("tc");
	twins_await("tc", REACH "10.122.0.1");
	twins_kill(LAB_CONTROLLER, "skein-controller");
	CU_ASSERT(twins_sh(LAB_CONTROLLER, "skein-controller restore /run/backup") != 0);
	CU_ASSERT(twins_sh(LAB_CONTROLLER, "skein-controller restore --force /run/backup") == 0);
	twins_start_controller();

	twins_await(LAB_CONTROLLER, "skein machine unknown --json | grep -q '\"10.122.0.3\"'");
	json_check_one("skein.v1", "machine unknown",
		       twins_text(LAB_CONTROLLER, "skein machine unknown --json"));
	TEST_TEXT(twins_text(LAB_CONTROLLER,
			     "skein machine unknown --json | jq -r '.items[] | .name'"),
		  "tc");
	/* Those of before have the new state, and reach one another. */
	twins_await(LAB_CONTROLLER, "skein membership list --json | jq -e '[.items[].current] == "
				    "[true, true]'");
	twins_await("ta", REACH "10.122.0.2");
	/* The one runs on, with its device and its address, and says what is the matter. */
	twins_await("tc", "skein-agent status | grep -q 'does not know this machine'");
	CU_ASSERT(twins_sh("tc", "ip -4 addr show | grep -q 10.122.0.3") == 0);
	/* Its address is its own: one who joins gets another. */
	twins_join("td");
	CU_ASSERT(twins_sh("td", "ip -4 addr show | grep -q 10.122.0.3") != 0);
	twins_await("td", REACH "10.122.0.1");
	/* It joins again, and its old address is given back. */
	CU_ASSERT(twins_sh("tc", "skein-agent leave --force") == 0);
	twins_join("tc");
	twins_await("tc", REACH "10.122.0.1");
	CU_ASSERT(twins_sh(LAB_CONTROLLER,
			   "skein machine forget $(skein machine unknown --json | jq -r "
			   "'.items[0].id')") == 0);
	TEST_TEXT(twins_text(LAB_CONTROLLER, "skein machine unknown --json | jq '.items | length'"),
		  "0");
}

TEST_SUITE_WITH(net_twins, twins_make, twins_end,
		{"who joined since the backup is unknown, and runs on",
		 who_joined_since_the_backup_is_unknown_and_runs_on});
