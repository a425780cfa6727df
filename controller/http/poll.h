/* Long polls: who waits for news of a machine, until when.
 *
 * Between looking ("nothing new") and waiting a change can slip through; therefore who waits gives
 * the sequence number that it read before it looked, and is told when it is no longer the last. */
#ifndef SKEIN_CONTROLLER_HTTP_POLL_H
#define SKEIN_CONTROLLER_HTTP_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/http/deadlines.h"
#include "controller/model.h"

struct poll;

struct waiter {
	row_t machine;
	struct deadline deadline;
	/* Called once, on the thread that wakes or expires, without a lock of ours; the waiter is
	 * no longer in the poll then. */
	void (*wake)(struct waiter *w, bool expired);
	struct waiter *next, **link; /* the poll's */
};

struct poll *poll_new(void);
void poll_free(struct poll *p); /* nobody waits any more; accepts NULL */

uint64_t poll_sequence(struct poll *p);
/* False: something changed since `sequence`, or the poll is stopped: look again. */
bool poll_add(struct poll *p, struct waiter *w, uint64_t sequence);
void poll_wake(struct poll *p, row_t machine);
/* Of many machines, in ascending order. O(n), or O(waiters · log n) where that is less. */
void poll_wake_all(struct poll *p, const row_t *machines, size_t n);
/* Wakes those whose time is over: O(log waiters) for each of these. */
void poll_expire(struct poll *p, struct mono now);
/* Wakes all as expired; nobody waits from now on. */
void poll_stop(struct poll *p);
size_t poll_count(struct poll *p);

#endif
