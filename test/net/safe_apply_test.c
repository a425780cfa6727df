/* BIRD's configuration changes by a template, for all machines at once: a good one, one that BIRD
 * does not take, one that it takes and that costs a session; and the agent dies, or the machine's
 * power is cut, while one is on trial.
 *
 *	prod 10.146.0.0/16        staging 10.147.0.0/16
 *	a1 ─────────── g1 in both ─────────── b1 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/reboot.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define SOON_MS	  15000
#define UNDONE_MS 60000 /* lost for 15 s, or forgotten for 20; refused for 30 */
#define AGAIN_MS  50

static const char yaml[] = "name: t-safe\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.146.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.147.0.0/16}\n"
			   "machines:\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.146.0.0/16]\n"
			   "    prefixes_b: [10.147.0.0/16]\n";

static const char *const machines[] = {"a1", "b1", "g1"};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))
static struct modes w;

/* ---- what the controller gives out ---- */

static void reload_controller(void)
{
	process_vec found = {0};
	struct place p;

	lab_place(&w.lab, LAB_CONTROLLER, &p);
	process_find(&p, "skein-controller", &found);
	TEST_NUMBER(found.n, 1);
	for (size_t i = 0; i < found.n; i++)
		CU_ASSERT(process_signal(&found.at[i], SIGHUP));
	vec_free(&found);
}

/* member.conf, edited by sed; "" as it was installed. */
static void publish(const char *edit)
{
	static const char script[] =
		"of=$(sed -n 's/^templates = //p' /etc/skein/controller.conf)\n"
		"mkdir -p /etc/skein/bird-templates && rm -f /etc/skein/bird-templates/*\n"
		"test -z '%s' || sed '%s' $of/member.conf > /etc/skein/bird-templates/member.conf\n"
		"echo done";

	TEST_TEXT(modes_shell(&w, LAB_CONTROLLER, arena_printf(&w.arena, script, edit, edit)),
		  "done\n");
	reload_controller();
}

/* ---- what a machine does with it ---- */

/* Until the command succeeds for each of its memberships. */
static bool await(const char *machine, const char *command, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	const char *script = arena_printf(&w.arena,
					  "AGENT=%s; bird() { birdc -s bird.ctl \"$@\"; }\n"
					  "for d in /run/skein/*-*-*-*-*; do\n"
					  "cd $d && { %s; } > /dev/null || exit 1\n"
					  "done\necho yes",
					  lab_program(&w.lab, "skein-agent"), command);

	while (strcmp(modes_shell(&w, machine, script), "yes\n") != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: not within %lld ms: %s", machine, (long long)ms, command);
			return false;
		}
		poll(NULL, 0, AGAIN_MS);
	}
	return true;
}

/* All of them have the words in what BIRD runs from, or have not. */
static void expect_in_place(const char *words, bool there, int64_t ms)
{
	for (size_t i = 0; i < MACHINES; i++)
		await(machines[i],
		      arena_printf(&w.arena, "%s grep -q '%s' templates.conf", there ? "" : "!",
				   words),
		      ms);
}

/* pid of BIRD, and how often it has started a session anew: the same as long as nothing restarts.
 */
static const char *lives(const char *machine)
{
	return modes_shell(&w, machine,
			   "for d in /run/skein/*-*-*-*-*; do cut -d' ' -f1 $d/bird.pid;\n"
			   "grep -c 'Restarting protocol' $d/bird.log\n"
			   "birdc -s $d/bird.ctl show protocols | grep -c Established; done");
}

static void start_agent(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(machine_start_agent(&w.lab, machine, &f), &f);
	await(machine, "$AGENT status", SOON_MS);
}

/* What a fleet tries while it comes up is not what a case has published. */
static int set_up(void)
{
	int code = modes_open(&w, yaml);

	for (size_t i = 0; i < MACHINES && code == 0; i++)
		if (!await(machines[i], "$AGENT status | grep -q 'bird up'", SOON_MS))
			code = ERR_TIMEOUT;
	return code;
}

static int tear_down(void)
{
	return modes_close(&w);
}

/* ---- cases ---- */

