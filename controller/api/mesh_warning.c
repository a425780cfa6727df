/* What is likely to hurt a mesh later is said at once, with the reason. */
#include "controller/api/shared.h"

#define FULL_MESH_WARN_ABOVE 50

void mesh_warn(struct call *c, const struct mesh *m, struct json_texts *out)
{
	if (m->ngateways == 1)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s has one gateway only: when it is down, nothing is reflected and "
			"nothing leaves the mesh",
			m->name);
	if (!m->route_reflector && m->nmembers > FULL_MESH_WARN_ABOVE)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s has route_reflector off and many members: each keeps a BGP "
			"session with every other",
			m->name);
}
