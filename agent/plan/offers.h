/* How what this machine has to offer stands: whether it is announced now, and whether it has come
 * back so lately that others are to be preferred.
 *
 * What is announced, goes (no route to it any more, or its health check says so) and comes back, is
 * second to the same prefix of other machines until it has been there for `stable_ms` without a
 * break: a router that flaps gets nothing back meanwhile. It is announced all the same, with
 * GRACEFUL_SHUTDOWN as a drained machine's, so that it serves at once where nobody else does. */
#ifndef SKEIN_AGENT_PLAN_OFFERS_H
#define SKEIN_AGENT_PLAN_OFFERS_H

#include "agent/plan/facts.h"

/* Of the approval with this index; NULL: the usual ones. */
const struct state_terms *offers_terms(const struct membership_facts *m, uint64_t approval);
bool offers_translated(const struct own_prefix *own);
/* Into what is approved: announced, held; held_until. A part is as its whole. */
void offers_gather(const struct plan_input *in, struct membership_facts *m);
/* After a round, what it saw: for the next. */
void offers_follow(offer_vec *v, const struct membership_facts *m, struct mono now);
/* NULL: not among them. */
struct plan_offer *offers_find(offer_vec *v, const struct prefix *p);

#endif
