/* Who is approved for what: the announcements of a mesh in order of prefix, each with its member.
 * Those with the same prefix are a group; whoever is in a group of several is a router. */
#ifndef SKEIN_CONTROLLER_RENDER_HOLDINGS_H
#define SKEIN_CONTROLLER_RENDER_HOLDINGS_H

#include "controller/render/plan.h"

struct holding {
	struct prefix prefix;
	size_t member, announcement; /* positions in mesh_rows */
	size_t group;
};

struct holdings {
	struct holding *at; /* sorted by prefix, then member */
	size_t n;
	struct span *groups; /* of `at`, in order of prefix: what lies inside one follows it */
	size_t ngroups;
	size_t *by_member; /* positions in `at`, in order of member, then prefix */
	struct span *own;  /* per member: of by_member */
};

/* Position of the membership with this row, or SIZE_MAX. */
struct row_index;
const struct row_index *row_index_make(const struct mesh_rows *rows, struct arena *a);
size_t row_index_find(const struct row_index *x, row_t row);

/* In the arena. ERR_INVALID for an announcement of a membership that is not among the rows, or two
 * of one membership for one prefix. O((members + announcements) · log). */
int holdings_make(const struct mesh_rows *rows, struct arena *a, struct holdings *out,
		  struct fault *f);
/* Moves what was collected into the arena, and empties the collection. */
struct prefix_list prefix_list_keep(struct arena *a, prefix_vec *v);

/* The group of a prefix; false: nobody is approved for it. O(log). */
bool holdings_find(const struct holdings *h, const struct prefix *p, size_t *group);
/* Does it make its member a router? What others may announce too does; and an exit, whose users
 * must hear of its loss from itself. */
bool holding_makes_router(const struct holdings *h, const struct holding *x);
/* A member's holding in the group, or NULL. O(log). */
const struct holding *holdings_of(const struct holdings *h, size_t group, size_t member);

#endif
