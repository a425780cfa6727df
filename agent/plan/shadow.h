/* Which prefixes of a mesh this machine does not reach there, because something of its own comes
 * first; and what that is, for status and report. */
#ifndef SKEIN_AGENT_PLAN_SHADOW_H
#define SKEIN_AGENT_PLAN_SHADOW_H

#include "agent/plan/facts.h"

struct shadow {
	struct prefix prefix, by;
	/* One of: the connected network's device; the membership that has `by`. */
	const char *device;
	const struct membership_facts *other;
};

/* Fills shadowed of every membership of `f` that is not refused, by prefix; all else is there. */
void shadows_gather(struct facts *f);
/* Of this prefix; NULL: it is not shadowed. */
const struct shadow *shadow_of(const struct membership_facts *m, const struct prefix *p);
/* The same, by a network that the machine is connected to: nothing of the mesh is installed. */
bool shadow_by_network(const struct membership_facts *m, const struct prefix *p);

#endif
