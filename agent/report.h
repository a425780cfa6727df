/* What the controller hears of this machine: what is applied, what went wrong, how it can be
 * reached, what it offers to announce. After a round that changed something, and every 60 s. */
#ifndef SKEIN_AGENT_REPORT_H
#define SKEIN_AGENT_REPORT_H

#include "agent/agent.h"
#include "agent/picture.h"

void report_start(struct agent *a);
/* Within a moment: several reasons make one report. */
void report_soon(struct agent *a);
void report_stop(struct agent *a);

/* The body of POST /mesh/report. Pure but for agent's own state. */
void report_body(const struct agent *a, const struct picture *p, struct buf *out);
/* Networks that the machine is connected to: enrolment tells them too. In the arena. */
struct json_texts;
void report_networks(const struct facts *f, struct arena *arena, struct json_texts *out);

#endif
