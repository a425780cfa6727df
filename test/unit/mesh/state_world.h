/* A mesh that changes at random, as signed images of its view: what deltas are tried on. */
#ifndef SKEIN_TEST_UNIT_MESH_STATE_WORLD_H
#define SKEIN_TEST_UNIT_MESH_STATE_WORLD_H

#include "lib/base/vec.h"
#include "lib/mesh/state.h"
#include "test/unit/net/random.h"

struct state_world {
	struct random random;
	uint8_t signing_key[64], signer[32], mesh_id[16];
	uint64_t revision;
	struct state_mesh mesh;
	VEC(struct state_peer) peers; /* names go with them */
	VEC(struct state_announced) prefixes;
	VEC(struct state_allowed) allowed;
	VEC(struct state_remote) remotes;
	VEC(struct state_let_in) let_in;
};

/* `seats` peers' places, some of them taken. */
void state_world_init(struct state_world *w, uint64_t seed, size_t seats);
void state_world_fini(struct state_world *w);
/* One change: of a peer, a prefix, the number of places, a peering, the mesh itself. */
void state_world_change(struct state_world *w);
/* A join in a place that is free; the only change. Returns the place. */
size_t state_world_join(struct state_world *w);
/* Appends the image, with a new revision. */
void state_world_sign(struct state_world *w, struct buf *out);

#endif
