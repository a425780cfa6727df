/* How large a packet may be inside the tunnels of a device: room for WireGuard is left, in IPv6,
 * within what the way to each of its peers carries. That is what the default route's device
 * carries, or the device of the way to the peer if that is less, or what a router further on has
 * said; else WireGuard's packets would be cut on the way, or lost where they may not be.
 *
 * A router far away is believed down to 1280 bytes, which every link that carries IPv6 does:
 * whoever says less makes packets be cut, not a mesh crawl. */
#include <string.h>

#include "agent/plan/desired.h"
#include "lib/net/trie.h"

#define MTU_DEFAULT 1500u
#define MTU_MIN	    576u
#define MTU_FAR_MIN 1280u
#define MTU_MAX	    65535u
/* Beyond so many routes in main (a full table of the internet) all ways are the default's. */
#define ROUTES_MAX 16384u
/* A peer that was heard of not longer ago is worth a probe. */
#define HEARD_MS INT64_C(180000)

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t device_mtu(const struct plan_input *in, int device)
{
	const struct link *l = link_by_index(&in->seen->links, device);

	return l != NULL && l->mtu > 0 ? least(l->mtu, MTU_MAX) : MTU_DEFAULT;
}

static uint32_t route_mtu(const struct plan_input *in, const struct route *r)
{
	uint32_t mtu = r->mtu != 0 ? r->mtu : MTU_MAX;

	for (size_t i = 0; i < r->nhops; i++)
		mtu = least(mtu, device_mtu(in, r->hops[i].device));
	return r->nhops > 0 ? mtu : least(mtu, device_mtu(in, r->device));
}

/* main in order of prefix and metric: the first of a prefix is the one that is used. */
static struct trie *gather_ways(const struct plan_input *in)
{
	struct trie *ways = trie_new();

	for (size_t i = 0; i < in->seen->main.n && in->seen->main.n <= ROUTES_MAX; i++) {
		struct route *r = &in->seen->main.at[i];

		if (r->type == RTN_UNICAST && r->prefix.family == FAMILY_IPV4)
			trie_insert(ways, &r->prefix, r);
	}
	return ways;
}

/* What the first link of the way carries. */
static uint32_t link_mtu(const struct plan_input *in, const struct trie *ways,
			 const struct address *to)
{
	const struct route *r = trie_lookup(ways, to, NULL);

	return r != NULL ? route_mtu(in, r) : MTU_MAX;
}

static uint32_t way_mtu(const struct plan_input *in, const struct trie *ways,
			const struct address *to)
{
	uint32_t mtu = link_mtu(in, ways, to), far = path_mtu_find(&in->seen->path_mtus, to);

	if (far != 0)
		mtu = least(mtu, far > MTU_FAR_MIN ? far : MTU_FAR_MIN);
	return mtu;
}

static void push_path(struct desired *d, const struct wg_peer *p, uint32_t mtu)
{
	if (mtu < MTU_MAX && p->last_handshake.ms != 0 &&
	    d->facts.in->now.ms - p->last_handshake.ms < HEARD_MS)
		vec_push(&d->paths, (struct desired_path){p->endpoint, mtu});
}

static int compare_paths(const void *a, const void *b)
{
	const struct desired_path *x = a, *y = b;

	return memcmp(x->to.address.bytes, y->to.address.bytes, sizeof(x->to.address.bytes));
}

static void keep_first(struct desired *d)
{
	size_t kept = 0;

	vec_sort(&d->paths, compare_paths);
	for (size_t i = 0; i < d->paths.n; i++)
		if (kept == 0 || compare_paths(&d->paths.at[kept - 1], &d->paths.at[i]) != 0)
			d->paths.at[kept++] = d->paths.at[i];
	d->paths.n = kept;
}

void plan_mtu(struct desired *d)
{
	const struct plan_input *in = d->facts.in;
	const uint32_t first = device_mtu(in, facts_default_device(in));
	struct trie *ways = gather_ways(in);

	for (size_t i = 0; i < d->devices.n; i++) {
		struct desired_device *dev = &d->devices.at[i];
		const struct wg_device *now = observation_wg(in->seen, dev->name);
		uint32_t mtu = first;

		for (size_t k = 0; now != NULL && k < now->peers.n; k++) {
			const struct wg_peer *p = &now->peers.at[k];

			if (p->endpoint.address.family != FAMILY_IPV4)
				continue;
			mtu = least(mtu, way_mtu(in, ways, &p->endpoint.address));
			push_path(d, p, link_mtu(in, ways, &p->endpoint.address));
		}
		dev->mtu = mtu > MTU_MIN + WIREGUARD_OVERHEAD ? mtu - WIREGUARD_OVERHEAD : MTU_MIN;
	}
	trie_free(ways);
	keep_first(d);
}
