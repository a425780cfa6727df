/* Which peers something goes to or comes from, by what WireGuard counts: more than probes, both
 * ways', keepalives and handshakes alone would come to. */
#ifndef SKEIN_AGENT_LATENCY_WORK_H
#define SKEIN_AGENT_LATENCY_WORK_H

#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"
#include "lib/net/prefix.h"

#define WORK_BYTES_PER_S 200   /* a probe of each side in 10 s: 54; a handshake in 120 s: 3 */
#define WORK_HOLD_MS	 60000 /* it counts as at work for so long after it last was */

struct work_peer {
	struct id membership;
	struct address address;
	uint64_t bytes;
	struct mono at, until; /* when they were counted; ns 0: not at work */
};

typedef VEC(struct work_peer) work_vec;

/* `now` has memberships, addresses and bytes; sorts it, finds out the rest by what was before, and
 * has it take that one's place. */
void work_follow(work_vec *before, work_vec *now, struct mono at);
/* In a sorted one. */
bool work_is_on(const work_vec *v, const struct id *membership, const struct address *address,
		struct mono at);

#endif
