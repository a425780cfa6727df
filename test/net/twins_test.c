/* Who is who, after a backup was restored and after a machine was copied. */
#include <poll.h>
#include <stdio.h>
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

#define FROZEN "skein machine show tb --json | jq -e .frozen"

/* Something that all have to hear of: their polls come back at once, and they ask again. */
static bool is_frozen_by_now(int number)
{
	char script[128];

	snprintf(script, sizeof(script),
		 "skein machine rename tc tc-%d && skein machine rename tc-%d tc && " FROZEN,
		 number, number);
	return twins_sh(LAB_CONTROLLER, script) == 0;
}

static void await_frozen(void)
{
	struct mono deadline = mono_add_ms(mono_now(), TWINS_MS);
	int number = 0;

	while (!is_frozen_by_now(++number)) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("a copied machine is not frozen after %d changes", number);
			return;
		}
		poll(NULL, 0, 100);
	}
}

/* Its directory is copied to td while it runs, and td started: they have their identity, keys and
 * address in common. */
static void who_is_in_two_places_is_frozen(void)
{
	twins_await("ta", REACH "10.122.0.2");
	/* To be started again and again is nothing. */
	for (int i = 0; i < 4; i++) {
		twins_kill("tb", "skein-agent");
		twins_start("tb");
		CU_ASSERT(!is_frozen_by_now(100 + i));
	}
	CU_ASSERT(twins_sh("td", "skein-agent leave") == 0);
	twins_copy("tb", "td");
	twins_start("td");
	await_frozen();

	/* Its peers have dropped it; it is told why, both of it. */
	twins_await("ta", "! " REACH "10.122.0.2");
	twins_await("ta", REACH "10.122.0.1");
	twins_await("tb", "skein-agent status --json | jq -e .machine.frozen");
	twins_await("td", "skein-agent status | grep -q 'used in another place'");
	CU_ASSERT(twins_sh(LAB_CONTROLLER, "skein machine list | grep '^tb' | grep -q frozen") ==
		  0);
	CU_ASSERT(twins_sh(LAB_CONTROLLER, "skein audit | grep -q machine.freeze") == 0);
	/* The copy cannot leave in its name: that is only done at the copy. */
	CU_ASSERT(twins_sh("td", "skein-agent leave") != 0);
	CU_ASSERT(twins_sh("td", "skein-agent leave --force") == 0);
	CU_ASSERT(twins_sh(LAB_CONTROLLER, FROZEN) == 0);
	json_check_one("skein.v1", "machine unfreeze",
		       twins_text(LAB_CONTROLLER, "skein machine unfreeze tb --json"));
	twins_kill("tb", "skein-agent");
	twins_start("tb");
	twins_await("ta", REACH "10.122.0.2");
	twins_await("tb", "skein-agent status --json | jq -e '.machine.frozen | not'");
	CU_ASSERT(!is_frozen_by_now(200));
}

TEST_SUITE_WITH(net_twins, twins_make, twins_end,
		{"who joined since the backup is unknown, and runs on",
		 who_joined_since_the_backup_is_unknown_and_runs_on},
		{"who is in two places is frozen", who_is_in_two_places_is_frozen});
