/* Leaving: everything that the agent did on the machine is undone, and nothing else. */
#ifndef SKEIN_AGENT_LEAVE_H
#define SKEIN_AGENT_LEAVE_H

#include "agent/agent.h"

/* Tells the controller, unless it cannot be reached and `force` is set; then ends BIRD, takes away
 * devices, rules, routes, fences, pins, puts settings back, and removes keys and state. Nothing is
 * done when the controller could not be told and force is not set. */
int leave_now(struct agent *a, bool force, struct fault *f);
/* The machine is no longer joined: the agent may end. */
bool leave_is_done(const struct agent *a);

#endif
