/* `skein-agent run`: the agent's life. */
#ifndef SKEIN_AGENT_LOOP_H
#define SKEIN_AGENT_LOOP_H

#include "agent/agent.h"

/* What run and leave need before the first round: identity, stored state, sockets. Caller
 * agent_close()s, also after an error. */
int agent_open(struct agent *a, uv_loop_t *loop, struct fault *f);
void agent_close(struct agent *a);

/* Until SIGTERM or SIGINT, or until it has left. Children go on. */
int agent_run(struct agent *a, struct fault *f);

#endif
