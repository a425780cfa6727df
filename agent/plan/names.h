/* The names of a membership's devices: stem, number, and "t" and the slot for a trunk. They stay
 * while the main device stands; a name that somebody else has means the next free number. */
#ifndef SKEIN_AGENT_PLAN_NAMES_H
#define SKEIN_AGENT_PLAN_NAMES_H

#include "agent/plan/facts.h"

/* The index of the trunk of a slot, whose name goes to `out`; 0: it is not there, or not ours. The
 * main device's name is chosen already. */
int names_trunk(const struct facts *f, const struct membership_facts *m, unsigned slot,
		char out[LINK_NAME_MAX]);
/* Sets name and index of main device and trunks. Memberships before `m` in f have theirs. */
void names_choose(const struct facts *f, struct membership_facts *m);
/* "skein:" and the membership. */
const char *names_alias(const struct id *membership, char out[LINK_ALIAS_MAX]);

#endif
