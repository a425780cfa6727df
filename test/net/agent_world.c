#include "test/net/agent_world.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/fleet.h"
#include "lab/machine.h"
#include "lab/probe.h"
#include "lab/reach.h"
#include "lab/session.h"
#include "test/net/agent_foreign.h"
#include "test/test.h"

#define SCRIPT_MS    30000
#define AGAIN_MS     50
#define INTERVAL_MS  5
#define STALL_MS     50 /* a longer gap of the control probe: the computer was busy elsewhere */
#define PORT	     43000
#define CONTROL_PORT 44000
#define ATTEMPTS     3
#define PAIRS_MAX    4
#define HIDDEN_MS    200 /* far below what any of these would cost without care */
#define CALM_MS	     500
#define CALM_MOST_MS 20000

static const char yaml[] = "name: t-agent\n"
			   "meshes:\n"
			   "  - {name: home, cidr: 10.120.0.0/16, default: true}\n"
			   "  - {name: away, cidr: 10.121.0.0/16}\n"
			   "machines:\n"
			   "  - {name: la, meshes: [home]}\n"
			   "  - {name: lb, meshes: [home]}\n"
			   "  - {name: lg, meshes: [home]}\n"
			   "  - {name: lc, meshes: [away]}\n"
			   "gateways:\n"
			   "  - {machine: lg, meshes: [home, away]}\n"
			   "prefixes:\n"
			   "  - {machine: lb, mesh: home, prefix: 172.20.31.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: home\n"
			   "    mesh_b: away\n"
			   "    prefixes_a: [10.120.0.0/16, 172.20.31.0/24]\n"
			   "    prefixes_b: [10.121.0.0/16]\n"
			   "networks:\n"
			   "  - {name: barn, prefix: 172.20.31.0/24, behind: lb}\n";

static struct lab lab;

struct lab *agents_lab(void)
{
	return &lab;
}

static int settle(struct lab *l, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), AGENT_SETTLE_MS);
	int code = fleet_await_members(l, deadline, f);

	return code == 0 ? session_await_all(l, deadline, f) : code;
}

static int make_foreign(struct lab *l, struct fault *f)
{
	(void)l;
	return foreign_make("lb") == 0 ? 0 : fault_set(f, ERR_CHECK, "lb cannot be made foreign");
}

int agents_make(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay,
					    make_foreign,
					    fleet_start_controller,
					    fleet_join_machines,
					    fleet_enable_gateways,
					    fleet_approve_prefixes,
					    fleet_create_peerings,
					    settle,
					    NULL};

	return fleet_begin(&lab, yaml, steps);
}

int agents_end(void)
{
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}

/* ---- scripts ---- */

int agents_sh(const char *machine, const char *script, struct buf *out)
{
	char root[PATH_MAX] = "";
	const char *const argv[] = {"sh", "-c",
				    arena_printf(&lab.arena, "AGENT=%s\nROOT=%s\n%s",
						 lab_program(&lab, "skein-agent"),
						 getcwd(root, sizeof(root)), script),
				    NULL};
	struct fault f = {0};

	return machine_run(&lab, machine, argv, NULL, SCRIPT_MS, out, &f);
}

const char *agents_text(const char *machine, const char *script)
{
	static struct buf text;

	buf_clear(&text);
	agents_sh(machine, script, &text);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	return buf_text(&text);
}

