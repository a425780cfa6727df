#include "lab/failover.h"

#include <poll.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/traffic.h"

#define PORT	      41000
#define CONTROL_PORT  42000
#define INTERVAL_MS   5
#define CONTROL_FLOWS 2
#define STALL_MS      100 /* a longer gap of the control probe: the computer was busy elsewhere */
#define PASS_MS	      15000
#define WATCH_MS      3000 /* after the cut, at least: no late surprise is missed */
#define BACK_MS	      30000
#define SETTLED_MS    1000
#define RATE_MS	      400
#define WG_MS	      5000
/* One probe packet as WireGuard counts it: 76 bytes, padded to 80. */
#define BYTES_PER_PACKET (80.0 + TRAFFIC_OVERHEAD)

/* How many flows' worth of bytes arrive there now, over a short while. */
static int read_rate(struct lab *lab, const char *machine, double *flows, struct fault *f)
{
	struct mono begin = mono_now();
	uint64_t before = 0, after = 0;
	int code = traffic_received(lab, machine, NULL, &before, f);
	double packets;

	if (code != 0)
		return code;
	poll(NULL, 0, RATE_MS);
	code = traffic_received(lab, machine, NULL, &after, f);
	packets = (double)(after - before) / BYTES_PER_PACKET;
	*flows = packets * INTERVAL_MS / (double)mono_ms_between(begin, mono_now());
	return code;
}

/* The two probes of a phase: over the meshes, and beside them over the underlay. */
struct probes {
	struct place places[2];
	struct probe *mesh, *control;
};

static int start_probes(struct lab *lab, const struct failover_plan *plan, struct probes *p,
			struct fault *f)
{
	struct probe_plan probe = {.places = {&p->places[0], &p->places[1]},
				   .addresses = {plan->addresses[0], plan->addresses[1]},
				   .port = PORT,
				   .flows = plan->flows,
				   .interval_ms = INTERVAL_MS};
	int code;

	p->mesh = p->control = NULL;
	for (int i = 0; i < 2; i++)
		lab_place(lab, plan->machines[i], &p->places[i]);
	code = probe_start(&probe, &p->mesh, f);
	for (int i = 0; i < 2; i++)
		probe.addresses[i] = lab_file_node(&lab->file, plan->machines[i])->address;
	probe.port = CONTROL_PORT;
	probe.flows = CONTROL_FLOWS;
	if (code == 0)
		code = probe_start(&probe, &p->control, f);
	if (code == 0)
		code = probe_await_passing(p->control, mono_add_ms(mono_now(), PASS_MS), f);
	if (code == 0)
		code = probe_await_passing(p->mesh, mono_add_ms(mono_now(), PASS_MS), f);
	return code;
}

static void abandon_probes(struct probes *p)
{
	probe_abandon(p->mesh);
	probe_abandon(p->control);
	p->mesh = p->control = NULL;
}

/* Ends both; false in `steady` when the control probe met a stall. */
static int stop_probes(struct probes *p, struct failover_result *out, struct probe_result *mesh,
		       bool *steady, struct fault *f)
{
	struct probe_result control;
	int code = probe_stop(p->mesh, mesh, f);
	int64_t gap;

	p->mesh = NULL;
	if (code == 0) {
		code = probe_stop(p->control, &control, f);
		p->control = NULL;
	}
	if (code != 0)
		return code;
	gap = probe_worst_gap(&control);
	*steady = gap <= STALL_MS && probe_lost(&control) == 0;
	out->control_gap_ms = gap > out->control_gap_ms ? gap : out->control_gap_ms;
	return 0;
}

static int measure_loss(struct lab *lab, const struct failover_plan *plan,
			struct failover_result *out, bool *steady, struct fault *f)
{
	struct probe_result mesh;
	struct probes p = {0};
	double idle = 0, busy = 0;
	int code = read_rate(lab, plan->gateway, &idle, f);

	if (code == 0)
		code = start_probes(lab, plan, &p, f);
	if (code == 0)
		code = read_rate(lab, plan->gateway, &busy, f);
	if (code == 0)
		code = outage_cause(lab, plan->gateway, "link", f);
	if (code == 0) {
		poll(NULL, 0, WATCH_MS); /* the time under observation, not a wait for something */
		code = probe_await_passing(p.mesh, mono_add_ms(mono_now(), PASS_MS), f);
	}
	if (code == 0)
		code = stop_probes(&p, out, &mesh, steady, f);
	abandon_probes(&p);
	if (code != 0)
		return code;
	out->carried = busy > idle ? busy - idle : 0;
	out->outage_ms = probe_worst_gap(&mesh);
	out->outage_lost = probe_lost(&mesh);
	out->flows_hit = mesh.ways[0].flows_hit + mesh.ways[1].flows_hit;
	return 0;
}

/* Until its counters show flows again. */
static int await_carrying(struct lab *lab, const char *gateway, bool *carries, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), BACK_MS);
	double flows = 0;
	int code = 0;

	while (code == 0 && flows < 1.0 && !mono_reached(deadline, mono_now()))
		code = read_rate(lab, gateway, &flows, f);
	*carries = flows >= 1.0;
	return code;
}

static int measure_return(struct lab *lab, const struct failover_plan *plan,
			  struct failover_result *out, bool *steady, struct fault *f)
{
	struct probe_result mesh;
	struct probes p = {0};
	int code = start_probes(lab, plan, &p, f);

	if (code == 0)
		code = outage_end(lab, plan->gateway, f);
	if (code == 0)
		code = await_carrying(lab, plan->gateway, &out->returned, f);
	if (code == 0) {
		poll(NULL, 0, SETTLED_MS);
		code = stop_probes(&p, out, &mesh, steady, f);
	}
	abandon_probes(&p);
	if (code == 0)
		out->return_lost = probe_lost(&mesh);
	return code;
}

int failover_measure(struct lab *lab, const struct failover_plan *plan, struct failover_result *out,
		     struct fault *f)
{
	unsigned attempt = 0;
	int code = 0;

	do {
		bool steady_loss = false, steady_return = false;

		*out = (struct failover_result){.attempts = ++attempt};
		code = measure_loss(lab, plan, out, &steady_loss, f);
		if (code == 0)
			code = measure_return(lab, plan, out, &steady_return, f);
		else
			outage_end(lab, plan->gateway, &(struct fault){0});
		out->conclusive = code == 0 && steady_loss && steady_return;
	} while (code == 0 && !out->conclusive && attempt < FAILOVER_ATTEMPTS);
	return code;
}
