/* A prefix is shadowed when it is equal to or inside what comes first in the rule block (rules.c):
 *
 *  1. a network that the machine is connected to: T throws it back to main, for everybody;
 *  2. the CIDR of another of its meshes;
 *  3. what T of a membership with a lower number leads to.
 *
 * 2 and 3 concern what starts on this machine: what a gateway forwards is looked up in T of the
 * mesh that it came from. What two of the machine's meshes know because a peering shows it is one
 * network, and never shadows itself. */
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
	if (own != NULL && own->lan != NULL)
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

/* Whether a rule of its own leads to it (rules.c, add_direct): another of the machine's meshes is
 * where it belongs, or knows it by a peering with the one where it belongs. */
static bool is_direct(const struct facts *f, const struct membership_facts *m, const way_vec *ways,
		      const struct way *w)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct membership_facts *other = &f->memberships[i];
		const struct way *there = other != m ? find_way(&ways[i], &w->prefix) : NULL;

		if (other == m)
			continue;
		if (same_mesh(other->from->mesh.bytes, w->origin) ||
		    (there != NULL && there->origin != NULL &&
		     same_mesh(w->origin, m->from->mesh.bytes) &&
		     same_mesh(there->origin, w->origin)))
			return true;
	}
	return false;
}

/* Another membership that has it first; NULL: it is reached where it belongs. */
static const struct membership_facts *find_first(const struct facts *f,
						 const struct membership_facts *m,
						 const way_vec *ways, const struct way *w,
						 struct prefix *by)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct membership_facts *other = &f->memberships[i];

		if (other != m && prefix_contains(&other->cidr, &w->prefix)) {
			*by = other->cidr;
			return same_mesh(other->from->mesh.bytes, w->origin) ? NULL : other;
		}
	}
	if (is_direct(f, m, ways, w))
		return NULL;
	for (size_t i = 0; i < f->n && &f->memberships[i] != m; i++) {
		const struct way *first = find_way(&ways[i], &w->prefix);

		if (first == NULL || first->origin == NULL)
			continue;
		*by = first->prefix;
		return same_mesh(first->origin, w->origin) ? NULL : &f->memberships[i];
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
			s.other = find_first(f, m, ways, w, &s.by);
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
