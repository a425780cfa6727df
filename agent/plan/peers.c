/* Who is a peer of which device, and with what allowed IPs. On the main device everybody who is no
 * router; on the trunk of a slot the routers of that slot, with what the membership image gives
 * them. */
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/endpoint.h"
#include "agent/plan/move.h"

#define KEEPALIVE_S   25
#define GREET_ALL_MAX 256

static bool has_key(const struct state_peer *p)
{
	static const uint8_t none[WG_KEY_SIZE];

	return memcmp(p->key, none, sizeof(none)) != 0;
}

static void put_peer(struct desired *d, struct desired_device *dev, struct wg_peer *p,
		     const prefix_vec *allowed)
{
	if (allowed->n > 0)
		p->allowed = arena_copy(&d->arena, allowed->at, allowed->n * sizeof(*allowed->at));
	p->nallowed = allowed->n;
	vec_push(&dev->wg.peers, *p);
}

/* On the new device of a move it is first sent to where the old one saw it: what else is known of
 * it is tried in turn with that, when it does not answer. */
static void set_move(const struct move_facts *mv, struct wg_peer *p)
{
	if (mv == NULL || mv->before == NULL)
		return;
	if (mv->before->endpoint.address.family != FAMILY_NONE &&
	    (mv->last == NULL || mv->last->tries % 2 == 0 ||
	     p->endpoint.address.family == FAMILY_NONE))
		p->endpoint = mv->before->endpoint;
	p->set_endpoint = false;
	p->again = mv->again;
	/* Nothing is sent before the routes lead there; then at once, traffic or not. */
	p->keepalive = mv->phase == MOVE_GREET ? KEEPALIVE_S : 0;
}

bool peer_uses_next(const struct wg_peer *next, const struct wg_peer *now)
{
	return next != NULL && next->last_handshake.ms != 0 &&
	       (now == NULL || next->last_handshake.ms >= now->last_handshake.ms);
}

/* `now` has been put: what it is allowed is what the next key will be. */
static void follow(struct desired *d, const struct desired_device *dev, const struct wg_peer *now,
		   const struct wg_peer *next)
{
	struct desired_follow f = {.now = now->key,
				   .next = next->key,
				   .allowed = now->allowed,
				   .nallowed = now->nallowed};

	memcpy(f.device, dev->name, sizeof(f.device));
	vec_push(&d->follows, f);
}

/* A peer whose key is rotated is on its device twice. Its allowed IPs go to the next key with the
 * first handshake of that, in one operation: WireGuard takes them from the other one. Until then
 * the next key waits to be contacted, where the peer is known to be. One that is moved is not
 * rotated at the same time: its next key is made known when it has moved. */
static void put_rotated(struct desired *d, struct desired_device *dev,
			const struct endpoint_question *q, const struct wg_peer *current,
			const prefix_vec *allowed)
{
	const struct wg_device *device = observation_wg(d->facts.in->seen, dev->name);
	const prefix_vec none = {0};
	struct wg_peer now = *current, next = *current;
	bool switched;

	memcpy(next.key.bytes, q->peer->next_key, sizeof(next.key.bytes));
	switched = device != NULL && peer_uses_next(wg_device_peer(device, &next.key), q->now);
	next.set_endpoint = false;
	if (q->now != NULL && q->now->endpoint.address.family != FAMILY_NONE)
		next.endpoint = q->now->endpoint;
	*(switched ? &now.keepalive : &next.keepalive) = 0;
	put_peer(d, dev, &now, switched ? &none : allowed);
	put_peer(d, dev, &next, switched ? allowed : &none);
	if (!switched && device != NULL)
		follow(d, dev, &now, &next);
}

static void add_peer(struct desired *d, struct desired_device *dev, uint32_t index,
		     const prefix_vec *allowed, uint16_t keepalive)
{
	const struct membership_facts *m = dev->membership;
	const struct move_facts *mv = move_of(m, index);
	const struct wg_device *now = observation_wg(d->facts.in->seen, dev->name);
	struct endpoint_question q = {
		.facts = &d->facts, .me = m, .peer = state_peer_at(m->from->view, index)};
	struct wg_peer out = {.keepalive = keepalive};

	if (mv != NULL && mv->phase == MOVE_WAIT)
		return;
	memcpy(out.key.bytes, mv != NULL ? mv->key.bytes : q.peer->key, sizeof(out.key.bytes));
	q.now = now != NULL ? wg_device_peer(now, &out.key) : NULL;
	out.endpoint = endpoint_choose(&q, &out.set_endpoint);
	set_move(mv, &out);
	if (mv == NULL && (q.peer->flags & STATE_PEER_HAS_NEXT_KEY) != 0)
		put_rotated(d, dev, &q, &out, allowed);
	else
		put_peer(d, dev, &out, allowed);
}

static bool is_taken(const struct desired_device *dev, const struct prefix *p)
{
	for (size_t i = 0; i < dev->wg.peers.n; i++)
		for (size_t k = 0; k < dev->wg.peers.at[i].nallowed; k++)
			if (prefix_equal(&dev->wg.peers.at[i].allowed[k], p))
				return true;
	return false;
}

