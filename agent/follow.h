/* Peers that are about to change their key: they greet by the next one when they have, and from
 * then on what they send is dropped until their allowed IPs have followed. So their devices are
 * looked at every 20 ms until they have done so: in a large mesh less often, so that it costs a
 * tenth of the time at most; and one that has not changed its key for minutes is no longer waited
 * for like that. It is a short way only: a round does the same (plan/peers.c). */
#ifndef SKEIN_AGENT_FOLLOW_H
#define SKEIN_AGENT_FOLLOW_H

#include <uv.h>

#include "agent/plan/desired.h"

struct follow {
	uv_timer_t *timer; /* NULL: no loop runs, nobody is followed */
	VEC(struct desired_follow) list;
	struct arena arena; /* what they are allowed */
	struct mono since;  /* one has been in the list that was not before */
};

void follow_start(struct follow *f, uv_loop_t *loop);
/* What a round has found. */
void follow_take(struct follow *f, const struct desired *d);
void follow_stop(struct follow *f);

#endif
