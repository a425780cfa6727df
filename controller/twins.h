/* One identity in two places: a machine whose state directory was copied.
 *
 * Each start of an agent has a name of its own (header Skein-Start), which comes with its polls. A
 * machine that reboots, or whose agent is started again, changes from one start to the next and
 * never back. Of two that share an identity each comes back after the other, again and again: a
 * start that has come back three times within an hour is not the only one.
 *
 * A request of a start that is over can come late, after one of the next start: each start does
 * that once at most, as it polls once at a time, and is not counted up to three by that. */
#ifndef SKEIN_CONTROLLER_TWINS_H
#define SKEIN_CONTROLLER_TWINS_H

#include "controller/model.h"

#define TWINS_START_MAX 128	/* characters of a start's name */
#define TWINS_RETURNS	3	/* of one start */
#define TWINS_WITHIN_MS 3600000 /* of its first one */

struct twins;

struct twins *twins_new(void);
void twins_free(struct twins *t); /* accepts NULL */

/* A start of the machine asks, from there. True when it is not the only one, and each time that it
 * comes back from then on; *other is where the last other one asked from. O(1). */
bool twins_seen(struct twins *t, row_t machine, const char *start, const struct address *from,
		struct mono now, struct address *other);
/* It begins anew: an operator has decided, or it is gone. */
void twins_forget(struct twins *t, row_t machine);

#endif
