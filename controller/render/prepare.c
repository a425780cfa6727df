#include <stdlib.h>

#include "controller/render/bird_define.h"
#include "controller/render/guard.h"
#include "controller/render/shown.h"

static void prepare_peers(struct render *r, struct arena *a)
{
	const struct mesh_rows *rows = r->rows;

	r->peers = arena_array(a, rows->nmemberships, sizeof(r->peers[0]));
	r->routers = arena_array(a, r->plan->nrouters, sizeof(r->routers[0]));
	for (size_t m = 0; m < rows->nmemberships; m++) {
		if (!rows->memberships[m].has_key)
			continue;
		r->peers[r->npeers++] = m;
		if (render_is_router(r, m))
			r->routers[r->nrouters++] = m;
	}
}

static int compare_usable(const void *a, const void *b)
{
	const struct usable *x = a, *y = b;

	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	return (x->holding > y->holding) - (x->holding < y->holding);
}

/* Users of other meshes, and of none any more, are nobody here: a limited approval stays limited.
 */
static void prepare_usable(struct render *r, struct arena *a)
{
	const struct holdings *h = r->holdings;
	size_t sum = 0, n = 0;

	r->limited = arena_array(a, h->ngroups, sizeof(r->limited[0]));
	r->usable_of = arena_array(a, r->rows->nmemberships, sizeof(r->usable_of[0]));
	for (size_t i = 0; i < r->rows->nannouncements; i++)
		sum += r->rows->announcements[i].nusers;
	r->usable = arena_array(a, sum, sizeof(r->usable[0]));
	for (size_t i = 0; i < h->n; i++) {
		const struct announcement *x = render_announcement(r, &h->at[i]);

		r->limited[h->at[i].group] += x->nusers > 0;
		for (size_t k = 0; k < x->nusers; k++) {
			size_t member = row_index_find(r->index, x->users[k]);

			if (member != SIZE_MAX)
				r->usable[n++] = (struct usable){member, i};
		}
	}
	if (n > 1)
		qsort(r->usable, n, sizeof(r->usable[0]), compare_usable);
	for (size_t i = 0; i < n; i++) {
		struct span *s = &r->usable_of[r->usable[i].member];

		if (s->n++ == 0)
			s->first = i;
	}
}

struct render *render_prepare(const struct mesh_rows *rows, const struct mesh_plan *plan,
			      struct arena *a)
{
	struct render *r = arena_alloc(a, sizeof(*r));

	r->rows = rows;
	r->plan = plan;
	r->holdings = plan->holdings;
	r->index = row_index_make(rows, a);
	prepare_peers(r, a);
	prepare_usable(r, a);
	render_prepare_shown(r, a);
	render_prepare_guard(r, a);
	render_prepare_bird(r, a);
	return r;
}
