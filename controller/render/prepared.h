/* What the members of a mesh share when they are rendered (render.h). */
#ifndef SKEIN_CONTROLLER_RENDER_PREPARED_H
#define SKEIN_CONTROLLER_RENDER_PREPARED_H

#include "controller/render/holdings.h"
#include "controller/render/render.h"

/* One side of a peering, as routes: what `prefixes` name of a mesh. */
struct shown {
	struct prefix_list parts;  /* of the mesh's CIDR: machines' addresses inside pass */
	struct prefix_list routes; /* approved prefixes inside, and parts of approved ones; not
				      limited to some users */
};

/* A part of an approved prefix of this mesh, which a peering shows without the rest. */
struct part {
	struct prefix prefix;
	size_t group; /* of holdings: who is approved for the whole */
};

/* A limited approval, and a member that may use it. */
struct usable {
	size_t member, holding; /* positions: of the membership, in holdings.at */
};

struct render {
	const struct mesh_rows *rows;
	const struct mesh_plan *plan;
	const struct holdings *holdings;
	const struct row_index *index;
	size_t *peers, npeers;	   /* memberships that are peers (have a key), by index */
	size_t *routers, nrouters; /* of these, the routers, by index */
	struct usable *usable;	   /* by member, then holding */
	struct span *usable_of;	   /* by membership */
	size_t *limited;	   /* by group: how many of its holdings are limited */
	struct shown *out, *in;	   /* by remote: of this mesh, of the other */
	struct part *parts;	   /* of all peerings, by prefix */
	size_t nparts;
	/* bird_define.c */
	const char *defines; /* of membership.conf, those that all have alike */
	/* guard.c */
	struct prefix_list inside;    /* what may be sent from within the mesh */
	struct prefix_list open;      /* of it, what all of the mesh may use */
	struct prefix_list *open_of;  /* by membership: its part, with its own address */
	struct prefix_list *let_in;   /* by remote */
	struct prefix_list *open_out; /* by remote: what of `open` the peering shows */
	struct prefix_list outside;   /* beyond all private addresses: behind an exit */
};

struct address render_address(const struct render *r, size_t member);
struct prefix render_host(const struct render *r, size_t member); /* its /32 */
bool render_is_router(const struct render *r, size_t member);
/* The members that this one may have a BGP session with, by index: with all of them but itself. */
const size_t *render_neighbours(const struct render *r, size_t member, size_t *n);
/* The holding in the announcement's terms. */
const struct announcement *render_announcement(const struct render *r, const struct holding *x);
/* Whether an approval is for some members only, and whether this one is among them. */
bool render_may_use(const struct render *r, size_t member, size_t holding);
/* The approval by which a member announces a part; NULL: it has none. */
const struct announcement *render_part(const struct render *r, const struct part *p, size_t member);
/* The prefixes that a gateway reflects to this member although they are limited: those that it may
 * use of all who have limited them. Arena. */
struct prefix_list render_granted(const struct render *r, size_t member, struct arena *a);
/* The same machine in the other mesh of remotes[remote]; NULL where it is not in it. */
const struct membership *render_elsewhere(const struct render *r, size_t member, size_t remote);
/* The same, where both are gateways: its instances of BIRD are siblings. */
const struct membership *render_sibling(const struct render *r, size_t member, size_t remote);

#endif
