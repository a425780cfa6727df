/* When a move may begin: when its new device is there, it is this machine's turn, and nobody who is
 * concerned loses by it. */
#include <linux/if.h>

#include "agent/plan/endpoint.h"
#include "agent/plan/move.h"

#define LINGER_MS 8000	/* so long an authorization that others have too stays */
#define TURN_MS	  50	/* from one member's turn to the next one's */
#define TURNS_MS  5000	/* in a large mesh all of them together */
#define FELLOW_MS 5000	/* so long one of two that both move waits for the other */
#define RESEAT_MS 30000 /* after the own slot changed, the other end has moved as well */

/* All members greet the peer at its new place: not all at once. */
static int64_t turn_of(const struct membership_facts *m)
{
	int64_t before = 0, all = 0;
	uint64_t n;

	state_records(m->from->view, STATE_PEERS, &n);
	for (uint32_t i = 0; i < n; i++) {
		bool there = state_peer_at(m->from->view, i) != NULL;

		all += there;
		before += there && i < m->self->peer;
	}
	return all * TURN_MS > TURNS_MS ? before * TURNS_MS / all : before * TURN_MS;
}

/* Two that have both got another slot move towards each other. If both began at once, each would
 * greet a device that the other is about to leave. So the second one waits until it sees that the
 * first has come to the device where it belongs. */
static bool waits_for_fellow(const struct facts *f, const struct membership_facts *m,
			     const struct move_facts *mv)
{
	const struct endpoint_question q = {
		.facts = f,
		.me = m,
		.peer = state_peer_at(m->from->view, mv->peer),
		.now = mv->before,
	};

	if (m->from->moved.ns == 0 || mono_ms_between(m->from->moved, f->in->clock) > RESEAT_MS)
		return false;
	return m->self->peer > mv->peer && move_ms_in(f, mv, MOVE_WAIT) < FELLOW_MS &&
	       mv->before->endpoint.address.family != FAMILY_NONE && !endpoint_is_expected(&q);
}

/* It ceases to be one of several: others may not have heard yet, and send what comes by it. */
static bool is_one_less(const struct membership_facts *m, const struct move_facts *mv)
{
	for (size_t i = 0; i < mv->before->nallowed; i++)
		if (!move_may_send(mv, &mv->before->allowed[i]) &&
		    facts_others_may(m, mv->peer, &mv->before->allowed[i]))
			return true;
	return false;
}

static bool is_ready(const struct facts *f, const struct move_facts *mv)
{
	const struct link *l = link_by_index(&f->in->seen->links, mv->to_index);

	return l != NULL && (l->flags & IFF_UP) != 0 &&
	       observation_wg(f->in->seen, l->name) != NULL && f->in->seen->has_learned;
}

void moves_begin(const struct facts *f, const struct membership_facts *m, struct move_facts *list,
		 size_t n)
{
	const int64_t turn_ms = n > 0 ? turn_of(m) : 0;

	for (size_t i = 0; i < n; i++) {
		struct move_facts *mv = &list[i];

		if (mv->phase != MOVE_WAIT)
			continue;
		mv->lingers = is_one_less(m, mv);
		mv->turn_ms = turn_ms + (mv->lingers ? LINGER_MS : 0);
		if (move_ms_in(f, mv, MOVE_WAIT) < mv->turn_ms || !is_ready(f, mv) ||
		    waits_for_fellow(f, m, mv))
			continue;
		mv->phase = MOVE_MAKE;
		mv->lingers = false;
	}
}
