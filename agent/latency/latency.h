/* Latency and loss of the ways to peers, measured inside the mesh: ICMP echo over the device that
 * leads there. Whose turn it is: turns.h. */
#ifndef SKEIN_AGENT_LATENCY_LATENCY_H
#define SKEIN_AGENT_LATENCY_LATENCY_H

#include "agent/agent.h"
#include "agent/latency/turns.h"
#include "agent/picture.h"

/* Where no socket can be had, nothing is measured; that is said once. */
void latency_start(struct agent *a);
void latency_stop(struct agent *a);
/* The peers as the round sees them; at most every five seconds. */
void latency_follow(struct agent *a, const struct picture *p, struct mono now);
/* NULL: it is not measured. */
const struct latency_peer *latency_find(const struct agent *a, const struct id *membership,
					const struct address *peer);

#endif
