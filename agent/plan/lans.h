/* The machine's own networks that it offers to a mesh. */
#ifndef SKEIN_AGENT_PLAN_LANS_H
#define SKEIN_AGENT_PLAN_LANS_H

#include "agent/plan/facts.h"

typedef VEC(const struct link *) lan_vec;

/* The devices over which main reaches an approved prefix. Cost: the routes of main. */
struct lans lans_of(const struct plan_input *in, const struct prefix *p, struct arena *a);
/* The device that has it as an address: what a service of the machine itself is reached by. Nothing
 * is forwarded to it, so the device is no LAN. NULL: none that is up and not ours. */
const struct link *lans_own_address(const struct plan_input *in, const struct prefix *p);
/* Those of all approved prefixes of all memberships, and of an exit's default route, once each.
 * Appends. */
void lans_all(const struct facts *f, lan_vec *out);
bool lans_has(const struct lans *l, const struct link *device);
/* Is it one of all of them? */
bool lans_have(const struct facts *f, const struct link *l);

#endif
