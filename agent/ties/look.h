/* Looks at the neighbours: the round's picture has the devices, BIRD says the rest. */
#ifndef SKEIN_AGENT_TIES_LOOK_H
#define SKEIN_AGENT_TIES_LOOK_H

#include "agent/agent.h"
#include "agent/picture.h"

/* At most every two seconds, however often rounds are; into each member's ties. True when there is
 * something that the controller does not know. */
bool ties_look(struct agent *a, const struct picture *p, struct mono now);

#endif
