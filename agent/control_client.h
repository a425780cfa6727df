/* Asking the agent that runs here, by the socket of agent/control.h. */
#ifndef SKEIN_AGENT_CONTROL_CLIENT_H
#define SKEIN_AGENT_CONTROL_CLIENT_H

#include "agent/config.h"
#include "lib/base/buf.h"

/* One command, the whole answer, appended. ERR_NOT_FOUND: no agent runs. */
int agent_control_ask(const struct config *c, const char *command, int timeout_ms,
		      struct buf *answer, struct fault *f);

#endif
