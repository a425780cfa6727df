/* Proof that one has an image, without all of it: its root, the hashes of its pages, and the first
 * page, which has the directory and what is small. Who knows the signer can tell that it is part of
 * an image that was signed. */
#ifndef SKEIN_MESH_STATE_EXCERPT_H
#define SKEIN_MESH_STATE_EXCERPT_H

#include "lib/mesh/state.h"
#include "lib/mesh/state_tree.h"

#define STATE_EXCERPT_PAGES_MAX 128
#define STATE_EXCERPT_MAX	(256 + STATE_EXCERPT_PAGES_MAX * 32 + STATE_PAGE)

/* Appends it; false where the image has more pages. */
bool state_excerpt_make(const struct state_image *s, const struct state_tree *tree,
			struct buf *out);
/* The root and the self record of a membership image's excerpt. ERR_TRUNCATED, ERR_INVALID,
 * ERR_UNSUPPORTED, ERR_SIGNATURE, ERR_MISMATCH (of a view). */
int state_excerpt_open(const void *data, size_t len, const uint8_t signer[32],
		       struct state_root *root, struct state_self *self, struct fault *f);

#endif
