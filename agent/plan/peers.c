/* Who is a peer of which device, and with what allowed IPs. On the main device everybody who is no
 * router; on the trunk of a slot the routers of that slot, with what the membership image gives
 * them. */
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/endpoint.h"

#define KEEPALIVE_S 25

static bool has_key(const struct state_peer *p)
{
	static const uint8_t none[WG_KEY_SIZE];

	return memcmp(p->key, none, sizeof(none)) != 0;
}

static const struct wg_peer *peer_now(const struct wg_device *now, const struct wg_key *key)
{
	const struct wg_peer wanted = {.key = *key};

	if (now == NULL || now->peers.n == 0)
		return NULL;
	return bsearch(&wanted, now->peers.at, now->peers.n, sizeof(wanted), wg_key_compare);
}

static void add_peer(struct desired *d, struct desired_device *dev, uint32_t index,
		     const prefix_vec *allowed, uint16_t keepalive)
{
	const struct membership_facts *m = dev->membership;
	const struct state_peer *p = state_peer_at(m->from->view, index);
	const struct wg_device *now = observation_wg(d->facts.in->seen, dev->name);
	struct endpoint_question q = {.facts = &d->facts, .me = m, .peer = p};
	struct wg_peer out = {.keepalive = keepalive};

	memcpy(out.key.bytes, p->key, sizeof(out.key.bytes));
	q.now = peer_now(now, &out.key);
	out.endpoint = endpoint_choose(&q, &out.set_endpoint);
	if (allowed->n > 0)
		out.allowed = arena_copy(&d->arena, allowed->at, allowed->n * sizeof(*allowed->at));
	out.nallowed = allowed->n;
	vec_push(&dev->wg.peers, out);
}

static const struct router_facts *router_at(const struct membership_facts *m, uint32_t index)
{
	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].peer == index)
			return &m->routers[i];
	return NULL;
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
		    router_at(m, i) != NULL)
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
	uint64_t n;
	const struct state_prefix *allowed = state_records(m->from->image, STATE_TRUNK_ALLOWED, &n);
	prefix_vec list = {0};

	for (size_t i = 0; i < m->nrouters; i++) {
		const struct router_facts *r = &m->routers[i];
		const struct state_range *range = &r->state->allowed;

		if (r->slot != dev->slot || r->peer == m->self->peer ||
		    !has_key(state_peer_at(m->from->view, r->peer)))
			continue;
		list.n = 0;
		for (uint64_t k = range->first; k < (uint64_t)range->first + range->count; k++)
			vec_push(&list, state_prefix_get(&allowed[k]));
		vec_sort(&list, prefix_compare);
		/* Between routers both ends are reachable; a plain member keeps its way open. */
		add_peer(d, dev, r->peer, &list, m->router ? 0 : KEEPALIVE_S);
	}
	vec_free(&list);
}

void plan_peers(struct desired *d)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		struct desired_device *dev = &d->devices.at[i];

		if (dev->slot == 0)
			main_peers(d, dev);
		else
			trunk_peers(d, dev);
		vec_sort(&dev->wg.peers, wg_key_compare);
	}
}
