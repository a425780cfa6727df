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

/* What has passed by now. */
struct sample {
	struct mono at;
	uint64_t received, sent; /* by the gateway's WireGuard, bytes; by the probe, packets */
};

/* Two, a short while apart. */
static int take_samples(struct lab *lab, const char *gateway, const struct probe *probe,
			struct sample out[2], struct fault *f)
{
	int code = 0;

	for (int i = 0; i < 2 && code == 0; i++) {
		if (i > 0)
			poll(NULL, 0, RATE_MS);
		code = traffic_received(lab, gateway, NULL, &out[i].received, f);
		out[i].sent = probe != NULL ? probe_sent(probe) : 0;
		out[i].at = mono_now();
	}
	return code;
}

/* What arrives at the gateway when nobody probes. */
static int read_idle(struct lab *lab, const char *gateway, double *bytes_per_ms, struct fault *f)
{
	struct sample s[2];
	int code = take_samples(lab, gateway, NULL, s, f);

	if (code == 0)
		*bytes_per_ms = (double)(s[1].received - s[0].received) /
				(double)mono_ms_between(s[0].at, s[1].at);
	return code;
}

/* How many of the flows the gateway carries now: its part of what is really sent, for a computer
 * that is busy elsewhere sends less than it was told to. */
static int read_carried(struct lab *lab, const struct failover_plan *plan,
			const struct probe *probe, double idle, double *flows, struct fault *f)
{
	struct sample s[2];
	int code = take_samples(lab, plan->gateway, probe, s, f);
	double bytes, packets;

	if (code != 0)
		return code;
	bytes = (double)(s[1].received - s[0].received) -
		idle * (double)mono_ms_between(s[0].at, s[1].at);
	packets = (double)(s[1].sent - s[0].sent);
	*flows = packets > 0 && bytes > 0
			 ? bytes / BYTES_PER_PACKET / packets * 2 * plan->flows.flows
			 : 0;
	return 0;
}

static int measure_loss(struct lab *lab, const struct failover_plan *plan, double *idle,
			struct failover_result *out, bool *steady, struct fault *f)
{
	struct measurement m = {0};
	struct measured figures;
	bool overloaded = false;
	int code = read_idle(lab, plan->gateway, idle, f);

	if (code == 0)
		code = measure_start(lab, &plan->flows, &m, f);
	if (code == 0)
		code = read_carried(lab, plan, m.mesh, *idle, &out->carried, f);
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
	out->outage_ms = probe_worst_gap(&figures.mesh);
	out->outage_lost = probe_lost(&figures.mesh);
	out->flows_hit = figures.mesh.ways[0].flows_hit + figures.mesh.ways[1].flows_hit;
	return 0;
}

/* Until its counters show flows again. */
static int await_carrying(struct lab *lab, const struct failover_plan *plan,
			  const struct probe *probe, double idle, bool *carries, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), BACK_MS);
	double flows = 0;
	int code = 0;

	while (code == 0 && flows < 1.0 && !mono_reached(deadline, mono_now()))
		code = read_carried(lab, plan, probe, idle, &flows, f);
	*carries = flows >= 1.0;
	return code;
}

static int measure_return(struct lab *lab, const struct failover_plan *plan, double idle,
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
		code = await_carrying(lab, plan, m.mesh, idle, &out->returned, f);
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
		double idle = 0;

		*out = (struct failover_result){.attempts = ++attempt};
		code = measure_loss(lab, plan, &idle, out, &steady_loss, f);
		if (code == 0)
			code = measure_return(lab, plan, idle, out, &steady_return, f);
		else
			outage_end(lab, plan->gateway, &(struct fault){0});
		out->conclusive = code == 0 && steady_loss && steady_return;
	} while (code == 0 && !out->conclusive && attempt < MEASURE_ATTEMPTS);
	return code;
}
