/* The plan of a mesh: from rows to who is whose router, over which slot, with which authorizations.
 * Pure: rows in, a plan out; nothing here knows the store, JSON or a file format. render/state.c and
 * render/bird.c write what this says. */
#ifndef SKEIN_CONTROLLER_RENDER_PLAN_H
#define SKEIN_CONTROLLER_RENDER_PLAN_H

#include "controller/model.h"
#include "lib/base/arena.h"

/* Everything about one mesh that rendering needs, gathered from the store in one snapshot. */
struct mesh_rows {
	struct mesh mesh;
	struct membership *memberships; /* sorted by index */
	size_t nmemberships;
	const char **names; /* machine names, parallel */
	struct id *machines; /* parallel */
	struct announcement *announcements; /* approved ones */
	size_t nannouncements;
	struct remote_rows { /* the mesh at the other end of each peering */
		struct id peering;
		struct mesh mesh;
		struct prefix *shown; /* of this mesh, to the other */
		size_t nshown;
		struct prefix *let_in; /* of the other mesh, to this one */
		size_t nlet_in;
		struct announcement *announcements; /* approved ones of the other mesh */
		size_t nannouncements;
		struct membership *memberships; /* of machines that are in both; sorted by machine */
		size_t nmemberships;
	} *remotes;
	size_t nremotes;
};

struct router_plan {
	size_t member; /* index into mesh_rows.memberships */
	uint8_t slot;
	bool gateway;
};

/* Authorization: what a peer may send, and to whom that holds. */
struct allowed_plan {
	struct prefix *at; /* sorted, disjoint; includes its own /32 */
	size_t n;
};

struct mesh_plan {
	struct router_plan *routers; /* sorted by slot, then index */
	size_t nrouters;
	struct allowed_plan *allowed; /* parallel to the memberships: as everybody sees it */
	bool *sole; /* parallel to the announcements: of one plain member */
};

/* Which memberships are routers, and their slots. Kept as they are where that is still right: a
 * colour changes only when it must. Slots that change are written into rows->memberships[].slot;
 * *changed says whether any was. ERR_EXHAUSTED beyond 63. */
int plan_slots(struct mesh_rows *rows, bool *changed, struct fault *f);
/* O(members + prefixes · log) for all but the overlaps, which are between routers only. */
int plan_mesh(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out,
	      struct fault *f);

#endif
