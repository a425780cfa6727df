/* Probes: numbered UDP packets both ways between two places, on several flows at once, to say to
 * the packet and to the millisecond what a fault costs.
 *
 * A flow is a pair of ports; on each, either end sends one packet every `interval_ms`, for itself,
 * so a loss says which way it happened. Several flows are several source ports: ECMP spreads them.
 * Each end is a process of its own in its place; they share counters with the caller by memory. */
#ifndef SKEIN_LAB_PROBE_H
#define SKEIN_LAB_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/base/clock.h"
#include "lib/net/prefix.h"

#define PROBE_FLOWS_MAX 64

struct probe_plan {
	const struct place *places[2];
	struct address addresses[2]; /* where each end sends from, and the other one to */
	uint16_t port;		     /* of the first flow; the next ones follow */
	unsigned flows;
	unsigned interval_ms; /* 4 at least */
};

/* One direction: what was sent by end 0 or 1. */
struct probe_way {
	uint64_t sent, lost; /* of all flows */
	int64_t gap_ms;	     /* longest time without an arrival, of the worst flow */
	unsigned worst_flow;
	unsigned flows_hit; /* flows that lost anything */
};

struct probe_result {
	struct probe_way ways[2];
};

struct probe;

/* Starts both ends and sends. Caller probe_stop()s or probe_abandon()s. */
int probe_start(const struct probe_plan *plan, struct probe **out, struct fault *f);
/* Waits until every flow arrived, both ways, within the last 100 ms. ERR_TIMEOUT says which does
 * not. */
int probe_await_passing(struct probe *p, struct mono deadline, struct fault *f);
/* The same, but nothing may arrive for as long as `ms`: ERR_CHECK when something does. */
int probe_await_silence(struct probe *p, int64_t ms, struct fault *f);
uint64_t probe_sent(const struct probe *p); /* packets up to now, both ways */
/* Packets sent that have not arrived by now, both ways: some are on their way, the rest is lost. */
uint64_t probe_missing(const struct probe *p);
/* Lets what is under way arrive, counts, ends both processes, frees. */
int probe_stop(struct probe *p, struct probe_result *out, struct fault *f);
void probe_abandon(struct probe *p); /* accepts NULL */

/* The worst of both ways. */
int64_t probe_worst_gap(const struct probe_result *r);
uint64_t probe_lost(const struct probe_result *r);

#endif