static void keep_allowed(const struct desired_device *dev, const struct prefix *p, prefix_vec *out)
{
	if (!is_taken(dev, p))
		vec_push(out, *p);
}

/* What it has and may still send; or others may, who send it this way for a moment more. */
static void kept_allowed(const struct desired_device *dev, const struct move_facts *mv,
			 prefix_vec *out)
{
	for (size_t i = 0; i < mv->before->nallowed; i++) {
		const struct prefix *has = &mv->before->allowed[i];

		if (move_may_send(mv, has) ||
		    (mv->lingers && facts_others_may(dev->membership, mv->peer, has))) {
			keep_allowed(dev, has, out);
			continue;
		}
		for (size_t k = 0; k < mv->nallowed; k++)
			if (prefix_contains(has, &mv->allowed[k]))
				keep_allowed(dev, &mv->allowed[k], out);
	}
	vec_sort(out, prefix_compare);
}

/* On the old device nobody else is given anything for it. */
static void keep_peer(struct desired *d, struct desired_device *dev, const struct move_facts *mv)
{
	struct wg_peer out = {.key = mv->before->key, .endpoint = mv->before->endpoint};
	prefix_vec list = {0};

	kept_allowed(dev, mv, &list);
	/* Whatever it sent would call the peer back. */
	out.keepalive = mv->phase == MOVE_GREET ? 0 : mv->before->keepalive;
	put_peer(d, dev, &out, &list);
	vec_free(&list);
}

/* STATE_ALLOWED is sorted by peer, as is the walk over the peers. */
static void main_peers(struct desired *d, struct desired_device *dev)
{
	const struct membership_facts *m = dev->membership;
	const struct state_image *view = m->from->view;
	uint64_t npeers, nallowed, next = 0;
	const struct state_allowed *allowed = state_records(view, STATE_ALLOWED, &nallowed);
	prefix_vec list = {0};

	state_records(view, STATE_PEERS, &npeers);
	for (uint32_t i = 0; i < npeers; i++) {
		const struct state_peer *p = state_peer_at(view, i);
		struct address own;

		while (next < nallowed && allowed[next].peer < i)
			next++;
		if (p == NULL || i == m->self->peer || !has_key(p) || p->slot != 0 ||
		    facts_router(m, i) != NULL)
			continue;
		own = state_peer_address(view, i);
		list.n = 0;
		vec_push(&list, prefix_of_address(&own));
		for (; next < nallowed && allowed[next].peer == i; next++)
			vec_push(&list, state_prefix_get(&allowed[next].prefix));
		vec_sort(&list, prefix_compare);
		add_peer(d, dev, i, &list, 0);
	}
	vec_free(&list);
}

static void trunk_peers(struct desired *d, struct desired_device *dev)
{
	const struct membership_facts *m = dev->membership;
	prefix_vec list = {0};

	for (size_t i = 0; i < m->nrouters; i++) {
		const struct router_facts *r = &m->routers[i];

		if (r->slot != dev->slot || r->peer == m->self->peer ||
		    !has_key(state_peer_at(m->from->view, r->peer)))
			continue;
		list.n = 0;
		facts_allowed(m, r->peer, &list);
		/* Between routers both ends are reachable; a plain member keeps its way open. */
		add_peer(d, dev, r->peer, &list, m->router ? 0 : KEEPALIVE_S);
	}
	vec_free(&list);
}

static void moving_peers(struct desired *d, struct desired_device *dev)
{
	const struct membership_facts *m = dev->membership;

	for (size_t i = 0; i < m->nmoves; i++)
		if (m->moves[i].before != NULL && m->moves[i].from == dev->slot)
			keep_peer(d, dev, &m->moves[i]);
}

/* With another private key a device cannot send any more until it has greeted; it still takes what
 * comes by the sessions that it had. So it greets at once, where it would have to sooner or later:
 * by both keys of a peer that changes its own at the same time. Who has been silent for long has no
 * session to lose; in a large mesh all these together would only delay the others. */
static void greet_peers(struct desired *d, struct desired_device *dev)
{
	const struct wg_device *now = observation_wg(d->facts.in->seen, dev->name);

	if (now == NULL || !now->has_private_key ||
	    wg_key_compare(&now->public_key, &dev->wg.public_key) == 0)
		return;
	for (size_t i = 0; i < dev->wg.peers.n; i++) {
		struct wg_peer *p = &dev->wg.peers.at[i];
		const struct wg_peer *seen = wg_device_peer(now, &p->key);
		int64_t silent =
			seen != NULL ? d->facts.in->now.ms - seen->last_handshake.ms : INT64_MAX;

		p->greet = silent <= ENDPOINT_SILENT_MS || dev->wg.peers.n <= GREET_ALL_MAX;
	}
}

void plan_peers(struct desired *d)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		struct desired_device *dev = &d->devices.at[i];

		if (dev->slot == 0)
			main_peers(d, dev);
		else
			trunk_peers(d, dev);
		moving_peers(d, dev);
		vec_sort(&dev->wg.peers, wg_key_compare);
		greet_peers(d, dev);
	}
}
