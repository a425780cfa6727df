/* Outages: what can break on a machine, caused on purpose and mended again. */
#ifndef SKEIN_LAB_OUTAGE_H
#define SKEIN_LAB_OUTAGE_H

#include "lab/lab.h"

/* link: the cable is unplugged (also that of a network's host). bird, agent, wg: the processes are
 * killed (where the kernel has WireGuard: its devices are removed). all: power off, cable and every
 * process. */
int outage_cause(struct lab *lab, const char *machine, const char *kind, struct fault *f);
/* bird, agent, wg: the processes stand still (SIGSTOP), with all that they have. ERR_NOT_FOUND
 * where the machine runs none. */
int outage_freeze(struct lab *lab, const char *machine, const char *kind, struct fault *f);
/* The cable is in, what stood still goes on, the agent runs: it mends the rest. What was never
 * broken is left alone. */
int outage_end(struct lab *lab, const char *machine, struct fault *f);

#endif
