#include "lib/net/wg_device.h"

#include <stdlib.h>

void wg_device_fini(struct wg_device *d)
{
	for (size_t i = 0; i < d->peers.n; i++)
		free(d->peers.at[i].allowed);
	vec_free(&d->peers);
}

const struct wg_peer *wg_device_peer(const struct wg_device *d, const struct wg_key *key)
{
	/* The key is the first member. */
	return d->peers.n == 0 ? NULL
			       : bsearch(key, d->peers.at, d->peers.n, sizeof(*d->peers.at),
					 wg_key_compare);
}

int wg_device_add_peer(struct wg_device *d, const struct wg_key *key)
{
	if (d->peers.n >= WG_PEERS_MAX)
		return ERR_TOO_LARGE;
	vec_push(&d->peers, (struct wg_peer){.key = *key});
	return 0;
}

int wg_device_add_allowed(struct wg_device *d, const struct prefix *p)
{
	struct wg_peer *peer = &d->peers.at[d->peers.n - 1];
	size_t n = peer->nallowed;

	if (n >= WG_ALLOWED_MAX)
		return ERR_TOO_LARGE;
	if ((n & (n - 1)) == 0) /* grows at 0, 1, 2, 4, 8, … */
		peer->allowed =
			mem_resize(peer->allowed, n == 0 ? 1 : 2 * n, sizeof(*peer->allowed));
	peer->allowed[peer->nallowed++] = *p;
	return 0;
}

void wg_device_sort(struct wg_device *d)
{
	for (size_t i = 0; i < d->peers.n; i++)
		if (d->peers.at[i].nallowed > 1)
			qsort(d->peers.at[i].allowed, d->peers.at[i].nallowed,
			      sizeof(struct prefix), prefix_compare);
	/* The key is the first member. */
	vec_sort(&d->peers, wg_key_compare);
}
