#include "agent/neighbour.h"

#include "lib/mesh/state_keys.h"

static int compare(const void *a, const void *b)
{
	const struct neighbour *x = a, *y = b;
	const int64_t p = x->peer->last_handshake.ms, q = y->peer->last_handshake.ms;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return p > q ? -1 : p < q;
}

static void gather_device(const struct picture *p, const struct membership_facts *m,
			  const struct desired_device *d, const struct state_keys *keys,
			  neighbour_vec *out)
{
	const struct wg_device *now = observation_wg(&p->seen, d->name);

	for (size_t i = 0; now != NULL && i < now->peers.n; i++) {
		uint32_t index = state_keys_find(keys, now->peers.at[i].key.bytes);

		if (index == 0)
			continue;
		vec_push(out, (struct neighbour){
				      .index = index,
				      .address = state_peer_address(m->from->view, index),
				      .slot = d->slot,
				      .device = d->index,
				      .router = facts_router(m, index) != NULL,
				      .peer = &now->peers.at[i],
			      });
	}
}

void neighbours_gather(const struct picture *p, const struct membership_facts *m,
		       neighbour_vec *out)
{
	struct state_keys keys;
	size_t n = 0;

	state_keys_make(&keys, m->from->view);
	for (size_t i = 0; i < p->desired.devices.n; i++)
		if (p->desired.devices.at[i].membership == m)
			gather_device(p, m, &p->desired.devices.at[i], &keys, out);
	state_keys_fini(&keys);
	vec_sort(out, compare);
	for (size_t i = 0; i < out->n; i++)
		if (n == 0 || out->at[n - 1].index != out->at[i].index)
			out->at[n++] = out->at[i];
	out->n = n;
}
