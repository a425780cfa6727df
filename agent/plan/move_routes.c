/* The routes of those that move, at metric 1, in every table T of the machine: a gateway has
 * prefixes of one mesh in the tables of the others.
 *
 * Of each route that leads to a peer on the move there is a copy. A next hop to such a peer leads
 * over the device that it is reached by now; what it may no longer send, nothing is sent to it for:
 * then the next hop is left out. The copy stays until BIRD's route is right, or the state has one.
 * That BIRD has any other way is not enough: what a gateway reflects goes when the gateway moves
 * the peer as well. */
#include <stdlib.h>
#include <string.h>

#include "agent/plan/move.h"

struct holder {
	struct facts *f;
	route_vec out;
};

/* A route's next hop, and who of those on the move it leads to. */
struct way {
	struct route_hop hop;
	const struct membership_facts *m;
	struct move_facts *mv; /* NULL: none of them */
};

static size_t hop_count(const struct route *r)
{
	return r->nhops > 0 ? r->nhops : r->type == RTN_UNICAST && r->device != 0;
}

static struct route_hop hop_at(const struct route *r, size_t i)
{
	return r->nhops > 0 ? r->hops[i] : (struct route_hop){r->device, r->gateway, 1, r->onlink};
}

static bool hop_leads(const struct route *r, const struct route_hop *h, const struct address *peer)
{
	const struct prefix host = prefix_of_address(peer);

	return h->gateway.family != FAMILY_NONE ? address_equal(&h->gateway, peer)
						: prefix_equal(&r->prefix, &host);
}

bool move_routes_lead(const struct route *r, const struct address *peer)
{
	for (size_t i = 0; i < hop_count(r); i++) {
		const struct route_hop h = hop_at(r, i);

		if (hop_leads(r, &h, peer))
			return true;
	}
	return false;
}

static struct move_facts *mover_of(const struct membership_facts *m, const struct route *r,
				   const struct route_hop *hop)
{
	for (size_t i = 0; i < m->nmoves; i++) {
		struct move_facts *mv = &m->moves[i];

		if (!mv->stalled && hop_leads(r, hop, &mv->address))
			return mv;
	}
	return NULL;
}

static struct way way_at(const struct facts *f, const struct route *r, size_t i)
{
	struct way w = {.hop = hop_at(r, i)};

	for (size_t k = 0; k < f->n && w.mv == NULL; k++) {
		w.m = &f->memberships[k];
		w.mv = mover_of(w.m, r, &w.hop);
	}
	return w;
}

static bool is_stale(const struct way *w)
{
	return w->mv != NULL && !move_is_at_old(w->mv) && w->hop.device != w->mv->to_index;
}

/* ---- is it right without a copy? ---- */

/* Not where a gateway must have heard of it itself: it shows other meshes what BIRD has. */
static bool has_state(const struct way *w, const struct route *r)
{
	const struct prefix host = prefix_of_address(&w->mv->address);
	uint64_t n;
	const struct state_announced *a = state_records(w->m->from->view, STATE_PREFIXES, &n);

	if (w->m->gateway && r->table == w->m->table)
		return false;
	if (prefix_equal(&r->prefix, &host))
		return true;
	for (uint64_t i = 0; i < n && r->table == w->m->table; i++) {
		const struct prefix p = state_prefix_get(&a[i].prefix);

		if (a[i].peer == w->mv->peer && (a[i].flags & STATE_ANNOUNCED_SOLE) != 0 &&
		    prefix_equal(&p, &r->prefix))
			return facts_usable(w->m, &a[i]);
	}
	return false;
}

static const struct route *learned(const struct facts *f, const struct route *r)
{
	const route_vec *v = &f->in->seen->learned;
	const struct route key = {.table = r->table, .prefix = r->prefix, .metric = METRIC_BIRD};

	return v->n == 0 ? NULL : bsearch(&key, v->at, v->n, sizeof(key), route_compare);
}

