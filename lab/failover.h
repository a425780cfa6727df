/* What the loss of a gateway costs: flows between two machines of different meshes, a gateway's
 * cable unplugged under them, and plugged in again.
 *
 * A figure counts only if the computer itself did not stall meanwhile: a control probe runs beside,
 * over the plain underlay. Where it has a gap, the measurement is made again. And it counts only if
 * the gateway carried some of the flows: its WireGuard's counters must show that. */
#ifndef SKEIN_LAB_FAILOVER_H
#define SKEIN_LAB_FAILOVER_H

#include "lab/lab.h"
#include "lab/probe.h"

#define FAILOVER_ATTEMPTS 3

struct failover_plan {
	const char *machines[2];
	struct address addresses[2]; /* in the meshes */
	const char *gateway;
	unsigned flows; /* each way */
};

struct failover_result {
	int64_t outage_ms;	/* longest gap of the worst flow */
	uint64_t outage_lost;	/* packets, all flows */
	unsigned flows_hit;	/* of 2 × flows */
	double carried;		/* of 2 × flows, by the gateway's counters, before it was lost */
	uint64_t return_lost;	/* packets, while it came back */
	bool returned;		/* it carries again */
	int64_t control_gap_ms; /* of the control probe, both phases */
	unsigned attempts;
	bool conclusive;
};

int failover_measure(struct lab *lab, const struct failover_plan *plan, struct failover_result *out,
		     struct fault *f);

#endif
