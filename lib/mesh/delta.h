/* Deltas: from one revision of an image to a later one, by what differs (docs/mesh-state.md).
 *
 * A delta is a row of steps. A step is a head, which has the whole signed root of the revision that
 * it leads to, and operations that say where the body of that revision differs from the one before.
 * So a join is one step: a root and two records, whatever the size of the mesh.
 *
 * Applying one costs what it touches: the pages with a difference are made anew beside the image,
 * hashed, and the top of the tree (state_tree.h) has to be the one that the root was signed with;
 * of the records only those that changed are looked at, where the directory did not. Only then the
 * pages are exchanged. */
#ifndef SKEIN_MESH_DELTA_H
#define SKEIN_MESH_DELTA_H

#include "lib/mesh/state.h"
#include "lib/mesh/state_tree.h"

#define DELTA_MAGIC   "SKEINDL\n"
#define DELTA_VERSION 1u

/* ---- the format: heads, operations, data, without padding between them ---- */

struct delta_head {
	char magic[8];
	uint32_t version;
	uint32_t nops;		/* struct delta_op, right behind the head */
	uint64_t data_size;	/* bytes for DELTA_DATA, behind the operations */
	uint64_t base;		/* the revision that it starts from, */
	uint8_t base_top[32];	/* with these pages */
	struct state_root root; /* of the revision that it leads to */
};

/* In ascending order of `to`, none reaching into the next. What none says is as it was at the same
 * place, or zero where there was nothing. */
struct delta_op {
	uint64_t to;	 /* in the new body */
	uint64_t from;	 /* DELTA_COPY: in the old body; else 0 */
	uint32_t length; /* not 0 */
	uint32_t kind;	 /* enum delta_kind */
};

enum delta_kind {
	DELTA_DATA = 1, /* the next `length` bytes of the data */
	DELTA_COPY = 2, /* what was at `from` */
	DELTA_ZERO = 3,
};

/* ---- making ---- */

/* Appends the step from one image to a later one of the same kind; both were made by state_sign()
 * and are taken on trust. False, and nothing, if it would be longer than max bytes. O(size): the
 * two are compared. */
struct delta_image {
	const void *data; /* aligned as for state_open() */
	size_t len;
};
bool delta_encode(struct delta_image from, struct delta_image to, size_t max, struct buf *out);

/* ---- looking ---- */

/* The size of the first of the steps in `delta`; 0: it is none, or not all there. */
size_t delta_step_size(const void *delta, size_t len);
/* The revision that a step, which is all there, starts from. */
uint64_t delta_base(const void *step);

/* ---- applying ---- */

/* An image in memory that deltas may change. */
struct delta_target {
	uint8_t *data;	   /* borrowed; page-aligned or as malloc gives it */
	uint64_t capacity; /* bytes of it that may be written */
	struct state_image image;
	struct state_tree tree;
};

/* state_open() for the first `size` bytes of `data`. Caller delta_target_fini()s after success. */
int delta_target_open(struct delta_target *t, void *data, uint64_t size, uint64_t capacity,
		      const struct state_expect *expect, struct fault *f);
void delta_target_fini(struct delta_target *t);

/* Applies all steps, or, on an error, none: the image is as it was. The first has to start from
 * exactly this image, each leads to a later revision of it, signed by `signer`. Afterwards the
 * image is, byte for byte, the one that was signed. *undo (NULL: not wanted) leads back; caller
 * delta_undo_free()s.
 * ERR_MISMATCH: starts from another image, or leads to one of somebody else; ERR_STALE: to none
 * that is later; ERR_SIGNATURE; ERR_TOO_LARGE: beyond the capacity; ERR_TRUNCATED, ERR_INVALID,
 * ERR_UNSUPPORTED. */
struct delta_undo;
int delta_apply(struct delta_target *t, const void *delta, size_t len, const uint8_t signer[32],
		struct delta_undo **undo, struct fault *f);
/* Right after delta_apply(): the image is what it was before. Frees `undo`. */
void delta_undo(struct delta_target *t, struct delta_undo *undo);
void delta_undo_free(struct delta_undo *undo); /* accepts NULL */

#endif
