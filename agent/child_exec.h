/* fork and exec, detached. */
#ifndef SKEIN_AGENT_CHILD_EXEC_H
#define SKEIN_AGENT_CHILD_EXEC_H

#include "agent/child.h"

/* A grandchild in a session of its own; returns when it has executed the program, or failed to. */
int child_exec_detached(const struct child_spec *spec, pid_t *pid, struct fault *f);

#endif
