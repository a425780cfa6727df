/* What bpf/guard lets in: the image's sets and pairs, and the speakers by the device that table C
 * has for them. */
#include "agent/plan/desired.h"
#include "agent/plan/move.h"

static struct guard_set *sets_of(struct desired *d, const struct state_image *image, size_t *count)
{
	uint64_t n, nprefixes;
	const struct state_range *ranges = state_records(image, STATE_GUARD_SETS, &n);
	const struct state_prefix *from = state_records(image, STATE_GUARD_PREFIXES, &nprefixes);
	struct guard_set *sets = arena_array(&d->arena, n + 1, sizeof(*sets));

	for (uint64_t i = 0; i < n; i++) {
		struct prefix *list =
			arena_array(&d->arena, (size_t)ranges[i].count + 1, sizeof(*list));

		sets[i].at = list;
		for (uint64_t k = 0; k < ranges[i].count; k++) {
			const struct prefix p = state_prefix_get(&from[ranges[i].first + k]);

			if (p.family == FAMILY_IPV4)
				list[sets[i].n++] = p;
		}
	}
	*count = n;
	return sets;
}

static struct guard_pair *pairs_of(struct desired *d, const struct state_image *image,
				   size_t *count)
{
	uint64_t n;
	const struct state_guard_pair *from = state_records(image, STATE_GUARD_PAIRS, &n);
	struct guard_pair *pairs = arena_array(&d->arena, n + 1, sizeof(*pairs));

	*count = 0;
	for (uint64_t i = 0; i < n; i++) {
		enum guard_verdict v = from[i].verdict == STATE_GUARD_PASS ? GUARD_PASS
				       : from[i].verdict == STATE_GUARD_ICMP_ERROR
					       ? GUARD_ICMP_ERROR
					       : GUARD_DROP;

		if (v != GUARD_DROP) /* a verdict of a later version opens nothing */
			pairs[(*count)++] = (struct guard_pair){from[i].from, from[i].to, v};
	}
	return pairs;
}

static void put_speaker(struct guard_speaker *to, size_t *count, const struct address *source,
			int index)
{
	if (index != 0)
		to[(*count)++] = (struct guard_speaker){*source, (uint32_t)index};
}

static struct guard_speaker *speakers_of(struct desired *d, const struct membership_facts *m,
					 size_t *count)
{
	uint64_t n;
	const struct state_speaker *from = state_records(m->from->image, STATE_SPEAKERS, &n);
	struct guard_speaker *speakers = arena_array(&d->arena, 2 * n + 1, sizeof(*speakers));

	*count = 0;
	for (uint64_t i = 0; i < n; i++) {
		const struct move_facts *mv = move_of(m, from[i].peer);
		const struct address source = state_peer_address(m->from->view, from[i].peer);

		if (state_peer_at(m->from->view, from[i].peer) == NULL)
			continue;
		put_speaker(speakers, count, &source, over_device(m, from[i].peer));
		/* From which device it speaks, it decides itself while it is moved; and so nothing
		 * has to be changed here at the moment when the routes are. */
		if (mv != NULL && mv->before != NULL)
			put_speaker(speakers, count, &source,
				    move_is_at_old(mv) ? mv->to_index : mv->from_index);
	}
	return speakers;
}

static uint32_t *devices_of(struct desired *d, const struct membership_facts *m, size_t *count)
{
	uint32_t *devices = arena_array(&d->arena, d->devices.n + 1, sizeof(*devices));

	*count = 0;
	for (size_t i = 0; i < d->devices.n; i++)
		if (d->devices.at[i].membership == m && d->devices.at[i].index != 0)
			devices[(*count)++] = (uint32_t)d->devices.at[i].index;
	return devices;
}

static bool own_around(const struct membership_facts *m, const struct prefix *p)
{
	for (size_t i = 0; i < m->napproved; i++)
		if (prefix_contains(&m->approved[i].prefix, p))
			return true;
	return false;
}

static bool is_announced(const struct desired *d, const struct address *a)
{
	for (size_t i = 0; i < d->facts.n; i++)
		for (size_t k = 0; k < d->facts.memberships[i].napproved; k++)
			if (prefix_has(&d->facts.memberships[i].approved[k].prefix, a))
				return true;
	return false;
}

/* The address, and those by which the kernel delivers a broadcast of its network; returns how many.
 */
static size_t close_network(const struct ifaddr *a, struct address out[3])
{
	const struct prefix network = ifaddr_prefix(a);
	const uint32_t first = prefix_to_ipv4(&network);

	out[0] = a->local;
	if (network.length >= 31)
		return 1;
	out[1] = address_ipv4(first);
	out[2] = address_ipv4(first | ~prefix_mask_ipv4(network.length));
	return 3;
}

/* The addresses of other devices: a mesh reaches those in networks that are announced to it. */
static void put_own(struct desired *d)
{
	const struct observation *seen = d->facts.in->seen;
	struct address *own = arena_array(&d->arena, seen->addresses.n + 1, sizeof(*own));
	struct address *closed = arena_array(&d->arena, 3 * seen->addresses.n + 1, sizeof(*closed));

	for (size_t i = 0; i < seen->addresses.n; i++) {
		const struct ifaddr *a = &seen->addresses.at[i];
		const struct link *l = link_by_index(&seen->links, a->device);

		if (a->local.family != FAMILY_IPV4 || l == NULL || facts_ours(d->facts.in, l) ||
		    a->local.bytes[0] == 127)
			continue;
		if (is_announced(d, &a->local))
			own[d->guard.nown++] = a->local;
		else
			d->guard.nclosed += close_network(a, &closed[d->guard.nclosed]);
	}
	d->guard.own = own;
	d->guard.closed = closed;
}

/* An exit's 0/0 has all around it; the networks that the machine is connected to are not the
 * internet, whatever their addresses. */
static void put_barred(struct desired *d)
{
	struct prefix *barred = arena_array(&d->arena, d->facts.nconnected + 1, sizeof(*barred));

	d->guard.barred = barred;
	for (size_t i = 0; i < d->facts.nconnected && facts_has_exit(&d->facts); i++) {
		const struct prefix *p = &d->facts.connected[i].prefix;
		bool announced = false;

		for (size_t k = 0; k < d->facts.n && !announced; k++)
			announced = own_around(&d->facts.memberships[k], p);
		if (!announced && p->length < 32) /* the address itself is closed */
			barred[d->guard.nbarred++] = *p;
	}
}

void plan_guard(struct desired *d)
{
	struct guard_membership *list = arena_array(&d->arena, d->facts.n + 1, sizeof(*list));

	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];
		struct guard_membership *g = &list[i];

		g->cidr = m->cidr;
		g->own = m->own;
		g->bgp_port = m->mesh->bgp_port;
		g->sets = sets_of(d, m->from->image, &g->nsets);
		g->pairs = pairs_of(d, m->from->image, &g->npairs);
		g->speakers = speakers_of(d, m, &g->nspeakers);
		g->devices = devices_of(d, m, &g->ndevices);
	}
	d->guard.memberships = list;
	d->guard.n = d->facts.n;
	put_own(d);
	put_barred(d);
}
