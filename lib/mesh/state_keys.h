/* Who has this key: an index of a view's peers by their keys, the present and the next ones. It is
 * made from the image by whoever needs it, and is no part of it: 8 bytes a peer, O(n) to make, O(1)
 * to ask. */
#ifndef SKEIN_MESH_STATE_KEYS_H
#define SKEIN_MESH_STATE_KEYS_H

#include "lib/mesh/state.h"

struct state_keys {
	const struct state_peer *peers; /* borrowed, as long as the view is */
	uint32_t *at; /* peer indices; 0: free, for nobody is the mesh's address */
	uint64_t mask;
	uint8_t secret[16];
};

/* Of a checked view. Caller state_keys_fini()s. */
void state_keys_make(struct state_keys *k, const struct state_image *view);
void state_keys_fini(struct state_keys *k);
/* The peer's index; 0: nobody has it. */
uint32_t state_keys_find(const struct state_keys *k, const uint8_t key[32]);

#endif