void agents_await(const char *machine, const char *script, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);

	while (agents_sh(machine, script, NULL) != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: not within %lld ms: %s", machine, (long long)ms, script);
			return;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

/* ---- the fleet ---- */

void agents_settle(void)
{
	struct fault f = {0};

	TEST_STEP(settle(&lab, &f), &f);
}

struct address agents_address(const char *machine, const char *mesh)
{
	operator_member_vec members = {0};
	const struct operator_member *m;
	struct address address = {0};
	struct fault f = {0};

	TEST_STEP(operator_members(&lab, &lab.arena, &members, &f), &f);
	m = operator_find_member(&members, machine, mesh);
	if (m != NULL)
		address = m->address;
	vec_free(&members);
	return address;
}

/* Asked of the machine itself: the controller may be gone. */
static struct address address_on(const char *machine)
{
	struct address address = {0};
	const char *text = agents_text(
		machine,
		"ip -o -4 addr show | sed -n 's/.* inet \\(10\\.12[01]\\.[0-9.]*\\).*/\\1/p' "
		"| head -n 1");

	address_parse(text, &address, NULL);
	return address;
}

bool agents_reach(const char *from, const char *to, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	struct reach pair = {0};
	struct fault f = {0};
	struct place p;

	lab_place(&lab, from, &p);
	pair.at = &p;
	do { /* a device that is coming has none yet */
		pair.from = address_on(from);
		pair.to = address_on(to);
		if (pair.from.family != FAMILY_NONE && pair.to.family != FAMILY_NONE)
			return reach_check(&pair, 1, mono_ms_between(mono_now(), deadline), &f) ==
			       1;
		poll(NULL, 0, AGAIN_MS);
	} while (!mono_reached(deadline, mono_now()));
	return false;
}

void agents_start_controller(void)
{
	const char *const run[] = {lab_program(&lab, "skein-controller"), "run", NULL};
	struct mono deadline = mono_add_ms(mono_now(), AGENT_SETTLE_MS);
	operator_member_vec members = {0};
	struct fault f = {0};

	TEST_STEP(machine_start(&lab, LAB_CONTROLLER, run, &f), &f);
	while (operator_members(&lab, &lab.arena, &members, &f) != 0 &&
	       !mono_reached(deadline, mono_now())) {
		f = (struct fault){0};
		poll(NULL, 0, AGAIN_MS);
	}
	TEST_STEP(f.code, &f);
	vec_free(&members);
}

void agents_pids(const char *machine, const char *program, process_vec *out)
{
	struct place p;

	lab_place(&lab, machine, &p);
	process_find(&p, program, out);
}

void agents_kill(const char *machine, const char *program)
{
	process_vec found = {0};
	struct fault f = {0};

	agents_pids(machine, program, &found);
	CU_ASSERT(found.n > 0);
	TEST_STEP(process_kill_all(&found, mono_add_ms(mono_now(), 5000), &f), &f);
	vec_free(&found);
}

const char *agents_token(const char *option)
{
	const char *const words[] = {"token", "create", "--mesh", "home", option, NULL};
	static char token[400];
	struct fault f = {0};
	struct buf said;
	const char *at;

	buf_init(&said);
	TEST_STEP(operator_skein(&lab, words, NULL, &said, &f), &f);
	at = strstr(buf_text(&said), "skein-join.");
	snprintf(token, sizeof(token), "%.*s", at != NULL ? (int)strcspn(at, " \t\r\n\"") : 0,
		 at != NULL ? at : "");
	buf_fini(&said);
	return token;
}

/* ---- what an event costs ---- */

struct probes {
	struct place from, to[PAIRS_MAX];
	struct probe *mesh[PAIRS_MAX], *control;
	size_t n;
};

static int start_one(struct probes *p, size_t i, const struct address addresses[2], uint16_t port,
		     struct probe **out, struct fault *f)
{
	const struct probe_plan plan = {.places = {&p->from, &p->to[i]},
					.addresses = {addresses[0], addresses[1]},
					.port = port,
					.flows = 1,
					.interval_ms = INTERVAL_MS};

	return probe_start(&plan, out, f);
}

/* Over the plain underlay, between the first two. */
static int start_control(struct probes *p, const char *const *machines, struct fault *f)
{
	struct address ends[2];
	int code;

	lab_place(&lab, machines[0], &p->from);
	lab_place(&lab, machines[1], &p->to[0]);
	for (int i = 0; i < 2; i++)
		ends[i] = lab_file_node(&lab.file, machines[i])->address;
	code = start_one(p, 0, ends, CONTROL_PORT, &p->control, f);
	return code == 0 ? probe_await_passing(p->control, mono_add_ms(mono_now(), AGENT_SETTLE_MS),
					       f)
			 : code;
}

static bool is_steady(const struct probe_result *control)
{
	return probe_lost(control) == 0 && probe_worst_gap(control) <= STALL_MS;
}

static int start_probes(struct probes *p, const char *const *machines, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), AGENT_SETTLE_MS);
	struct address ends[2];
	int code = 0;

	lab_place(&lab, machines[0], &p->from);
	for (; machines[p->n + 1] != NULL && p->n < PAIRS_MAX && code == 0; p->n++) {
		ends[0] = address_on(machines[0]);
		ends[1] = address_on(machines[p->n + 1]);
		lab_place(&lab, machines[p->n + 1], &p->to[p->n]);
		code = start_one(p, p->n, ends, (uint16_t)(PORT + p->n), &p->mesh[p->n], f);
	}
	if (code == 0)
		code = start_control(p, machines, f);
	for (size_t i = 0; i < p->n && code == 0; i++)
		code = probe_await_passing(p->mesh[i], deadline, f);
	return code;
}

