/* Which of two routes to a prefix is better, and by which step: BIRD's order, which is that of RFC
 * 4271, 9.1.2.2, with what others have put before and between.
 *
 * It reasons from what can be seen. Options of a session can change the outcome without being seen
 * (`prefer older`, `med metric`, `compare path lengths off`, other defaults); so the best is what
 * BIRD marks, and this says why, or that it cannot tell. */
#ifndef SKEIN_CLI_BGP_DECIDE_H
#define SKEIN_CLI_BGP_DECIDE_H

#include "lib/base/buf.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"

enum decision {
	DECISION_PREFERENCE,
	DECISION_KIND, /* of the protocols: from here on both are BGP's */
	DECISION_SUPPRESSED,
	DECISION_RESOLVABLE,
	DECISION_STALE,
	DECISION_LOCAL_PREF,
	DECISION_AIGP,
	DECISION_PATH,
	DECISION_ORIGIN,
	DECISION_MED,
	DECISION_EXTERNAL,
	DECISION_IGP,
	DECISION_ROUTER_ID,
	DECISION_CLUSTERS,
	DECISION_ADDRESS,
	DECISION_NONE, /* nothing that can be seen tells them apart */
};

/* Of a route, what the steps compare. Borrows texts of the route and the session. */
struct contender {
	const char *protocol;
	bool best, bgp;
	int64_t values[DECISION_NONE]; /* by step: the smaller one wins */
	uint32_t neighbour_as;	       /* MED is compared between routes of one */
	struct address peer;
};

/* `session`: the protocol that the route is from; NULL if it is not known. */
void contender_read(const struct bird_route *r, const struct bird_protocol *session,
		    struct contender *out);
/* The first step that tells them apart; *better: below 0 if it is `a`, above if it is `b`. */
enum decision contender_decide(const struct contender *a, const struct contender *b, int *better);

/* "as-path-length" */
const char *decision_name(enum decision d);
/* "RFC 4271, 9.1.2.2 a" */
const char *decision_rule(enum decision d);
/* "shorter AS path: 1 before 2" */
void decision_put(enum decision d, const struct contender *winner, const struct contender *loser,
		  struct buf *out);
/* Whether both are used where a kernel protocol merges paths: told apart after the IGP's metric. */
bool decision_is_equal_cost(enum decision d);

#endif
