/* What the controller says: a long poll for the list of memberships and revisions, then the parts
 * that changed, one request at a time, and when a membership's set is complete it is verified,
 * stored and put to use as a whole. While the controller is gone, all goes on as it was. */
#ifndef SKEIN_AGENT_FETCH_H
#define SKEIN_AGENT_FETCH_H

#include "agent/agent.h"

void fetch_start(struct agent *a);
void fetch_stop(struct agent *a);

struct fetch_status {
	bool connected; /* the last request was answered */
	char error[FAULT_TEXT_MAX];
	struct wall answered; /* ms 0: never */
};
void fetch_status(const struct agent *a, struct fetch_status *out);

#endif
