#include "agent/plan/move.h"

#include <stdlib.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/endpoint.h"
#include "agent/plan/names.h"

#define STALLED_MS 20000 /* its routes are BIRD's again */

struct finder {
	struct facts *f;
	struct membership_facts *m;
	struct own_device {
		int index;
		const struct wg_device *now;
	} own[STATE_SLOT_MAX + 1]; /* by slot, whether a router has it or not */
	VEC(struct move_facts) found;
};

const struct move_facts *move_of(const struct membership_facts *m, uint32_t peer)
{
	for (size_t i = 0; i < m->nmoves; i++)
		if (m->moves[i].peer == peer)
			return &m->moves[i];
	return NULL;
}

/* ---- where the peer is ---- */

static void find_devices(struct finder *x)
{
	char name[LINK_NAME_MAX];

	x->own[0] = (struct own_device){
		.index = x->m->index,
		.now = observation_wg(x->f->in->seen, x->m->main),
	};
	for (unsigned s = 1; s <= STATE_SLOT_MAX; s++) {
		x->own[s].index = names_trunk(x->f, x->m, s, name);
		if (x->own[s].index != 0)
			x->own[s].now = observation_wg(x->f->in->seen, name);
	}
}

static const struct wg_peer *peer_on(const struct finder *x, unsigned slot,
				     const struct wg_key *key)
{
	return x->own[slot].now != NULL ? wg_device_peer(x->own[slot].now, key) : NULL;
}

/* Of other devices the one on which it greeted last. */
static const struct wg_peer *peer_elsewhere(const struct finder *x, const struct wg_key *key,
					    struct move_facts *mv)
{
	const struct wg_peer *last = NULL;

	for (unsigned s = 0; s <= STATE_SLOT_MAX; s++) {
		const struct wg_peer *p = s != mv->to ? peer_on(x, s, key) : NULL;

		if (p == NULL || (last != NULL && p->last_handshake.ms <= last->last_handshake.ms))
			continue;
		last = p;
		mv->from = (uint8_t)s;
		mv->from_index = x->own[s].index;
	}
	return last;
}

/* One that changes its key, and has done so, moves with the new one. */
static struct wg_key key_in_use(const struct finder *x, const struct state_peer *p)
{
	struct wg_key now, next;

	memcpy(now.bytes, p->key, sizeof(now.bytes));
	memcpy(next.bytes, p->next_key, sizeof(next.bytes));
	for (unsigned s = 0; s <= STATE_SLOT_MAX && (p->flags & STATE_PEER_HAS_NEXT_KEY) != 0; s++)
		if (peer_uses_next(peer_on(x, s, &next), peer_on(x, s, &now)))
			return next;
	return now;
}

/* ---- its phase ---- */

static const struct plan_move *last_of(const struct finder *x, const struct move_facts *mv)
{
	for (size_t i = 0; i < x->f->in->nmoves; i++) {
		const struct plan_move *p = &x->f->in->moves[i];

		if (id_equal(&p->membership, &x->m->id) && p->peer == mv->peer && p->to == mv->to)
			return p;
	}
	return NULL;
}

int64_t move_ms_in(const struct facts *f, const struct move_facts *mv, enum move_phase phase)
{
	return mv->last != NULL && mv->last->phase == phase
		       ? mono_ms_between(mv->last->since, f->in->clock)
		       : 0;
}

/* Nothing passes: there is no way that could be kept. */
static bool is_silent(const struct finder *x, const struct wg_peer *p)
{
	return x->f->in->now.ms - p->last_handshake.ms > ENDPOINT_SILENT_MS;
}

/* It greeted on the new device after it last did on the old one. */
static bool has_greeted(const struct wg_peer *there, struct wall before)
{
	return there->last_handshake.ms != 0 && there->last_handshake.ms >= before.ms;
}

bool move_is_at_old(const struct move_facts *mv)
{
	return mv->phase <= MOVE_MAKE || (mv->phase == MOVE_GREET && mv->greeted.ms == 0);
}

static bool has_arrived(const struct finder *x, const struct move_facts *mv,
			const struct wg_peer *there, struct wall before)
{
	return has_greeted(there, before) && mv->last != NULL && mv->last->led.ns != 0 &&
	       mono_ms_between(mv->last->led, x->f->in->clock) >= MOVE_DRAIN_MS;
}

/* What MOVE_GREET has come to. */
static void set_greeting(const struct finder *x, const struct wg_peer *there, struct move_facts *mv)
{
	if (mv->phase != MOVE_GREET || mv->before == NULL)
		return;
	if (has_greeted(there, mv->before->last_handshake))
		mv->greeted = there->last_handshake;
	if (mv->last == NULL || mv->last->phase != MOVE_GREET)
		mv->again = mv->greeted.ms == 0 && /* of an earlier time on this device */
			    there->last_handshake.ms != 0;
	else
		mv->again = mv->greeted.ms == 0 && mono_reached(mv->last->try_at, x->f->in->clock);
}

static bool is_found(const struct finder *x, uint32_t peer)
{
	for (size_t i = 0; i < x->found.n; i++)
		if (x->found.at[i].peer == peer)
			return true;
	return false;
}

static enum move_phase phase_of(const struct finder *x, const struct move_facts *mv,
				const struct wg_peer *there)
{
	if (mv->before == NULL)
		return MOVE_SETTLE;
	if (there == NULL)
		return MOVE_WAIT;
	return x->f->in->seen->has_learned ? MOVE_GREET : MOVE_MAKE;
}

