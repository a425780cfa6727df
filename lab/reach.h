/* Who reaches whom: echo requests of many pairs at once; and the way that a packet takes. */
#ifndef SKEIN_LAB_REACH_H
#define SKEIN_LAB_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/net/prefix.h"

#define REACH_MAX      1024
#define REACH_HOPS_MAX 12

struct reach {
	const struct place *at;
	struct address from; /* family 0: as the machine chooses */
	struct address to;
	bool answered; /* result */
};

/* Asks all of them until each answered or the time is over; an answer counts when it comes from
 * `to`. Returns how many answered; a negative code when it could not ask. */
int reach_check(struct reach *pairs, size_t n, int64_t ms, struct fault *f);

struct reach_hop {
	struct address address; /* family 0: nobody answered */
	bool arrived;		/* it is the destination */
};

/* The routers between, by time to live, on one flow (ECMP does not show two ways as one). Returns
 * how many hops, or a negative code. */
int reach_trace(const struct place *at, const struct address *from, const struct address *to,
		struct reach_hop hops[REACH_HOPS_MAX], struct fault *f);

#endif
