/* A controller that does not know this machine any more: it was restored from a backup of before we
 * joined. We go on as we are, and show it that we are there, by what only we have of it: the images
 * that it has signed. It lists us then, and keeps our addresses from others. */
#ifndef SKEIN_AGENT_FORGOTTEN_H
#define SKEIN_AGENT_FORGOTTEN_H

#include "agent/agent.h"

/* Shows each membership that has state. */
void forgotten_show(struct agent *a);

#endif
