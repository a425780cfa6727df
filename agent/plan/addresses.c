/* The main device has the mesh address with the mesh's prefix length; a trunk has it once for each
 * router at its other end, with the router's address as the peer. The kernel makes no route for any
 * of them: tables C and T say where things go. */
#include "agent/plan/desired.h"

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

void plan_addresses(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add(d, m->index, &m->own, NULL, m->cidr.length);
		for (size_t r = 0; r < m->nrouters; r++)
			if (m->routers[r].peer != m->self->peer)
				add(d, m->routers[r].trunk->index, &m->own, &m->routers[r].address,
				    32);
	}
	vec_sort(&d->addresses, ifaddr_compare);
}
