/* A prefix is shadowed when it is equal to or inside what comes first in the rule block (rules.c):
 *
 *  1. a network that the machine is connected to: T throws it back to main, for everybody;
 *  2. the CIDR of another of its meshes;
 *  3. what another mesh has and a peering shows: it is reached directly;
 *  4. what T of a membership with a lower number leads to.
 *
 * 2 to 4 concern what starts on this machine: what a gateway forwards is looked up in T of the mesh
 * that it came from. What several of its meshes know because peerings show it is one network, and
 * never shadows itself. */
#include "agent/plan/shadow.h"

#include <stdlib.h>
#include <string.h>

/* What T of a membership has beside the CIDR of its mesh. */
struct way {
	struct prefix prefix;
	const uint8_t *origin; /* the mesh to which it belongs; NULL: T throws it back */
	bool of_others;	       /* a prefix that this machine wants to reach there */
};
typedef VEC(struct way) way_vec; /* by prefix, each once */

static void push_way(const struct membership_facts *m, const struct state_prefix *prefix,
		     const uint8_t *origin, way_vec *out)
{
	struct way w = {.prefix = state_prefix_get(prefix), .origin = origin};
	const struct own_prefix *own = facts_own(m, &w.prefix);

	if (w.prefix.family != FAMILY_IPV4 || w.prefix.length == 0)
		return;
	w.of_others = own == NULL;
	if (own != NULL && own_prefix_reached(own))
		w.origin = NULL;
	vec_push(out, w);
}

static bool same_mesh(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, sizeof(((struct id *)NULL)->bytes)) == 0;
}

static int compare_ways(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* Among equals, by the mesh: so that the order of what is seen does not matter. */
static int order_ways(const void *a, const void *b)
{
	const struct way *x = a, *y = b;
	int order = compare_ways(x, y);

	if (order != 0 || x->origin == NULL || y->origin == NULL)
		return order != 0 ? order : (x->origin != NULL) - (y->origin != NULL);
	return memcmp(x->origin, y->origin, sizeof(((struct id *)NULL)->bytes));
}

static void keep_first(way_vec *v)
{
	size_t kept = 0;

	vec_sort(v, order_ways);
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || compare_ways(&v->at[kept - 1], &v->at[i]) != 0)
			v->at[kept++] = v->at[i];
	v->n = kept;
}

static void list_ways(const struct membership_facts *m, way_vec *out)
{
	uint64_t nprefixes, nremotes, nlet_in;
	const struct state_announced *a = state_records(m->from->view, STATE_PREFIXES, &nprefixes);
	const struct state_remote *r = state_records(m->from->view, STATE_REMOTES, &nremotes);
	const struct state_let_in *l = state_records(m->from->view, STATE_LET_IN, &nlet_in);

	for (uint64_t i = 0; i < nprefixes; i++)
		if (facts_usable(m, &a[i]))
			push_way(m, &a[i].prefix, m->from->mesh.bytes, out);
	for (uint64_t i = 0; i < nlet_in; i++)
		if (l[i].remote < nremotes)
			push_way(m, &l[i].prefix, r[l[i].remote].mesh, out);
	for (uint64_t i = 0; i < nremotes; i++)
		push_way(m, &r[i].cidr, r[i].mesh, out);
	keep_first(out);
}

/* The longest that has all of the prefix; NULL: none. */
static const struct way *find_way(const way_vec *ways, const struct prefix *p)
{
	for (uint8_t length = p->length; length > 0 && ways->n > 0; length--) {
		const struct way key = {.prefix = prefix_ipv4(prefix_to_ipv4(p), length)};
		const struct way *w = bsearch(&key, ways->at, ways->n, sizeof(key), compare_ways);

		if (w != NULL)
			return w;
	}
	return NULL;
}

/* Where a rule of membership i leads a prefix: `by` has all of it, of the mesh `origin`. */
struct lead {
	struct prefix by;
	const uint8_t *origin;
};

/* 1400+i */
static bool leads_to_cidr(const struct facts *f, size_t i, const way_vec *ways,
			  const struct prefix *p, struct lead *out)
{
	const struct membership_facts *m = &f->memberships[i];

	(void)ways;
	*out = (struct lead){m->cidr, m->from->mesh.bytes};
	return prefix_contains(&m->cidr, p);
}

