#include "test/net/twins_world.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab/fleet.h"
#include "lab/machine.h"
#include "lab/operator.h"
#include "lab/process.h"
#include "test/test.h"

#define SCRIPT_MS 30000
#define AGAIN_MS  50
#define KILL_MS	  5000

static const char yaml[] = "name: t-twins\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.122.0.0/16, default: true}\n"
			   "machines:\n"
			   "  - {name: ta, meshes: [prod]}\n"
			   "  - {name: tb, meshes: [prod]}\n"
			   "  - {name: tc, meshes: [prod]}\n"
			   "  - {name: td, meshes: [prod]}\n";

static struct lab lab;

struct lab *twins_lab(void)
{
	return &lab;
}

int twins_make(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay, fleet_start_controller, NULL};

	return fleet_begin(&lab, yaml, steps);
}

int twins_end(void)
{
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}

static int run(const char *machine, const char *script, struct buf *out)
{
	const char *const argv[] = {"sh", "-c",
				    arena_printf(&lab.arena,
						 "PATH=%s:/usr/sbin:/usr/bin:/sbin:/bin\n"
						 "export XDG_CONFIG_HOME=%s\n%s",
						 lab.programs, OPERATOR_CONFIG_HOME, script),
				    NULL};
	struct fault f = {0};

	return machine_run(&lab, machine, argv, NULL, SCRIPT_MS, out, &f);
}

int twins_sh(const char *machine, const char *script)
{
	return run(machine, script, NULL);
}

const char *twins_text(const char *machine, const char *script)
{
	static struct buf text;
	char both[4000];

	buf_clear(&text);
	snprintf(both, sizeof(both), "{ %s; } 2>&1", script);
	run(machine, both, &text);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	return buf_text(&text);
}

void twins_await(const char *machine, const char *script)
{
	struct mono deadline = mono_add_ms(mono_now(), TWINS_MS);

	while (twins_sh(machine, script) != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: not within %d ms: %s", machine, TWINS_MS, script);
			return;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

void twins_start(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(machine_start_agent(&lab, machine, &f), &f);
	twins_await(machine, "skein-agent status");
}

void twins_join(const char *machine)
{
	char token[600], script[800];
	const char *said = twins_text(LAB_CONTROLLER, "skein token create");
	const char *at = strstr(said, "skein-join.");

	snprintf(token, sizeof(token), "%.*s", at != NULL ? (int)strcspn(at, " \t\r\n\"") : 0,
		 at != NULL ? at : "");
	snprintf(script, sizeof(script), "skein-agent join --no-start %s", token);
	said = twins_text(machine, script);
	if (strstr(said, "Joined as") == NULL)
		TEST_FAIL("%s: %s", machine, said);
	twins_start(machine);
}

void twins_copy(const char *from, const char *to)
{
	static const char *const save[] = {"sh", "-c", "tar -C / -cf - var/lib/skein | base64 -w 0",
					   NULL};
	static const char *const restore[] = {
		"sh", "-c", "rm -rf /var/lib/skein/*; base64 -d | tar -C / -xf -", NULL};
	struct fault f = {0};
	struct buf disk;

	buf_init_secret(&disk);
	TEST_STEP(machine_run(&lab, from, save, NULL, SCRIPT_MS, &disk, &f), &f);
	TEST_STEP(machine_run(&lab, to, restore, buf_text(&disk), SCRIPT_MS, NULL, &f), &f);
	buf_fini(&disk);
}

void twins_kill(const char *machine, const char *program)
{
	process_vec found = {0};
	struct fault f = {0};
	struct place p;

	lab_place(&lab, machine, &p);
	process_find(&p, program, &found);
	CU_ASSERT(found.n > 0);
	TEST_STEP(process_kill_all(&found, mono_add_ms(mono_now(), KILL_MS), &f), &f);
	vec_free(&found);
}

void twins_start_controller(void)
{
	const char *const argv[] = {lab_program(&lab, "skein-controller"), "run", NULL};
	struct fault f = {0};

	TEST_STEP(machine_start(&lab, LAB_CONTROLLER, argv, &f), &f);
	twins_await(LAB_CONTROLLER, "skein mesh list");
}
