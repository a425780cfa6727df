/* From a mesh's rows and plan to what agents get. struct render holds what the members of a mesh
 * share and is made once for each round; each member then costs what is its own:
 *
 *	gather_mesh → plan_slots → plan_mesh → render_prepare
 *	render_view                          once
 *	render_bird_text, render_membership  for each member
 *
 * All of it is pure, and the same rows give the same bytes: whether anything changed is seen by
 * comparing digests. */
#ifndef SKEIN_CONTROLLER_RENDER_RENDER_H
#define SKEIN_CONTROLLER_RENDER_RENDER_H

#include "controller/render/plan.h"
#include "lib/base/buf.h"

struct render;

/* Borrows rows and plan; it and all it holds live in the arena. */
struct render *render_prepare(const struct mesh_rows *rows, const struct mesh_plan *plan,
			      struct arena *a);

/* ---- MeshState: render/state_view.c, state.c, guard.c ---- */

/* Appends the body of the view, shared by all members of the mesh. */
void render_view(const struct render *r, struct buf *body);

/* What an image says beside the rows. */
struct render_image {
	/* The lowest view that the image goes with. The rule: render with 0 and compare the body's
	 * digest with the one that was stored; where it is the same, the image stays as it is, with
	 * its revision; where it differs, render_image_stamp() the body with the view's present
	 * revision (that view was rendered from the same rows) and sign it. So it rises only when
	 * the image itself changes, and the view is never older than what the image refers to. */
	uint64_t view_revision;
	struct digest templates, text; /* BLAKE2b of what /mesh/bird gives for this membership */
};

/* Appends the body of the image of memberships[member]. Cost: that of its own sections; what
 * members share is copied. */
void render_membership(const struct render *r, size_t member, const struct render_image *in,
		       struct buf *body);
/* Writes view_revision into a body that render_membership() made. */
void render_image_stamp(struct buf *body, uint64_t view_revision);

/* ---- BIRD: render/bird.c, bird_text.c ---- */

/* Appends membership.conf of memberships[member]. */
void render_bird_text(const struct render *r, size_t member, struct buf *text);
/* Appends templates.conf: base, filters, member, gateway, sibling (.conf), each from the first of
 * the directories that has it: the override before what was installed. */
int render_bird_templates(const char *const *directories, size_t n, struct buf *out,
			  struct fault *f);

#endif
