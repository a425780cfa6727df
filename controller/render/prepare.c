#include <stdlib.h>

#include "controller/render/bird_define.h"
#include "controller/render/guard.h"

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

/* A part of the CIDR is shown as it is named; what contains the CIDR shows all of it. */
static void show_part(const struct prefix *cidr, const struct prefix *named, prefix_vec *out)
{
	if (prefix_contains(cidr, named))
		vec_push(out, *named);
	else if (prefix_contains(named, cidr))
		vec_push(out, *cidr);
}

static bool has_one(const struct prefix_list *named, const struct prefix *p)
{
	for (size_t i = 0; i < named->n; i++)
		if (prefix_contains(&named->at[i], p))
			return true;
	return false;
}

/* Drops all of a prefix, sorted, that anyone limits to some users: it crosses to no other mesh. */
static void drop_limited(prefix_vec *routes, prefix_vec *limited)
{
	size_t kept = 0;

	vec_sort(routes, prefix_compare);
	vec_sort(limited, prefix_compare);
	for (size_t i = 0; i < routes->n; i++) {
		const struct prefix *p = &routes->at[i];

		if (kept > 0 && prefix_equal(&routes->at[kept - 1], p))
			continue;
		if (limited->n > 0 &&
		    bsearch(p, limited->at, limited->n, sizeof(*p), prefix_compare) != NULL)
			continue;
		routes->at[kept++] = *p;
	}
	routes->n = kept;
}

static struct shown show(const struct mesh *mesh, const struct prefix_list *named,
			 const struct announcement *all, size_t nall, struct arena *a)
{
	prefix_vec parts = {0}, routes = {0}, limited = {0};
	struct shown s;

	for (size_t i = 0; i < named->n; i++)
		show_part(&mesh->cidr, &named->at[i], &parts);
	for (size_t i = 0; i < nall; i++) {
		if (has_one(named, &all[i].prefix))
			vec_push(&routes, all[i].prefix);
		if (all[i].nusers > 0)
			vec_push(&limited, all[i].prefix);
	}
	prefix_vec_normalize(&parts);
	drop_limited(&routes, &limited);
	s.parts = prefix_list_keep(a, &parts);
	s.routes = prefix_list_keep(a, &routes);
	vec_free(&parts);
	vec_free(&routes);
	vec_free(&limited);
	return s;
}

static void prepare_shown(struct render *r, struct arena *a)
{
	const struct mesh_rows *rows = r->rows;

	r->out = arena_array(a, rows->nremotes, sizeof(r->out[0]));
	r->in = arena_array(a, rows->nremotes, sizeof(r->in[0]));
	for (size_t i = 0; i < rows->nremotes; i++) {
		const struct remote_rows *x = &rows->remotes[i];

		struct prefix_list out = {x->shown, x->nshown}, in = {x->let_in, x->nlet_in};

		r->out[i] = show(&rows->mesh, &out, rows->announcements, rows->nannouncements, a);
		r->in[i] = show(&x->mesh, &in, x->announcements, x->nannouncements, a);
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
	prepare_shown(r, a);
	render_prepare_guard(r, a);
	render_prepare_bird(r, a);
	return r;
}
