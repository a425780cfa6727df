/* The machine as it is, and as it should be: what a round begins with, and what status and report
 * tell. */
#ifndef SKEIN_AGENT_PICTURE_H
#define SKEIN_AGENT_PICTURE_H

#include "agent/agent.h"
#include "agent/plan/desired.h"

#define PICTURE_OPENED_MAX 64

struct picture {
	struct observation seen;
	struct plan_membership *memberships; /* those with state, by number */
	struct plan_controller controllers[TOKEN_URLS_MAX];
	char opened[PICTURE_OPENED_MAX][LINK_NAME_MAX];
	struct plan_input input;
	struct desired desired;
};

/* Observes and plans; changes nothing. The caller picture_fini()s. */
int picture_take(struct agent *a, struct picture *out, struct fault *f);
void picture_fini(struct picture *p);

#endif
