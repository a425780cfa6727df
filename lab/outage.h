/* Outages: what can break on a machine, caused on purpose and mended again. */
#ifndef SKEIN_LAB_OUTAGE_H
#define SKEIN_LAB_OUTAGE_H

#include "lab/lab.h"

/* The kinds, for messages: "link, bird, agent, wg, all". */
const char *outage_kinds(void);
/* link: the cable is unplugged. bird, agent, wg: the processes are killed (where the kernel has
 * WireGuard: its devices are removed). all: power off, cable and every process. */
int outage_cause(struct lab *lab, const char *machine, const char *kind, struct fault *f);
/* The cable is in, the agent runs: it mends the rest. What was never broken is left alone. */
int outage_end(struct lab *lab, const char *machine, struct fault *f);

#endif
