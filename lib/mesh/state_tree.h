/* The hashes of an image's pages, as the tree whose top the signature covers.
 *
 * The hashes of the pages are hashed in groups of 128 (they fill a page), those hashes again, until
 * one is left. So who changes a page hashes that page and a node a level: an image of 4 GiB has
 * three levels above its pages. A list, hashed as a whole, would cost what the image has pages. */
#ifndef SKEIN_MESH_STATE_TREE_H
#define SKEIN_MESH_STATE_TREE_H

#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/base/vec.h"

#define STATE_TREE_FANOUT 128u
#define STATE_TREE_LEVELS 4 /* 128^3 pages, the pages' own level included */

typedef VEC(struct digest) digest_vec;

struct state_tree {
	unsigned depth; /* levels in use; the last has one hash, the top */
	/* .n is how many there are; what lies behind stays as it was (state_tree_swap). */
	digest_vec levels[STATE_TREE_LEVELS];
};

/* Hashes all pages, at least one; frees nothing that was in `t`. Caller state_tree_fini()s. */
void state_tree_make(struct state_tree *t, const uint8_t *body, uint64_t pages);
/* The same, of hashes of pages that are known. */
void state_tree_raise(struct state_tree *t, const struct digest *pages, uint64_t n);
void state_tree_fini(struct state_tree *t);
const uint8_t *state_tree_top(const struct state_tree *t); /* 32 bytes */

struct state_tree_change {
	uint64_t at;
	struct digest hash;
};

struct state_tree_update {
	uint64_t pages; /* how many there are from then on */
	/* levels[0] is the caller's: in ascending order, every page that is new, and those that
	 * changed. The levels above it are worked out. */
	VEC(struct state_tree_change) levels[STATE_TREE_LEVELS];
};

/* Works out what the update makes of the tree, which stays as it is. O(changes · depth). */
void state_tree_try(const struct state_tree *t, struct state_tree_update *u, struct digest *top);
/* Makes the tree what state_tree_try() found, and the update what leads back by the same call, as
 * long as nothing else was done in between. */
void state_tree_swap(struct state_tree *t, struct state_tree_update *u);
void state_tree_update_fini(struct state_tree_update *u);

#endif
