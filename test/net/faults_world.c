#include "test/net/faults_world.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/session.h"
#include "test/net/faults_streams.h"

#define PREFIX	  "172.21.9.0/24"
#define SETTLE_MS 40000
#define LEAD_MS	  100
#define WATCH_MS  (3 * FAULTS_DETECTION_MS / 2) /* after the fault, at least */
#define AFTER_MS  300				/* after all is mended: no late loss is missed */
#define SHELL_MS  5000

static const char yaml[] = "name: t-faults\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.140.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.141.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " PREFIX "}\n"
			   "  - {machine: r2, mesh: prod, prefix: " PREFIX ", priority: 90}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.140.0.0/16, " PREFIX "]\n"
			   "    prefixes_b: [10.141.0.0/16]\n"
			   "networks:\n"
			   "  - {name: east, prefix: " PREFIX ", behind: r1}\n"
			   "  - {name: west, prefix: " PREFIX ", behind: r2}\n";

/* ---- the fleet ---- */

static struct mono soon(void)
{
	return mono_add_ms(mono_now(), SETTLE_MS);
}

static int await_members(struct faults *w, struct fault *f)
{
	int code = fleet_await_members(&w->lab, soon(), f);

	w->members.n = 0;
	return code == 0 ? operator_members(&w->lab, &w->arena, &w->members, f) : code;
}

/* Who has just become a router or a gateway is second for some seconds. */
static int await_in_service(struct faults *w, struct fault *f)
{
	static const char *const names[] = {"r1", "r2", "g1", "g2"};
	static const char *const argv[] = {
		"sh", "-c",
		"until ! grep -q 'DRAIN = true' /run/skein/*/bird.conf; do sleep 0.1; done", NULL};
	int code = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == 0; i++)
		code = machine_run(&w->lab, names[i], argv, NULL, SETTLE_MS, NULL, f);
	return code;
}

/* Who comes back is second for a second only, else each row would wait for a minute. */
static int settle(struct faults *w, struct fault *f)
{
	static const char *const approve[] = {"prefix", "approve",	"r1", PREFIX, "--mesh",
					      "prod",	"--stable-for", "1",  NULL};
	int code = operator_skein(&w->lab, approve, NULL, NULL, f);

	if (code == 0)
		code = await_members(w, f);
	if (code == 0)
		code = await_in_service(w, f);
	return code == 0 ? session_await_all(&w->lab, soon(), f) : code;
}

int faults_open(struct faults *w)
{
	static fleet_step *const steps[] = {fleet_up, NULL};
	struct fault f = {0};
	int code;

	memset(w, 0, sizeof(*w));
	arena_init(&w->arena);
	code = fleet_begin(&w->lab, yaml, steps);
	if (code != 0) {
		arena_fini(&w->arena);
		return code;
	}
	code = settle(w, &f);
	if (code != 0) {
		printf("%s\n", fault_text(&f, code));
		faults_close(w, true);
	}
	return code;
}

int faults_close(struct faults *w, bool failed)
{
	vec_free(&w->members);
	arena_fini(&w->arena);
	return fleet_end(&w->lab, failed);
}

int faults_reflect(struct faults *w, bool on, struct fault *f)
{
	static const char *const meshes[] = {"prod", "staging"};
	int code = 0;

	for (size_t i = 0; i < 2 && code == 0; i++) {
		const char *const set[] = {
			"mesh", "set", meshes[i], "--route-reflector", on ? "on" : "off", NULL};

		code = operator_skein(&w->lab, set, NULL, NULL, f);
	}
	if (code == 0)
		code = await_members(w, f);
	return code == 0 ? session_await_all(&w->lab, soon(), f) : code;
}

/* ---- a fault ---- */

struct group {
	const struct faults_row *const *rows;
	size_t n;
	unsigned flows;
};

static int cause_all(struct faults *w, const struct group *g, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < g->n && code == 0; i++)
		code = faults_cause(&w->lab, g->rows[i], f);
	return code;
}

static int undo_all(struct faults *w, const struct group *g, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < g->n; i++) {
		int one = faults_undo(&w->lab, g->rows[i], f);

		code = code != 0 ? code : one;
	}
	return code;
}

static int start(struct faults *w, const struct group *g, struct faults_streams *out,
		 struct fault *f)
{
	const struct faults_fleet fleet = {&w->lab, &w->members};