static bool is_back(const struct facts *f, const struct route *copy)
{
	const struct route *now = learned(f, copy);
	bool by_state = false, needed = false, back = false;

	for (size_t i = 0; i < hop_count(copy); i++) {
		const struct way w = way_at(f, copy, i);

		if (w.mv == NULL)
			continue;
		if (w.mv->phase != MOVE_SETTLE) /* a packet to the old device would call it back */
			return false;
		needed = true;
		by_state = by_state || has_state(&w, copy);
	}
	for (size_t i = 0; now != NULL && i < hop_count(now); i++) {
		const struct way w = way_at(f, now, i);

		if (is_stale(&w))
			return false;
		back = back || w.mv != NULL;
	}
	return by_state || (now != NULL && (back || !needed));
}

/* ---- the copies ---- */

bool move_may_send(const struct move_facts *mv, const struct prefix *p)
{
	for (size_t i = 0; i < mv->nallowed; i++)
		if (prefix_contains(&mv->allowed[i], p))
			return true;
	return false;
}

/* The next hops as they are to be; how many. */
static size_t lead_now(const struct facts *f, const struct route *r, struct route_hop *hops)
{
	size_t n = 0;

	for (size_t i = 0; i < hop_count(r); i++) {
		const struct way w = way_at(f, r, i);
		struct route_hop h = w.hop;

		if (w.mv != NULL && !move_may_send(w.mv, &r->prefix))
			continue;
		if (w.mv != NULL) {
			h.device = move_is_at_old(w.mv) ? w.mv->from_index : w.mv->to_index;
			h.onlink = h.gateway.family != FAMILY_NONE;
		}
		if (h.device != 0)
			hops[n++] = h;
	}
	return n;
}

static bool is_copied(const struct holder *x, const struct route *r)
{
	for (size_t i = 0; i < x->out.n; i++)
		if (x->out.at[i].table == r->table &&
		    prefix_equal(&x->out.at[i].prefix, &r->prefix))
			return true;
	return false;
}

static void copy(struct holder *x, const struct route *r)
{
	struct route_hop *hops = arena_array(x->f->arena, hop_count(r) + 1, sizeof(*hops));
	size_t n = lead_now(x->f, r, hops);
	struct route copy = *r;

	if (n == 0 || is_copied(x, r))
		return;
	route_set_hops(&copy, hops, n);
	copy.metric = METRIC_MOVE;
	copy.protocol = (uint8_t)x->f->in->config->protocol;
	if (is_back(x->f, &copy))
		return;
	vec_push(&x->out, copy);
	for (size_t i = 0; i < hop_count(&copy); i++) {
		const struct way w = way_at(x->f, &copy, i);

		if (w.mv != NULL)
			w.mv->held = true;
	}
}

static bool is_table(const struct facts *f, uint32_t table)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->memberships[i].table == table)
			return true;
	return false;
}

/* It leads to one on the move, and would not without more. */
static bool needs_copy(const struct facts *f, const struct route *r)
{
	for (size_t i = 0; is_table(f, r->table) && i < hop_count(r); i++) {
		const struct way w = way_at(f, r, i);

		if (w.mv != NULL &&
		    (r->metric == METRIC_MOVE || move_is_at_old(w.mv) || is_stale(&w)))
			return true;
	}
	return false;
}

static void copy_all(struct holder *x, const route_vec *routes, uint32_t metric)
{
	for (size_t i = 0; i < routes->n; i++)
		if (routes->at[i].metric == metric && needs_copy(x->f, &routes->at[i]))
			copy(x, &routes->at[i]);
}

/* In the order in which they hold. */
void move_routes_find(struct facts *f)
{
	const struct observation *seen = f->in->seen;
	struct holder x = {.f = f};

	copy_all(&x, &seen->routes, METRIC_MOVE);
	copy_all(&x, &seen->learned, METRIC_BIRD);
	copy_all(&x, &seen->routes, METRIC_STATE);
	f->nheld = x.out.n;
	if (x.out.n > 0)
		f->held = arena_copy(f->arena, x.out.at, x.out.n * sizeof(*x.out.at));
	vec_free(&x.out);
}