static void a_good_change_is_tried_and_confirmed(void)
{
	const char *before[MACHINES];

	for (size_t i = 0; i < MACHINES; i++)
		before[i] = lives(machines[i]);
	CU_ASSERT(strstr(before[0], "\n0\n1\n") != NULL);
	publish("1i function good() { return true; }");
	expect_in_place("function good", true, SOON_MS);
	for (size_t i = 0; i < MACHINES; i++) {
		await(machines[i], "bird configure confirm | grep -q 'Nothing to do'", SOON_MS);
		await(machines[i], "test ! -e next", SOON_MS);
		TEST_TEXT(lives(machines[i]), before[i]);
	}
	CU_ASSERT(modes_settle(&w));
}

static void what_bird_does_not_take_is_not_used(void)
{
	const char *before = lives("a1");
	struct fault f = {0};

	publish("1i function bad() { return tru; }");
	for (size_t i = 0; i < MACHINES; i++)
		await(machines[i],
		      "$AGENT status | grep -q 'refused: BIRD refuses templates.conf:[0-9]*:[0-9]* "
		      "syntax'",
		      SOON_MS);
	modes_await_said(&w, "BIRD refuses templates.conf:", SOON_MS, "machine", "show", "a1",
			 NULL);
	modes_await_said(&w, "BIRD refuses templates.conf:", SOON_MS, "status", NULL);
	expect_in_place("function bad", false, SOON_MS);
	expect_in_place("function good", true, SOON_MS);
	TEST_TEXT(lives("a1"), before);
	/* What is named can be read. */
	await("a1", "grep -q 'function bad' next/templates.conf", SOON_MS);
	/* A machine that is switched off and on comes up from what ran. */
	TEST_STEP(reboot_machine(&w.lab, "a1", &f), &f);
	start_agent("a1");
	await("a1", "bird show protocols | grep 'g_1 .*Established'", SOON_MS);
	await("a1", "$AGENT status | grep 'refused: BIRD runs from the configuration before'",
	      SOON_MS);
	await("a1", "grep 'function good' templates.conf && ! grep 'function bad' templates.conf",
	      SOON_MS);
	publish("");
	expect_in_place("function good", false, SOON_MS);
	CU_ASSERT(modes_settle(&w)); /* no error is left */
	await("a1", "! $AGENT status | grep -q refused", SOON_MS);
}

/* A machine's agent, in the moment in which its BIRD tries something. */
static void kill_agent_in_trial(const char *machine)
{
	process_vec found = {0};
	struct place p;

	lab_place(&w.lab, machine, &p);
	process_find(&p, "skein-agent", &found);
	TEST_MUST(found.n == 1);
	await(machine,
	      arena_printf(&w.arena,
			   "until $AGENT status | grep \"bird trying\"; do :; done; kill -9 %d",
			   (int)found.at[0].pid),
	      SOON_MS);
	CU_ASSERT(process_await_end(&found.at[0], mono_add_ms(mono_now(), SOON_MS)));
	vec_free(&found);
}

/* An agent that died while a change was on trial, one that makes sessions start anew: the next one
 * tries it again. */
static void an_agent_that_dies_meanwhile_is_followed_by_one_that_goes_on(void)
{
	publish("/^template bgp t_gateway/a hold time 31;");
	kill_agent_in_trial("a1");
	await("a1", "grep -q 'time 31' next/templates.conf && ! grep -q 'time 31' templates.conf",
	      SOON_MS);
	start_agent("a1");
	await("a1", "grep -q 'time 31' templates.conf", SOON_MS);
	await("b1", "grep -q 'time 31' templates.conf", SOON_MS);
	await("a1", "bird configure confirm | grep -q 'Nothing to do'", SOON_MS);
	CU_ASSERT(modes_settle(&w));
}

/* It parses, and each plain member's gateway is of a wrong AS. */
#define WRONG "/^template bgp t_gateway/a neighbor as 4200009999;"

