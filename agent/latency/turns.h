/* Whose turn it is to be probed, and what came of it: latency and loss of each way inside the mesh,
 * at a cost that does not depend on how many peers there are. Pure: time and packets are the
 * caller's (latency.h).
 *
 * A machine sends a probe every LATENCY_TICK_MS at most. Routers, and the peers that something goes
 * to or comes from (work.h), take turns in a circle each; the two circles alternate. Nobody's turn
 * comes more often than his circle's gap says, so that few peers cost less. A peer with which
 * nothing is exchanged is left in peace: a probe would have WireGuard begin a session for nothing.
 */
#ifndef SKEIN_AGENT_LATENCY_TURNS_H
#define SKEIN_AGENT_LATENCY_TURNS_H

#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"
#include "lib/net/prefix.h"

#define LATENCY_TICK_MS 200
#define LATENCY_GAPS_MS                                                                            \
	{                                                                                          \
		2000, 10000                                                                        \
	}		       /* by circle */
#define LATENCY_LOST_MS	  2000 /* an answer that comes later is none */
#define LATENCY_HISTORY	  32   /* loss is of so many probes */
#define LATENCY_RECENT	  8
#define LATENCY_PEERS_MAX 16384 /* of a machine; those beyond are not probed */

enum latency_circle { LATENCY_ROUTERS, LATENCY_OTHERS, LATENCY_CIRCLES };

struct latency_target {
	struct id membership;
	struct address from, to;
	int device;
	enum latency_circle circle;
};

struct latency_peer {
	struct latency_target target;
	struct mono sent; /* last; ns 0: never */
	uint32_t history; /* bit 0 is the last probe that is decided; set: it was answered */
	uint8_t decided;  /* up to LATENCY_HISTORY */
	uint32_t recent_us[LATENCY_RECENT];
	uint32_t answered; /* all of them; the last ones are in recent_us */
};

#define LATENCY_FLIGHT 16 /* more than LATENCY_LOST_MS has ticks */

struct latency_flight {
	bool used;
	uint16_t sequence;
	struct id membership;
	struct address to;
	struct mono sent;
	int64_t sent_ns; /* by the clock of answers */
};

struct latency_turns {
	VEC(struct latency_peer) peers; /* by membership, then address */
	VEC(size_t) circles[LATENCY_CIRCLES];
	size_t next[LATENCY_CIRCLES];
	enum latency_circle last;
	struct latency_flight flight[LATENCY_FLIGHT];
	uint16_t sequence;
};

typedef VEC(struct latency_target) latency_target_vec;

void latency_turns_fini(struct latency_turns *t);
/* Sorts `targets`. Those that were there before keep what is known of them. */
void latency_turns_follow(struct latency_turns *t, latency_target_vec *targets);
/* The one whose turn it is; NULL: nobody's. It counts as sent at `now` with *sequence. O(1). */
struct latency_target *latency_turns_take(struct latency_turns *t, struct mono now, int64_t now_ns,
					  uint16_t *sequence);
/* An answer; one that nobody waits for, or from somebody else, is nothing. */
void latency_turns_answer(struct latency_turns *t, uint16_t sequence, const struct address *from,
			  int64_t at_ns);
/* Those that got none in time are lost. */
void latency_turns_expire(struct latency_turns *t, struct mono now);
/* NULL: it is not probed. */
const struct latency_peer *latency_turns_find(const struct latency_turns *t,
					      const struct id *membership,
					      const struct address *to);
/* The median of the last answers, so that the one that waited for a handshake, or for a busy
 * computer, says nothing; 0: there was none. */
uint32_t latency_peer_us(const struct latency_peer *p);
/* In percent; 0 where nothing is decided. */
unsigned latency_peer_loss(const struct latency_peer *p);

#endif
