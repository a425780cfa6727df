/* Moves: a peer becomes a router, ceases to be one or gets another slot, and so is reached over
 * another device than before. Make before break:
 *
 *	wait	the new device is not there yet: all is as it was
 *	make	it is a peer of both devices, on the new one with the endpoint that the old one saw
 *	greet	the new device begins a handshake, and begins it anew where it does not come; all
 *		goes over the old device until it has (fence_moves.c). Then the routes lead over the
 *		new one, and what still comes to the old one is taken for a moment
 *	settle	it is a peer of the new device only; BIRD, whose session has lost its device, learns
 *		anew
 *
 * The handshake comes before the routes, for a device keeps few packets while it greets, and none
 * when the peer is removed and added to begin anew.
 *
 * All the while the routes that lead to it have copies at metric 1, before all others: over the old
 * device, then over the new one, until BIRD or the state has them. So what comes and goes in BIRD
 * meanwhile changes nothing, and all that move can move at once.
 *
 * What a move has come to is seen on the machine: on which devices the peer is, when it last
 * greeted there, which routes are at metric 1. So an agent that was killed in the middle goes on
 * where it was. Only what has to do with waiting is remembered from round to round
 * (struct plan_move). */
#ifndef SKEIN_AGENT_PLAN_MOVE_H
#define SKEIN_AGENT_PLAN_MOVE_H

#include "agent/plan/facts.h"

#define MOVE_OVERDUE_MS 10000 /* the old device, and the routes at metric 1, are given up */
/* After the routes lead over the new device, for what is on its way by the old one. */
#define MOVE_DRAIN_MS 250

enum move_phase { MOVE_WAIT, MOVE_MAKE, MOVE_GREET, MOVE_SETTLE };

/* What one round tells the next. */
struct plan_move {
	struct id membership;
	uint32_t peer;
	uint8_t to; /* slot; 0: the main device */
	enum move_phase phase;
	struct mono since;  /* in this phase */
	struct mono try_at; /* MOVE_GREET: when its handshake is to be begun anew */
	struct mono led;    /* MOVE_GREET: since when the routes lead over the new device; ns 0 */
	unsigned tries;
};

struct move_facts {
	uint32_t peer;
	struct address address;
	struct wg_key key; /* that it uses now, of the two while that is rotated */
	enum move_phase phase;
	uint8_t from, to; /* slots */
	int from_index, to_index;
	const struct wg_peer *before; /* as the old device has it; NULL: it has left that */
	bool again;		      /* begin its handshake anew */
	struct wall greeted;	      /* MOVE_GREET: it has, then; ms 0: not yet */
	int64_t turn_ms;	      /* so long it waits in any case */
	bool lingers;		      /* so that others can go on sending by it */
	bool stalled;		      /* it waits for too long: its routes are left to BIRD */
	const struct plan_move *last; /* of the last round; NULL: it is noticed now */
	const struct prefix *allowed; /* what it may send */
	size_t nallowed;
	bool held; /* there are routes at metric 1 for it */
};

/* Fills the memberships' `moves` and `over`, and what is held at metric 1. */
void moves_find(struct facts *f);
/* The move that this peer is in; NULL: none. */
const struct move_facts *move_of(const struct membership_facts *m, uint32_t peer);
/* For how long it has been in this phase; 0: it was not in it in the last round. */
int64_t move_ms_in(const struct facts *f, const struct move_facts *mv, enum move_phase phase);
/* The routes to it lead over the old device. */
bool move_is_at_old(const struct move_facts *mv);
/* What the peer's new place lets it send. */
bool move_may_send(const struct move_facts *mv, const struct prefix *p);

/* ---- move_begin.c ---- */

/* Takes those in MOVE_WAIT that may begin to MOVE_MAKE; says of the others how long they wait. */
void moves_begin(const struct facts *f, const struct membership_facts *m, struct move_facts *list,
		 size_t n);

/* ---- move_next.c ---- */

/* When a move goes on by itself; ns 0: none does. */
struct mono moves_wake(const struct facts *f);
/* What the next round is to be told. Appends. */
void moves_remember(const struct facts *f, move_vec *out);

/* ---- over.c ---- */

/* Fills m->over, and adds trunks that are being left. */
void over_find(const struct facts *f, struct membership_facts *m);
/* The device over which a peer is reached now; 0: it is not there yet. */
int over_device(const struct membership_facts *m, uint32_t peer);

/* ---- move_routes.c ---- */

/* Fills f->held, and says of each move whether it has any of it. */
void move_routes_find(struct facts *f);
/* Whether the route is one to this peer. */
bool move_routes_lead(const struct route *r, const struct address *peer);

#endif
