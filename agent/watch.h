/* When to look again: when the kernel says that something changed (after a short while, for changes
 * come in crowds), when somebody asks, and every 10 s. The nftables table is looked at immediately:
 * until it stands again, clear text is let in. */
#ifndef SKEIN_AGENT_WATCH_H
#define SKEIN_AGENT_WATCH_H

#include "agent/agent.h"

int watch_start(struct agent *a, struct fault *f);
/* A round at the next turn of the loop. */
void watch_wake(struct agent *a);
void watch_round(struct agent *a); /* a round, before it returns */
void watch_stop(struct agent *a);

#endif
