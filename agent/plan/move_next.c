/* What one round leaves to the next: when it is to be, and what it is to be told. */
#include "agent/plan/move.h"

#define AGAIN_MS  50  /* while a device is coming, or the other end */
#define TRY_MS	  500 /* WireGuard itself would try again after 5 s; nothing is lost by waiting */
#define TRIES_MAX 3   /* from then on every 4 s */

static struct mono next_try(const struct facts *f, const struct move_facts *mv, unsigned tries)
{
	if (mv->last != NULL && mv->last->phase == MOVE_GREET && !mv->again &&
	    !mono_reached(mv->last->try_at, f->in->clock))
		return mv->last->try_at;
	return mono_add_ms(f->in->clock,
			   (int64_t)TRY_MS << (tries < TRIES_MAX ? tries : TRIES_MAX));
}

static unsigned tries_of(const struct move_facts *mv)
{
	return mv->last != NULL && mv->last->phase == mv->phase ? mv->last->tries + mv->again : 0;
}

static struct mono led_since(const struct facts *f, const struct move_facts *mv)
{
	return mv->last != NULL && mv->last->led.ns != 0 ? mv->last->led : f->in->clock;
}

/* When it goes on by itself. */
static struct mono wake_of(const struct facts *f, const struct move_facts *mv)
{
	const bool known = mv->last != NULL && mv->last->phase == mv->phase;
	const struct mono since = known ? mv->last->since : f->in->clock;
	struct mono at;

	switch (mv->phase) {
	case MOVE_GREET: /* WireGuard does not tell that it has */
		return move_is_at_old(mv) ? mono_add_ms(f->in->clock, AGAIN_MS)
					  : mono_add_ms(led_since(f, mv), MOVE_DRAIN_MS);
	case MOVE_SETTLE:
		return mono_add_ms(since, MOVE_OVERDUE_MS);
	default:
		at = mono_add_ms(since, mv->turn_ms);
		return mono_reached(at, f->in->clock)
			       ? mono_add_ms(f->in->clock, mv->stalled ? MOVE_OVERDUE_MS : AGAIN_MS)
			       : at;
	}
}

struct mono moves_wake(const struct facts *f)
{
	struct mono first = {0};

	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->memberships[i].nmoves; k++) {
			const struct mono at = wake_of(f, &f->memberships[i].moves[k]);

			if (first.ns == 0 || mono_reached(at, first))
				first = at;
		}
	return first;
}

void moves_remember(const struct facts *f, move_vec *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct membership_facts *m = &f->memberships[i];

		for (size_t k = 0; k < m->nmoves; k++) {
			const struct move_facts *mv = &m->moves[k];
			struct plan_move p = {.membership = m->id,
					      .peer = mv->peer,
					      .to = mv->to,
					      .phase = mv->phase,
					      .since = f->in->clock};

			if (mv->last != NULL && mv->last->phase == mv->phase)
				p.since = mv->last->since;
			p.tries = tries_of(mv);
			if (mv->phase == MOVE_GREET)
				p.try_at = next_try(f, mv, p.tries);
			if (mv->phase == MOVE_GREET && !move_is_at_old(mv))
				p.led = led_since(f, mv);
			vec_push(out, p);
		}
	}
}
