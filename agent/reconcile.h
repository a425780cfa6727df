/* One round: observe, plan, apply, all memberships of the machine together. Bring-up, restart,
 * drift and teardown are this same path. */
#ifndef SKEIN_AGENT_RECONCILE_H
#define SKEIN_AGENT_RECONCILE_H

#include "agent/agent.h"
#include "agent/plan/desired.h"

struct reconcile_result {
	bool changed;	 /* something was applied */
	bool incomplete; /* a device is still coming: look again soon */
};

/* Errors are in agent->error and member->error, and have been logged. */
void reconcile(struct agent *a, struct reconcile_result *out);

/* What a round sees and wants, without applying: for status. The caller picture_fini()s. */
struct picture {
	struct observation seen;
	struct plan_membership *memberships; /* those with state, by number */
	struct plan_controller controllers[TOKEN_URLS_MAX];
	char opened[64][LINK_NAME_MAX];
	struct plan_input input;
	struct desired desired;
};
int picture_take(struct agent *a, struct picture *out, struct fault *f);
void picture_fini(struct picture *p);

#endif
