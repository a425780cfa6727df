/* Where to send to a peer first. WireGuard follows a peer that moves by itself; this decides only
 * for one that was not heard of. */
#ifndef SKEIN_AGENT_PLAN_ENDPOINT_H
#define SKEIN_AGENT_PLAN_ENDPOINT_H

#include "agent/plan/facts.h"

struct endpoint_question {
	const struct facts *facts;
	const struct membership_facts *me;
	const struct state_peer *peer;
	const struct wg_peer *now; /* as the device has it; NULL: not yet */
};

/* Without a handshake for so long nothing passes: a session's keys live for 180 s (WireGuard's
 * REJECT_AFTER_TIME). */
#define ENDPOINT_SILENT_MS 180000

/* Whether the device sends to one that the peer has for this machine, as far as the state says. */
bool endpoint_is_expected(const struct endpoint_question *q);
/* The endpoint, and whether the device is to forget the one that it has: a peer that does not
 * answer is tried at each of its addresses in turn. Family 0: none is known, wait to be contacted.
 */
struct wg_endpoint endpoint_choose(const struct endpoint_question *q, bool *set);

#endif
