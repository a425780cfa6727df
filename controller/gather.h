/* From the store to the rows that a mesh is rendered from, in one snapshot. */
#ifndef SKEIN_CONTROLLER_GATHER_H
#define SKEIN_CONTROLLER_GATHER_H

#include "controller/render/plan.h"
#include "controller/store.h"

/* Everything is in the arena. All memberships are there, in order of index; who is no peer (no key
 * yet, or its machine is revoked or frozen) has has_key == false and a zero key. What these have
 * approved stays listed: it must not become a way in clear. ERR_NOT_FOUND when the mesh is gone.
 * O(m log m) in the members of the mesh and in what it and its peered meshes announce. The store
 * must not be in a snapshot; the writer's, in a transaction, will do as well. */
int gather_mesh(struct store *s, row_t mesh, struct arena *a, struct mesh_rows *out,
		struct fault *f);

#endif
