/* A growing array of any type: VEC(struct route) routes = {0}; vec_push(&routes, r); vec_free().
 * Element i is v.at[i], for i < v.n. */
#ifndef SKEIN_BASE_VEC_H
#define SKEIN_BASE_VEC_H

#include <stdlib.h>

#include "lib/base/arena.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *at;                                                                          \
		size_t n, cap;                                                                     \
	}

/* Room for one more; amortized O(1). */
#define vec_room(v)                                                                                \
	do {                                                                                       \
		if ((v)->n == (v)->cap) {                                                          \
			(v)->cap = (v)->cap ? (v)->cap * 2 : 16;                                   \
			(v)->at = mem_resize((v)->at, (v)->cap, sizeof(*(v)->at));                 \
		}                                                                                  \
	} while (0)

#define vec_push(v, ...)                                                                           \
	do {                                                                                       \
		vec_room(v);                                                                       \
		(v)->at[(v)->n++] = (__VA_ARGS__);                                                 \
	} while (0)

#define vec_free(v)                                                                                \
	do {                                                                                       \
		free((v)->at);                                                                     \
		(v)->at = NULL;                                                                    \
		(v)->n = (v)->cap = 0;                                                             \
	} while (0)

#define vec_sort(v, compare)                                                                       \
	do {                                                                                       \
		if ((v)->n > 1)                                                                    \
			qsort((v)->at, (v)->n, sizeof(*(v)->at), compare);                         \
	} while (0)

#endif
