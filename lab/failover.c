#include "lab/failover.h"

#include <poll.h>

#include "lab/outage.h"
#include "lab/traffic.h"

#define WATCH_MS   3000 /* after the cut, at least: no late surprise is missed */
#define BACK_MS	   30000
#define SETTLED_MS 1000
#define RATE_MS	   400
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
	*flows = packets * MEASURE_INTERVAL_MS / (double)mono_ms_between(begin, mono_now());
	return code;
}

static int measure_loss(struct lab *lab, const struct failover_plan *plan,
			struct failover_result *out, bool *steady, struct fault *f)
{
	struct measurement m = {0};
	struct measured figures;
	double idle = 0, busy = 0;
	bool overloaded = false;
	int code = read_rate(lab, plan->gateway, &idle, f);

	if (code == 0)
		code = measure_start(lab, &plan->flows, &m, f);
	if (code == 0)
		code = read_rate(lab, plan->gateway, &busy, f);
	if (code == 0) {
		overloaded = measure_is_overloaded(&m, &plan->flows);
		code = outage_cause(lab, plan->gateway, "link", f);
	}
	if (code == 0)
		code = measure_watch(&m, WATCH_MS, f);
	if (code == 0)
		code = measure_stop(&m, &figures, f);
	measure_abandon(&m);
	if (code != 0)
		return code;
	*steady = figures.steady && !overloaded;
	out->control_gap_ms = figures.control_gap_ms;
	out->carried = busy > idle ? busy - idle : 0;
	out->outage_ms = probe_worst_gap(&figures.mesh);
	out->outage_lost = probe_lost(&figures.mesh);
	out->flows_hit = figures.mesh.ways[0].flows_hit + figures.mesh.ways[1].flows_hit;
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
	struct measurement m = {0};
	struct measured figures;
	bool overloaded = false;
	int code = measure_start(lab, &plan->flows, &m, f);

	if (code == 0)
		code = measure_watch(&m, RATE_MS, f);
	if (code == 0) {
		overloaded = measure_is_overloaded(&m, &plan->flows);
		code = outage_end(lab, plan->gateway, f);
	}
	if (code == 0)
		code = await_carrying(lab, plan->gateway, &out->returned, f);
	if (code == 0)
		code = measure_watch(&m, SETTLED_MS, f);
	if (code == 0)
		code = measure_stop(&m, &figures, f);
	measure_abandon(&m);
	if (code != 0)
		return code;
	*steady = figures.steady && !overloaded;
	if (figures.control_gap_ms > out->control_gap_ms)
		out->control_gap_ms = figures.control_gap_ms;
	out->return_lost = probe_lost(&figures.mesh);
	return 0;
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
	} while (code == 0 && !out->conclusive && attempt < MEASURE_ATTEMPTS);
	return code;
}
