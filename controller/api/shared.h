/* What several resources have in common. */
#ifndef SKEIN_CONTROLLER_API_SHARED_H
#define SKEIN_CONTROLLER_API_SHARED_H

#include "controller/call.h"

/* api/membership.c: all of a machine, as an array as /memberships shows them. */
json_t *membership_encode_all(struct call *c, row_t machine);

/* api/machine.c: the machine that asks does so from two places, and is frozen. */
int machine_freeze(struct call *c, const struct address *other);

/* api/shared.c. Gives the routers of a mesh their slots after gateways or approvals changed, and
 * keeps them; touches the mesh. ERR_EXHAUSTED beyond 63. */
int slots_assign(struct call *c, row_t mesh);

/* api/mesh_warning.c: what is likely to hurt a mesh, and who tries to. Appends, MESH_WARNINGS_MAX
 * at most, for which there is room. */
#define MESH_COMPLAINTS_MAX 16 /* more are not named */
#define MESH_WARNINGS_MAX   (3 + MESH_COMPLAINTS_MAX)
void mesh_warn(struct call *c, const struct mesh *m, struct json_texts *out);

/* api/peering_warning.c: what a peering shows and nobody may announce. */
struct json_texts peering_warn(struct call *c, const struct peering *x, const struct mesh *a,
			       const struct mesh *b);

/* What must not overlap. All name both. */
/* A prefix must not be, or lie inside, the CIDR of its mesh or of a mesh that a peering joins. */
int overlap_check_prefix(struct call *c, const struct mesh *mesh, const struct prefix *p);
/* Two meshes that are to be peered, and what is approved in either against the other's CIDR. */
int overlap_check_meshes(struct call *c, const struct mesh *a, const struct mesh *b);

/* A prefix from a body; IPv6 is refused as not supported yet. `what` begins the error. */
/* One more thing that the machine which asks has all others of a mesh hear: ERR_BUSY (429) when
 * that is too much. */
int news_check(struct call *c);
int parse_prefix_ipv4(struct call *c, const char *what, const char *text, struct prefix *out);

/* Marks the machines of a mesh as changed: its name, or itself, is what they are told. */
int touch_members(struct call *c, row_t mesh);
/* Marks the meshes that peerings join to this one. */
int touch_peered(struct call *c, row_t mesh);

#endif
