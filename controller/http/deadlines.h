/* Which of many deadlines comes first: a binary heap. What waits has its deadline embedded, so that
 * it can be moved or taken out wherever it is. */
#ifndef SKEIN_CONTROLLER_HTTP_DEADLINES_H
#define SKEIN_CONTROLLER_HTTP_DEADLINES_H

#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/base/vec.h"

struct deadline {
	struct mono at;
	size_t place; /* in the heap, from 1 on; 0: in none */
};

struct deadlines { /* all zero: none */
	VEC(struct deadline *) heap;
};

void deadlines_fini(struct deadlines *d);
/* Adds it, or moves it. O(log n). Borrowed until it is cleared. */
void deadlines_set(struct deadlines *d, struct deadline *x, struct mono at);
void deadlines_clear(struct deadlines *d, struct deadline *x); /* one that is in none, too */
struct deadline *deadlines_first(const struct deadlines *d);   /* NULL: there is none */

#endif