static bool is_over(const struct finder *x, const struct move_facts *mv,
		    const struct wg_peer *before, const struct wg_peer *there)
{
	return is_silent(x, before) ||
	       (there != NULL && (has_arrived(x, mv, there, before->last_handshake) ||
				  move_ms_in(x->f, mv, MOVE_GREET) >= MOVE_OVERDUE_MS));
}

static void set_allowed(struct finder *x, struct move_facts *mv)
{
	prefix_vec allowed = {0};

	facts_allowed(x->m, mv->peer, &allowed); /* its address at least */
	mv->allowed = arena_copy(x->f->arena, allowed.at, allowed.n * sizeof(*allowed.at));
	mv->nallowed = allowed.n;
	vec_free(&allowed);
}

/* `led`: there are routes at metric 1 to it. */
static void consider(struct finder *x, uint32_t peer, bool led)
{
	const struct membership_facts *m = x->m;
	const struct state_peer *p = state_peer_at(m->from->view, peer);
	const struct router_facts *router = facts_router(m, peer);
	struct move_facts mv = {.peer = peer, .to = router != NULL ? router->slot : 0};
	const struct wg_peer *there;

	if (p == NULL || peer == m->self->peer || is_found(x, peer))
		return;
	mv.key = key_in_use(x, p);
	mv.to_index = x->own[mv.to].index;
	mv.address = state_peer_address(m->from->view, peer);
	mv.last = last_of(x, &mv);
	there = peer_on(x, mv.to, &mv.key);
	mv.before = peer_elsewhere(x, &mv.key, &mv);
	if (mv.before != NULL && is_over(x, &mv, mv.before, there))
		mv.before = NULL;
	mv.phase = phase_of(x, &mv, there);
	if (mv.phase == MOVE_SETTLE && (there == NULL || (mv.last == NULL && !led) ||
					move_ms_in(x->f, &mv, MOVE_SETTLE) >= MOVE_OVERDUE_MS))
		return;
	mv.stalled = move_ms_in(x->f, &mv, MOVE_WAIT) >= STALLED_MS;
	set_greeting(x, there, &mv);
	set_allowed(x, &mv);
	vec_push(&x->found, mv);
}

/* ---- who may be on the move ---- */

static void consider_key(struct finder *x, const struct wg_key *key)
{
	uint64_t n;
	const struct state_peer *peers = state_records(x->m->from->view, STATE_PEERS, &n);

	for (size_t i = 0; i < x->m->nrouters; i++)
		if (memcmp(peers[x->m->routers[i].peer].key, key->bytes, WG_KEY_SIZE) == 0)
			return;
	for (uint32_t i = 0; i < n; i++)
		if (memcmp(peers[i].key, key->bytes, WG_KEY_SIZE) == 0) {
			consider(x, i, false);
			return;
		}
}

static void consider_hop(struct finder *x, const struct route *r, const struct address *gateway)
{
	const struct prefix *cidr = &x->m->cidr;
	struct address at = *gateway;

	if (at.family == FAMILY_NONE && r->prefix.length == 32) {
		at.family = FAMILY_IPV4;
		memcpy(at.bytes, r->prefix.bytes, sizeof(at.bytes));
	}
	if (at.family == FAMILY_IPV4 && prefix_has(cidr, &at))
		consider(x, address_to_ipv4(&at) - prefix_to_ipv4(cidr), true);
}

static void consider_all(struct finder *x)
{
	const route_vec *routes = &x->f->in->seen->routes;

	for (size_t i = 0; i < routes->n; i++) {
		const struct route *r = &routes->at[i];

		if (r->metric != METRIC_MOVE)
			continue;
		if (r->nhops == 0)
			consider_hop(x, r, &r->gateway);
		for (size_t k = 0; k < r->nhops; k++)
			consider_hop(x, r, &r->hops[k].gateway);
	}
	for (size_t i = 0; i < x->m->nrouters; i++)
		consider(x, x->m->routers[i].peer, false);
	for (unsigned s = 1; s <= STATE_SLOT_MAX; s++)
		for (size_t i = 0; x->own[s].now != NULL && i < x->own[s].now->peers.n; i++)
			consider_key(x, &x->own[s].now->peers.at[i].key);
}

/* ---- all of them ---- */

static int compare_moves(const void *a, const void *b)
{
	const struct move_facts *x = a, *y = b;

	return (x->peer > y->peer) - (x->peer < y->peer);
}

static void find_in(struct facts *f, struct membership_facts *m)
{
	struct finder x = {.f = f, .m = m};

	find_devices(&x);
	consider_all(&x);
	moves_begin(f, m, x.found.at, x.found.n);
	vec_sort(&x.found, compare_moves);
	if (x.found.n > 0)
		m->moves = arena_copy(f->arena, x.found.at, x.found.n * sizeof(*x.found.at));
	m->nmoves = x.found.n;
	vec_free(&x.found);
}

/* What is only waited for, and has come, is over. */
static void drop_settled(struct membership_facts *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->nmoves; i++)
		if (m->moves[i].phase != MOVE_SETTLE || m->moves[i].held)
			m->moves[kept++] = m->moves[i];
	m->nmoves = kept;
}

void moves_find(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		find_in(f, &f->memberships[i]);
	move_routes_find(f);
	for (size_t i = 0; i < f->n; i++) {
		drop_settled(&f->memberships[i]);
		over_find(f, &f->memberships[i]);
	}
}
