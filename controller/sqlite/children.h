/* Rows that belong to a record and have no id of their own: its users, its prefixes. They are read
 * and replaced as a whole. */
#ifndef SKEIN_CONTROLLER_SQLITE_CHILDREN_H
#define SKEIN_CONTROLLER_SQLITE_CHILDREN_H

#include "controller/sqlite/record.h"

struct children {
	struct record record; /* RECORD_CHILD */
	/* The first parameter is the parent's row; `add` has the fields behind it, and is to change
	 * a row each time. */
	const struct statement *get, *clear, *add;
};

/* In the place of what is there. ERR_NOT_FOUND, without a fault, where `add` changed nothing. */
int children_set(struct store *s, const struct children *c, row_t parent, const void *items,
		 size_t n, struct fault *f);
/* Into an array in the arena; NULL and 0 where there are none, and on an error. */
int children_get(struct store *s, const struct children *c, row_t parent, struct arena *a,
		 void *out_array, size_t *n, struct fault *f);

#endif
