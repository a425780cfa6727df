/* The plan of a mesh: from rows to who is whose router, over which slot, with which authorizations.
 * Pure: rows in, a plan out; nothing here knows the store, JSON or a file format. render/state.c
 * and render/bird.c write what this says. */
#ifndef SKEIN_CONTROLLER_RENDER_PLAN_H
#define SKEIN_CONTROLLER_RENDER_PLAN_H

#include "controller/model.h"
#include "lib/base/arena.h"
#include "lib/base/error.h"

/* Everything about one mesh that rendering needs, gathered from the store in one snapshot. */
struct mesh_rows {
	struct mesh mesh;
	struct membership *memberships; /* sorted by index */
	size_t nmemberships;
	const char **names;		    /* machine names, parallel */
	struct id *machines;		    /* parallel */
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
		struct membership
			*memberships; /* of machines that are in both; sorted by machine */
		size_t nmemberships;
	} * remotes;
	size_t nremotes;
};

struct router_plan {
	size_t member; /* index into mesh_rows.memberships */
	uint8_t slot;
	bool gateway;
};

struct prefix_list {
	struct prefix *at; /* sorted, disjoint unless said otherwise */
	size_t n;
};

/* Items first … first + n − 1 of some array. */
struct span {
	size_t first, n;
};

struct holdings;

struct mesh_plan {
	struct router_plan *routers; /* sorted by slot, then index */
	size_t nrouters;
	uint8_t *role;		     /* enum state_role, by membership */
	struct prefix_list *allowed; /* by membership; a gateway's is `gateway` and
					 what it has as an exit */
	struct prefix_list gateway;  /* what every gateway may send */
	/* By announcement: what of its prefix is authorized for its member by it. Not what a longer
	 * prefix gives to others only, nor an address of this mesh or a peered one, nor what a
	 * peering lets in. Sorted, disjoint; may be empty. */
	struct prefix_list *pieces;
	bool *sole; /* by announcement: of one plain member, which is a peer: routed from the state
		     */
	struct prefix *walls; /* CIDRs of this mesh and the peered ones, what is let in; sorted */
	size_t nwalls;
	struct holdings *holdings; /* who is approved for what (holdings.h) */
};

/* Which memberships are routers, and their slots. A router is a gateway, or is approved for a
 * prefix that another membership is approved for too, or is an exit: who goes out by it must hear
 * of its loss from itself. (Prefixes that contain one another make no routers: an address is
 * authorized for those who are approved for the longest prefix with it.)
 *
 * Kept as they are where that is still right: a colour changes only when it must. A new colour is
 * the lowest that no gateway and no overlapping router has, so that from nothing there is at most
 * one more than the most others that any router overlaps. Approving or withdrawing one prefix
 * changes at most two memberships, those affected; only when all 63 are taken are the slots of
 * routers that are no gateways given anew. Slots that change are written into
 * rows->memberships[].slot; *changed says whether any was. ERR_EXHAUSTED beyond 63, and then
 * nothing was written. O(members + announcements · log). */
int plan_slots(struct mesh_rows *rows, bool *changed, struct fault *f);
/* Everything in the arena; borrows nothing of `rows`. ERR_INVALID for an announcement of nobody.
 * O((members + announcements) · log), and for a prefix with others inside, as many steps more. */
int plan_mesh(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out,
	      struct fault *f);

#endif
