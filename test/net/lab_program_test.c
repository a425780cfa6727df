/* skein-lab as a program: what it says of labs that are not there, or not whole; its status.
 *
 *	controller     a ── shed (172.20.9.10)    b
 *	     │         │                          │
 *	 ────┴─────────┴──────── underlay ────────┴──
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/child.h"
#include "test/net/json_check.h"
#include "test/net/steps.h"
#include "test/test.h"

#define LAB	    TEST_BUILD "/skein-lab"
#define NAME	    "t-labp"
#define OF	    "--lab " NAME " "
#define SCHEMA	    "skein-lab-status.v1"
#define PATIENCE_MS 20000
#define LOG_MAX	    65536

#define FOLLOW(...) STEPS_FOLLOW(LAB, __VA_ARGS__)

static const char yaml[] = "name: " NAME "\n"
			   "meshes:\n"
			   "  - {name: m, cidr: 10.122.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a, meshes: [m]}\n"
			   "  - {name: b, meshes: [m]}\n"
			   "networks:\n"
			   "  - {name: shed, prefix: 172.20.9.0/24, behind: a}\n";

static char file[200], up[300], bare[300];

static int write_yaml(void)
{
	snprintf(file, sizeof(file), "%s/" NAME ".yaml", test_dir());
	snprintf(up, sizeof(up), "up %s", file);
	snprintf(bare, sizeof(bare), "up --bare %s", file);
	return file_write(file, yaml, sizeof(yaml) - 1, 0644, NULL);
}

/* Whatever a case left of it. */
static int take_down(void)
{
	int status = steps_run(LAB, OF "down", NULL);

	return status == 0 || status == 7 ? 0 : -1;
}

static void expect_status(const char *part)
{
	struct buf said;

	buf_init(&said);
	TEST_NUMBER(steps_run(LAB, OF "status --json", &said), 0);
	json_check_one(SCHEMA, "", buf_text(&said));
	if (strstr(buf_text(&said), part) == NULL)
		TEST_FAIL("want '%s' in: %s", part, buf_text(&said));
	buf_fini(&said);
}

/* `up`, until it has said this; then it is killed. */
static void kill_when_it_says(const char *words)
{
	const char *const argv[] = {LAB, "up", file, NULL};
	struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
	char log[200];
	struct buf said;
	pid_t pid;

	snprintf(log, sizeof(log), "%s/up.log", test_dir());
	buf_init(&said);
	pid = child_start(log, argv);
	while (strstr(buf_text(&said), words) == NULL && !mono_reached(deadline, mono_now())) {
		poll(NULL, 0, 5);
		buf_clear(&said);
		file_read(log, LOG_MAX, &said, NULL);
	}
	if (strstr(buf_text(&said), words) == NULL)
		TEST_FAIL("want '%s' in: %s", words, buf_text(&said));
	FOLLOW({OF "status", 23, "lab '" NAME "' is just being made"});
	kill(pid, SIGKILL);
	TEST_NUMBER(waitpid(pid, NULL, 0), pid);
	/* What it was just starting is still it for a moment. */
	while (steps_run(LAB, OF "status", NULL) == 23 && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 5);
	buf_fini(&said);
}

static void a_lab_that_is_not_there_is_told(void)
{
	FOLLOW({OF "status", 7, "skein-lab: no lab '" NAME "' is up"}, {OF "exec a true", 7, NULL},
	       {OF "cut a b", 7, NULL}, {OF "heal a b", 7, NULL}, {OF "kill a link", 7, NULL},
	       {OF "restore a", 7, NULL}, {OF "down", 7, NULL});
}

static void a_lab_that_was_killed_half_way_is_told_and_mended(void)
{
	kill_when_it_says("underlay: "); /* it may have its file already, or not */
	FOLLOW({OF "status", 1, "lab '" NAME "' is not whole"});
	kill_when_it_says("join: ");
	FOLLOW({OF "status", 1, "lab '" NAME "' is not whole"},
	       {OF "status --json", 1, "\"whole\": false"});
	FOLLOW({up, 0, "is up"}, {OF "status", 0, "10.122.0.2"}, {OF "exec b true", 0, NULL});
}

/* It stands already where the cases run in their order. */
static void need_lab(void)
{
	if (steps_run(LAB, OF "status", NULL) != 0)
		FOLLOW({up, 0, "is up"});
}

static void what_a_lab_does_not_have_is_told(void)
{
	need_lab();
	FOLLOW({OF "exec z true", 7, "no machine 'z' in this lab; there are: underlay, controller"},
	       {OF "exec a /nowhere", 7, "/nowhere: No such file"},
	       {OF "exec a sh -c exit\t9", 9, NULL}, {OF "cut a z", 7, "no machine 'z'"},
	       {OF "heal z a", 7, "no machine 'z'"}, {OF "cut a a", 2, "'a' twice"},
	       {OF "cut a shed", 2, "'shed' has no cable to the underlay"},
	       {OF "kill z link", 7, "no machine 'z'"},
	       {OF "kill a colour", 2, "want one of: link, bird, agent, wg, all"},
	       {OF "kill controller bird", 7, "controller runs no bird"},
	       {OF "kill controller wg", 7, "controller has no WireGuard device"},
	       {OF "restore z", 7, "no machine 'z'"},
	       {OF "restore underlay", 2, "'underlay' has no cable"});
}

static void its_status_is_as_its_schema_says(void)
{
	need_lab();
	expect_status("\"error\": null");
	FOLLOW({OF "kill controller all", 0, NULL},
	       {OF "status", 0, "memberships are not known: the controller does not run"});
	expect_status("the controller does not run\"");
	FOLLOW({OF "down", 0, NULL}, {bare, 0, NULL});
	expect_status("\"error\": null");
	FOLLOW({OF "down", 0, NULL}, {OF "down", 7, NULL});
	CU_ASSERT(access("/run/skein-lab/" NAME, F_OK) != 0);
	CU_ASSERT(access("/run/skein-lab/" NAME ".lock", F_OK) != 0);
}

TEST_SUITE_WITH(net_lab_program, write_yaml, take_down,
		{"a lab that is not there is told", a_lab_that_is_not_there_is_told},
		{"a lab that was killed half way is told and mended",
		 a_lab_that_was_killed_half_way_is_told_and_mended},
		{"what a lab does not have is told", what_a_lab_does_not_have_is_told},
		{"its status is as its schema says", its_status_is_as_its_schema_says});