static int stop_one(struct probe **p, struct probe_result *out, struct fault *f)
{
	int code = probe_stop(*p, out, f);

	*p = NULL;
	return code;
}

struct loss {
	uint64_t of[PAIRS_MAX];
	uint64_t sum;
	int64_t gap_ms; /* the longest without an arrival */
	bool steady;	/* the control probe met no stall */
};

/* One try. */
static int measure(const char *const *machines, void (*event)(void), int64_t ms, struct loss *out,
		   struct fault *f)
{
	struct probe_result result;
	struct probes p = {.n = 0};
	int code = start_probes(&p, machines, f);

	if (code == 0) {
		event();
		poll(NULL, 0, (int)ms); /* the time under observation, not a wait for something */
	}
	for (size_t i = 0; i < p.n && code == 0; i++) {
		code = stop_one(&p.mesh[i], &result, f);
		out->of[i] = probe_lost(&result);
		out->sum += out->of[i];
		if (probe_worst_gap(&result) > out->gap_ms)
			out->gap_ms = probe_worst_gap(&result);
	}
	if (code == 0)
		code = stop_one(&p.control, &result, f);
	out->steady = code == 0 && is_steady(&result);
	for (size_t i = 0; i < p.n; i++)
		probe_abandon(p.mesh[i]);
	probe_abandon(p.control);
	return code;
}

/* Until the control probe has had no stall for a while, or for so long that it will not. */
static int await_calm(const char *const *machines, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), CALM_MOST_MS);
	struct probe_result result = {0};
	int code = 0;

	do {
		struct probes p = {.n = 0};

		code = start_control(&p, machines, f);
		if (code == 0)
			poll(NULL, 0, CALM_MS); /* the time under observation */
		if (code == 0)
			code = stop_one(&p.control, &result, f);
		probe_abandon(p.control);
	} while (code == 0 && !is_steady(&result) && !mono_reached(deadline, mono_now()));
	return code;
}

static void show(const char *const *machines, const struct loss *l)
{
	for (size_t i = 0; machines[i + 1] != NULL; i++)
		if (l->of[i] > 0)
			printf("    %s and %s: %llu packets lost\n", machines[0], machines[i + 1],
			       (unsigned long long)l->of[i]);
	printf("    longest gap %lld ms, the computer %s\n", (long long)l->gap_ms,
	       l->steady ? "kept up" : "stalled");
}

bool agents_lose_nothing(const char *const *machines, void (*event)(void), int64_t ms)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		struct loss l = {.sum = 0};
		struct fault f = {0};

		if (i > 0 && !TEST_STEP(await_calm(machines, &f), &f))
			return false;
		if (!TEST_STEP(measure(machines, event, ms, &l, &f), &f))
			return false;
		/* On a computer that stalls, what is not lost was sent: no longer outage than the
		 * longest gap can hide in one. */
		if (l.sum == 0 && (l.steady || l.gap_ms <= HIDDEN_MS))
			return true;
		show(machines, &l);
		if (l.steady) {
			TEST_FAIL("%s and others: packets are lost", machines[0]);
			return false;
		}
	}
	TEST_FAIL("%s and others: no try was conclusive", machines[0]);
	return false;
}
