/* The main device has the mesh address with the mesh's prefix length; a trunk has it once for each
 * router at its other end, with the router's address as the peer. The kernel makes no route for any
 * of them: tables C and T say where things go. */
#include "agent/plan/desired.h"
#include "agent/plan/move.h"

static void add(struct desired *d, int device, const struct address *own,
		const struct address *peer, uint8_t length)
{
	struct ifaddr a = {
		.device = device,
		.local = *own,
		.length = length,
		.scope = RT_SCOPE_UNIVERSE,
		.noprefixroute = true,
	};

	if (peer != NULL)
		a.peer = *peer;
	if (device != 0)
		vec_push(&d->addresses, a);
}

/* While it greets, a peer sends to the trunk that it leaves, and from one moment to the next to the
 * one that it comes to: a device without an address lets nothing in whose way back is another one,
 * however loose rp_filter is. */
static void keep_for_moves(struct desired *d, const struct membership_facts *m)
{
	for (size_t i = 0; i < m->nmoves; i++) {
		const struct move_facts *mv = &m->moves[i];

		const bool at_old = move_is_at_old(mv);

		if (mv->phase == MOVE_GREET && (at_old ? mv->to : mv->from) != 0)
			add(d, at_old ? mv->to_index : mv->from_index, &m->own, &mv->address, 32);
	}
}

void plan_addresses(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add(d, m->index, &m->own, NULL, m->cidr.length);
		for (size_t k = 0; k < m->nover; k++)
			add(d, m->over[k].trunk->index, &m->own, &m->over[k].address, 32);
		keep_for_moves(d, m);
	}
	vec_sort(&d->addresses, ifaddr_compare);
}
