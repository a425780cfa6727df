/* What this machine is asked through the controller (lib/mesh/question.h), and its answers: a
 * program is run, and what it says goes out as it says it; while the controller takes nothing, the
 * program waits. So an answer of any length takes no memory here. */
#ifndef SKEIN_AGENT_QUESTION_H
#define SKEIN_AGENT_QUESTION_H

#include "agent/agent.h"
#include "lib/mesh/question.h"

/* As it came from the controller, copied. What is no question of the table is answered with that;
 * what is one too many is not answered. */
void question_start(struct agent *a, const struct question *q);
/* Ends all; contact_close() comes first. */
void question_stop(struct agent *a);

#endif
