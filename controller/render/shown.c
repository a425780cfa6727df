/* What a peering shows of a mesh, as routes.
 *
 * A prefix that it names is a part of the CIDR, or is or contains approved prefixes, or is a part
 * of an approved one. The last is announced by those who are approved for what is around it, to the
 * gateways only, beside that: so a part has the ways, the priorities and the life of its whole. */
#include "controller/render/shown.h"

#include <stdlib.h>

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

/* The longest approved prefix around one that is itself not approved; NULL: there is none, or there
 * is nothing to announce beside it, for it is shown whole. An exit is no whole. */
static const struct prefix *find_whole(const struct prefix_list *named,
				       const struct announcement *all, size_t n,
				       const struct prefix *part)
{
	const struct prefix *whole = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct prefix *p = &all[i].prefix;

		if (prefix_equal(p, part))
			return NULL;
		if (p->length > 0 && prefix_contains(p, part) &&
		    (whole == NULL || p->length > whole->length))
			whole = p;
	}
	return whole != NULL && !has_one(named, whole) ? whole : NULL;
}

static bool is_limited(const struct announcement *all, size_t n, const struct prefix *p)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].nusers > 0 && prefix_equal(&all[i].prefix, p))
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

	for (size_t i = 0; i < named->n; i++) {
		const struct prefix *whole = NULL;

		show_part(&mesh->cidr, &named->at[i], &parts);
		if (!prefix_contains(&mesh->cidr, &named->at[i]))
			whole = find_whole(named, all, nall, &named->at[i]);
		if (whole != NULL && !is_limited(all, nall, whole))
			vec_push(&routes, named->at[i]);
	}
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

static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* The group of the longest approved prefix with it, and whether that is more than it. */
static bool find_group(const struct holdings *h, const struct prefix *p, size_t *group)
{
	for (uint8_t length = p->length; length > 0; length--) {
		const struct prefix whole = prefix_ipv4(prefix_to_ipv4(p), length);

		if (holdings_find(h, &whole, group))
			return length < p->length;
	}
	return false;
}

static void prepare_parts(struct render *r, struct arena *a)
{
	VEC(struct part) parts = {0};
	size_t kept = 0, group;

	for (size_t i = 0; i < r->rows->nremotes; i++)
		for (size_t k = 0; k < r->out[i].routes.n; k++)
			if (find_group(r->holdings, &r->out[i].routes.at[k], &group))
				vec_push(&parts, (struct part){r->out[i].routes.at[k], group});
	vec_sort(&parts, compare_parts);
	for (size_t i = 0; i < parts.n; i++)
		if (kept == 0 || compare_parts(&parts.at[kept - 1], &parts.at[i]) != 0)
			parts.at[kept++] = parts.at[i];
	r->parts = kept > 0 ? arena_copy(a, parts.at, kept * sizeof(*parts.at)) : NULL;
	r->nparts = kept;
	vec_free(&parts);
}

void render_prepare_shown(struct render *r, struct arena *a)
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
	prepare_parts(r, a);
}
