/* What WireGuard on a machine has received, by its own counters. */
#ifndef SKEIN_LAB_TRAFFIC_H
#define SKEIN_LAB_TRAFFIC_H

#include <stdint.h>

#include "lab/lab.h"

/* What WireGuard adds to a packet, which it first pads to a multiple of 16. */
#define TRAFFIC_OVERHEAD 32

/* Bytes over all its devices; of one peer only if `key` (as `wg` writes it) is not NULL. */
int traffic_received(struct lab *lab, const char *machine, const char *key, uint64_t *bytes,
		     struct fault *f);

#endif
