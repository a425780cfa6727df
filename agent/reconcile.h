/* One round: observe, plan, apply, all memberships of the machine together. Bring-up, restart,
 * drift and teardown are this same path. */
#ifndef SKEIN_AGENT_RECONCILE_H
#define SKEIN_AGENT_RECONCILE_H

#include "agent/agent.h"

struct reconcile_result {
	bool changed;	  /* something was applied, or goes wrong now, or no longer */
	bool incomplete;  /* a device is still coming: look again soon */
	bool probed;	  /* paths were: look again in a moment */
	struct mono wake; /* when the plan changes although nothing else does; ns 0: never */
};

/* Errors are in agent->error and member->error, and have been logged. */
void reconcile(struct agent *a, struct reconcile_result *out);

#endif