static void expect_none_of_it(void)
{
	struct address b1 = modes_address(&w, "b1", "staging");

	expect_in_place("4200009999", false, SOON_MS);
	CU_ASSERT(modes_settle(&w));
	for (size_t i = 0; i < MACHINES; i++)
		await(machines[i],
		      "bird configure confirm | grep 'Nothing to do' && "
		      "! $AGENT status | grep refused",
		      SOON_MS);
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &b1, MODES_REACH_MS));
}

static void what_costs_a_session_is_undone(void)
{
	publish(WRONG);
	modes_await_said(&w, "BIRD lost g_2 with g1", UNDONE_MS, "machine", "show", "b1", NULL);
	await("a1", "$AGENT status | grep 'refused: .*g_1 with g1 (.*AS'", SOON_MS);
	await("a1", "bird show protocols | grep 'g_1 .*Established'", SOON_MS);
	await("b1", "bird show protocols | grep 'g_2 .*Established'", SOON_MS);
	await("a1", "! grep 4200009999 templates.conf && grep 4200009999 next/templates.conf",
	      SOON_MS);
	await("a1", "! grep 'Config timeout expired' bird.log", SOON_MS);
	publish("");
	expect_none_of_it();
}

static void a_power_cut_in_a_trial_leads_back_to_what_worked(void)
{
	struct fault f = {0};

	publish(WRONG);
	kill_agent_in_trial("a1");
	TEST_STEP(reboot_machine(&w.lab, "a1", &f), &f);
	start_agent("a1");
	await("a1", "bird show protocols | grep 'g_1 .*Established'", SOON_MS);
	await("a1", "! grep 4200009999 templates.conf", SOON_MS);
	await("a1", "$AGENT status | grep 'refused: BIRD runs from the configuration before'",
	      SOON_MS);
	publish("");
	expect_none_of_it();
}

static void bird_undoes_it_by_itself(void)
{
	publish(WRONG);
	kill_agent_in_trial("a1");
	await("a1", "grep 'Config timeout expired' bird.log", UNDONE_MS);
	await("a1", "bird show protocols | grep 'g_1 .*Established'", SOON_MS);
	/* The next one tries it, and undoes it. */
	start_agent("a1");
	await("a1", "$AGENT status | grep 'refused: .*g_1 with g1 (.*AS'", UNDONE_MS);
	publish("");
	expect_none_of_it();
}

/* A good change, and a gateway that is gone in the same moment: refused, and taken when nobody
 * misses that one any more. */
static void who_dies_meanwhile_is_not_missed_for_ever(void)
{
	struct fault f = {0};

	publish("/^template bgp t_gateway/a hold time 33;");
	await("a1", "$AGENT status | grep 'bird trying'", SOON_MS);
	TEST_STEP(outage_cause(&w.lab, "g1", "link", &f), &f);
	await("a1", "$AGENT status | grep 'refused: .*g_1 with g1'", UNDONE_MS);
	await("a1", "! grep 'time 33' templates.conf", SOON_MS);
	await("a1", "grep 'time 33' templates.conf && ! $AGENT status | grep refused", UNDONE_MS);
	TEST_STEP(outage_end(&w.lab, "g1", &f), &f);
	await("a1", "bird show protocols | grep 'g_1 .*Established'", UNDONE_MS);
	publish("");
	expect_in_place("time 33", false, UNDONE_MS);
	expect_none_of_it();
}

TEST_SUITE_WITH(safe_apply, set_up, tear_down,
		{"a good change is tried and confirmed", a_good_change_is_tried_and_confirmed},
		{"what BIRD does not take is not used", what_bird_does_not_take_is_not_used},
		{"an agent that dies meanwhile is followed by one that goes on",
		 an_agent_that_dies_meanwhile_is_followed_by_one_that_goes_on},
		{"what costs a session is undone", what_costs_a_session_is_undone},
		{"a power cut in a trial leads back to what worked",
		 a_power_cut_in_a_trial_leads_back_to_what_worked});

/* What takes BIRD's own time to be undone. */
TEST_SUITE_LONG(trials, set_up, tear_down, {"BIRD undoes it by itself", bird_undoes_it_by_itself},
		{"who dies meanwhile is not missed for ever",
		 who_dies_meanwhile_is_not_missed_for_ever});
