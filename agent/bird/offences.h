/* What members do by BGP that they may not, as BIRD tells it: it refuses all of it, and here is who
 * it was. BIRD shows what its filters refuse, and which session a limit ended; of messages that are
 * none, the last error of a session is gone with the next attempt, so its log says it. Only of
 * members and routers (sessions m_<index>): they announce what is theirs, so whatever a filter
 * refuses of them is not. (A gateway also reflects what its listener has no use for.)
 *
 * One look every ten seconds at most. What the filter refuses has to be there at two looks in a
 * row, for a member hears of a change some moments before its gateway, or after. What began stays
 * for a minute after it was last seen, so that one which comes and goes is said once.
 *
 * And of any neighbour in the mesh, that BFD with it is down at two looks in a row while BGP is up:
 * BIRD establishes a session again without waiting for BFD, and all looks well. Somebody drops UDP
 * port 3784; the neighbour's loss would be noticed late. */
#ifndef SKEIN_AGENT_BIRD_OFFENCES_H
#define SKEIN_AGENT_BIRD_OFFENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"

#define OFFENCES_MAX	 64   /* a membership's; more are not named */
#define OFFENCES_LOOK_MS 9000 /* less than the agent's own period */
#define OFFENCES_KEEP_MS 60000
#define OFFENCES_HOLD_MS 60000 /* a session that a limit ended is enabled again */

enum offence_kind {
	OFFENCE_ROUTES,	   /* announces what is not approved for it, or not as it may */
	OFFENCE_FLOOD,	   /* so much of it that BIRD ended the session */
	OFFENCE_MALFORMED, /* what it sends is no BGP */
	OFFENCE_UNWATCHED, /* BFD with it stays down: nobody's fault that could be told */
	OFFENCE_KINDS
};
extern const char *const offence_kinds[OFFENCE_KINDS]; /* in JSON */
extern const char *const offence_texts[OFFENCE_KINDS]; /* follow the member's name */

struct offence {
	enum offence_kind kind;
	uint32_t peer;	 /* index in the mesh */
	uint64_t routes; /* OFFENCE_ROUTES: so many are refused now */
	struct mono since, seen;
	bool sure; /* seen twice, or plain at once */
	bool said; /* logged */
};

struct offences {
	VEC(struct offence) list;
	struct mono looked; /* ns 0: never */
	uint64_t changes;   /* what is sure began, or ended */
	uint64_t log_at;    /* the log was read up to here, */
	bool log_known;	    /* from where it ended at the first look */
};

void offences_fini(struct offences *o);
/* True, once, when it is time for another look. */
bool offences_due(struct offences *o, struct mono now);
/* Takes what a look saw, and what the log has got since the last one (whole lines). `bfd` NULL:
 * BIRD did not say. Pure. */
void offences_take(struct offences *o, const struct bird_protocols *seen,
		   const struct bird_bfd *bfd, const char *log, struct mono now);

#endif
