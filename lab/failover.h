/* What the loss of a gateway costs: flows between two machines of different meshes, a gateway's
 * cable unplugged under them, and plugged in again.
 *
 * A figure counts only if the computer did not stall meanwhile (lab/measure.h): it is measured
 * again then. And it counts only if the gateway carried some of the flows: its WireGuard's counters
 * must show that. */
#ifndef SKEIN_LAB_FAILOVER_H
#define SKEIN_LAB_FAILOVER_H

#include "lab/measure.h"

struct failover_plan {
	struct measure_plan flows;
	const char *gateway;
};

struct failover_result {
	int64_t outage_ms;	/* longest gap of the worst flow */
	uint64_t outage_lost;	/* packets, all flows */
	unsigned flows_hit;	/* of 2 × flows */
	double carried;		/* of 2 × flows, by the gateway's counters, before it was lost */
	uint64_t return_lost;	/* packets, while it came back */
	bool returned;		/* it carries again */
	int64_t control_gap_ms; /* of the control probe, the longer one of both phases */
	unsigned attempts;
	bool conclusive;
};

int failover_measure(struct lab *lab, const struct failover_plan *plan, struct failover_result *out,
		     struct fault *f);

#endif
