/* What the controller says: a long poll for the list of memberships and revisions; those that are
 * over end, and of the others what changed is fetched, one after the other (fetch_set.h). While the
 * controller is gone, all goes on as it was. */
#ifndef SKEIN_AGENT_FETCH_H
#define SKEIN_AGENT_FETCH_H

#include "agent/agent.h"

void fetch_start(struct agent *a);
void fetch_stop(struct agent *a);

#endif