/* What a peering of membership k lets in from the mesh, of that what has the prefix. */
static bool lets_in(const struct membership_facts *k, const uint8_t *mesh, const struct prefix *p)
{
	uint64_t nremotes, n;
	const struct state_remote *r = state_records(k->from->view, STATE_REMOTES, &nremotes);
	const struct state_let_in *l = state_records(k->from->view, STATE_LET_IN, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix shown = state_prefix_get(&l[i].prefix);

		if (l[i].remote < nremotes && same_mesh(r[l[i].remote].mesh, mesh) &&
		    prefix_contains(&shown, p))
			return true;
	}
	return false;
}

/* 1650+i */
static bool leads_directly(const struct facts *f, size_t i, const way_vec *ways,
			   const struct prefix *p, struct lead *out)
{
	const uint8_t *mesh = f->memberships[i].from->mesh.bytes;
	const struct way *w = find_way(&ways[i], p);
	bool shown = false;

	if (w == NULL || w->origin == NULL || !same_mesh(w->origin, mesh) || !w->of_others)
		return false;
	for (size_t k = 0; k < f->n && !shown; k++)
		shown = k != i && lets_in(&f->memberships[k], mesh, p);
	*out = (struct lead){w->prefix, mesh};
	return shown;
}

/* 1700+i */
static bool leads_by_table(const struct facts *f, size_t i, const way_vec *ways,
			   const struct prefix *p, struct lead *out)
{
	const struct way *w = find_way(&ways[i], p);

	(void)f;
	if (w == NULL || w->origin == NULL)
		return false;
	*out = (struct lead){w->prefix, w->origin};
	return true;
}

/* The membership whose rule is the first for it; NULL: it is reached where it belongs. */
static const struct membership_facts *find_first(const struct facts *f, const way_vec *ways,
						 const struct membership_facts *m,
						 const struct way *w, struct prefix *by)
{
	static bool (*const rules[])(const struct facts *, size_t, const way_vec *,
				     const struct prefix *, struct lead *) = {
		leads_to_cidr, leads_directly, leads_by_table};
	struct lead lead;

	for (size_t rule = 0; rule < sizeof(rules) / sizeof(rules[0]); rule++)
		for (size_t i = 0; i < f->n; i++) {
			if (!rules[rule](f, i, ways, &w->prefix, &lead))
				continue;
			*by = lead.by;
			return &f->memberships[i] == m || same_mesh(lead.origin, w->origin)
				       ? NULL
				       : &f->memberships[i];
		}
	return NULL;
}

static void gather_membership(struct facts *f, struct membership_facts *m, const way_vec *ways)
{
	const way_vec *own = &ways[m - f->memberships];

	m->shadowed = arena_array(f->arena, own->n + 1, sizeof(*m->shadowed));
	for (size_t i = 0; i < own->n; i++) {
		const struct way *w = &own->at[i];
		const struct connected *network = facts_shadowing(f, &w->prefix);
		struct shadow s = {.prefix = w->prefix};

		if (!w->of_others)
			continue;
		if (network != NULL) {
			s.by = network->prefix;
			s.device = network->device;
		} else {
			s.other = find_first(f, ways, m, w, &s.by);
		}
		if (s.device != NULL || s.other != NULL)
			m->shadowed[m->nshadowed++] = s;
	}
}

void shadows_gather(struct facts *f)
{
	way_vec *ways = mem_alloc((f->n + 1) * sizeof(*ways));

	for (size_t i = 0; i < f->n; i++)
		list_ways(&f->memberships[i], &ways[i]);
	for (size_t i = 0; i < f->n; i++)
		gather_membership(f, &f->memberships[i], ways);
	for (size_t i = 0; i < f->n; i++)
		vec_free(&ways[i]);
	free(ways);
}

static int compare_shadows(const void *a, const void *b)
{
	const struct shadow *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

const struct shadow *shadow_of(const struct membership_facts *m, const struct prefix *p)
{
	const struct shadow key = {.prefix = *p};

	return m->nshadowed == 0
		       ? NULL
		       : bsearch(&key, m->shadowed, m->nshadowed, sizeof(key), compare_shadows);
}

bool shadow_by_network(const struct membership_facts *m, const struct prefix *p)
{
	const struct shadow *s = shadow_of(m, p);

	return s != NULL && s->device != NULL;
}