	return faults_streams_start(&fleet, g->flows, &w->port, out, f);
}

static int lose(struct faults *w, const struct group *g, struct faults_sum *out, struct fault *f)
{
	struct faults_streams s;
	int code = start(w, g, &s, f);

	if (code == 0)
		code = faults_streams_await_best(&s, soon(), f);
	if (code == 0) {
		poll(NULL, 0, LEAD_MS); /* under observation, as below */
		code = cause_all(w, g, f);
	}
	if (code == 0) {
		poll(NULL, 0, WATCH_MS);
		code = faults_streams_await(&s, f);
	}
	if (code == 0)
		code = faults_streams_stop(&s, out, f);
	faults_streams_abandon(&s);
	return code;
}

/* Mended whatever becomes of the streams. */
static int come_back(struct faults *w, const struct group *g, struct faults_sum *out,
		     struct fault *f)
{
	struct fault mending = {0};
	struct faults_streams s;
	int code = start(w, g, &s, f), mended = undo_all(w, g, &mending);

	if (code == 0 && mended != 0)
		code = fault_set(f, mended, "%s", mending.text);
	if (code == 0)
		code = session_await_all(&w->lab, soon(), f);
	if (code == 0)
		code = faults_streams_await_best(&s, soon(), f);
	if (code == 0) {
		poll(NULL, 0, AFTER_MS);
		code = faults_streams_stop(&s, out, f);
	}
	faults_streams_abandon(&s);
	return code;
}

static int attempt(struct faults *w, const struct group *g, struct faults_figures *out,
		   struct fault *f)
{
	struct faults_sum gone = {0}, back = {0};
	struct fault returning = {0};
	int code = lose(w, g, &gone, f);
	int after = come_back(w, g, &back, &returning);

	if (code == 0 && after != 0)
		code = fault_set(f, after, "%s", returning.text);
	for (size_t i = 0; i < g->n; i++) {
		const unsigned flows = g->rows[i]->flows;
		const char *which;
		int64_t gap_ms;

		faults_streams_worst(&gone, flows, &out[i].outage_ms, &out[i].worst,
				     &out[i].outage_lost);
		faults_streams_worst(&back, flows, &gap_ms, &which, &out[i].return_lost);
		out[i].steady = gone.steady && back.steady;
	}
	return code;
}

bool faults_holds(const struct faults_row *row, const struct faults_figures *r, int64_t bar_ms)
{
	if (r->return_lost > 0)
		return false;
	switch (row->cost) {
	case COST_DETECTION:
		return r->outage_lost > 0 && r->outage_ms <= bar_ms;
	case COST_MOMENT:
		return r->outage_ms <= FAULTS_DETECTION_MS / 2;
	default:
		return r->outage_lost == 0;
	}
}

/* A figure that is too high on a steady computer is one. */
static bool is_conclusive(const struct group *g, const struct faults_figures *r, int64_t bar_ms)
{
	for (size_t i = 0; i < g->n; i++)
		if (!faults_holds(g->rows[i], &r[i], bar_ms) &&
		    (!r[i].steady || (g->rows[i]->cost == COST_DETECTION && r[i].outage_lost == 0)))
			return false;
	return true;
}

int faults_measure(struct faults *w, const struct faults_row *const *rows, size_t n, int64_t bar_ms,
		   struct faults_figures *out, struct fault *f)
{
	struct group g = {.rows = rows, .n = n};
	unsigned attempts = 0;
	int code;

	for (size_t i = 0; i < n; i++)
		g.flows |= rows[i]->flows;
	do {
		code = attempt(w, &g, out, f);
		attempts++;
	} while (code == 0 && !is_conclusive(&g, out, bar_ms) && attempts < FAULTS_ATTEMPTS);
	for (size_t i = 0; i < n; i++) {
		out[i].attempts = attempts;
		if (w->quiet)
			continue;
		printf("    %s: %lld ms (%s), %llu lost; return: %llu lost; %u attempts%s\n",
		       rows[i]->name, (long long)out[i].outage_ms,
		       out[i].worst != NULL ? out[i].worst : "",
		       (unsigned long long)out[i].outage_lost,
		       (unsigned long long)out[i].return_lost, attempts,
		       out[i].steady ? "" : " (the computer stalled)");
	}
	return code;
}
