/* Whether anything still goes by a machine that an operator takes out of service: its table counts
 * what comes out of the tunnels and is not for its own mesh addresses (plan/fences.c), and that is
 * looked at every second, once its BIRDs have told everybody. Nothing for two seconds, and the
 * controller hears that it is idle. */
#ifndef SKEIN_AGENT_IDLE_H
#define SKEIN_AGENT_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct agent;
struct facts;

struct idle {
	uv_timer_t *timer; /* NULL: no loop runs, nobody looks */
	bool drained;	   /* in all of its memberships, of which there is one at least */
	bool counted;	   /* `packets` is of the last look */
	uint64_t packets;
	unsigned looks; /* in a row that saw none */
};

void idle_start(struct agent *a);
/* What a round has found. */
void idle_follow(struct agent *a, const struct facts *f);
/* It is drained, and nothing goes by it. */
bool idle_is(const struct idle *x);
void idle_stop(struct agent *a);

#endif
