/* The two tables of a membership (docs/architecture.md, "Tables and rules").
 *
 * C has device routes only: BGP and BFD look their peers up in it, so a session never follows a
 * learned route. T is where traffic goes: what the machine is connected to is thrown back to main;
 * BIRD's routes are at 32; what has one way only is here from the state; below it the aggregates of
 * peered meshes; and last of all `unreachable`, so that a lost route never means clear text on the
 * default route. */
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/shadow.h"

#define METRIC_STATE	 1024u
#define METRIC_AGGREGATE 4294967294u
#define METRIC_LAST	 4294967295u

static struct route route_make(const struct desired *d, uint32_t table, const struct prefix *p,
			       uint8_t type, uint32_t metric)
{
	return (struct route){
		.table = table,
		.prefix = *p,
		.metric = metric,
		.type = type,
		.protocol = (uint8_t)d->facts.in->config->protocol,
		.scope = RT_SCOPE_UNIVERSE,
	};
}

static void add_refusal(struct desired *d, uint32_t table, const struct prefix *p, uint8_t type,
			uint32_t metric)
{
	vec_push(&d->routes, route_make(d, table, p, type, metric));
}

/* Over a device, without a gateway. */
static void add_device(struct desired *d, const struct membership_facts *m, uint32_t table,
		       const struct prefix *p, int device, uint32_t metric)
{
	struct route r = route_make(d, table, p, RTN_UNICAST, metric);

	r.scope = RT_SCOPE_LINK;
	r.device = device;
	r.source = m->own;
	if (device != 0)
		vec_push(&d->routes, r);
}

static void add_control(struct desired *d, const struct membership_facts *m)
{
	add_device(d, m, m->control, &m->cidr, m->index, 0);
	for (size_t i = 0; i < m->nrouters; i++) {
		const struct prefix host = prefix_of_address(&m->routers[i].address);

		if (m->routers[i].peer != m->self->peer)
			add_device(d, m, m->control, &host, m->routers[i].trunk->index, 0);
	}
}

static void add_throws(struct desired *d, const struct membership_facts *m)
{
	const struct prefix everything = prefix_ipv4(0, 0);

	for (size_t i = 0; i < d->facts.nconnected; i++)
		add_refusal(d, m->table, &d->facts.connected[i].prefix, RTN_THROW, 0);
	for (size_t i = 0; i < m->napproved; i++)
		if (m->approved[i].lans.n > 0)
			add_refusal(d, m->table, &m->approved[i].prefix, RTN_THROW, 0);
	/* An exit's own traffic, and what comes to it to go out, goes where main says. */
	if (m->exit != NULL)
		add_refusal(d, m->table, &everything, RTN_THROW, 0);
	/* Inside a connected network a route of BIRD's would be the longer match. */
	for (size_t i = 0; i < m->nshadowed; i++)
		if (m->shadowed[i].device != NULL)
			add_refusal(d, m->table, &m->shadowed[i].prefix, RTN_THROW, 0);
}

/* A sole prefix goes straight to the plain member that has it. */
static void add_sole(struct desired *d, const struct membership_facts *m, const struct prefix *p,
		     uint32_t peer)
{
	struct route r = route_make(d, m->table, p, RTN_UNICAST, METRIC_STATE);

	r.device = m->index;
	r.gateway = state_peer_address(m->from->view, peer);
	r.onlink = true;
	r.source = m->own;
	if (m->index != 0)
		vec_push(&d->routes, r);
}

static void add_announced(struct desired *d, const struct membership_facts *m)
{
	const struct state_image *view = m->from->view;
	uint64_t n;
	const struct state_announced *a = state_records(view, STATE_PREFIXES, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix p = state_prefix_get(&a[i].prefix);
		const struct own_prefix *own = facts_own(m, &p);

		if (p.family != FAMILY_IPV4 || p.length == 0 || shadow_by_network(m, &p) ||
		    (own != NULL && own->lans.n > 0) || !facts_usable(m, &a[i]))
			continue;
		if ((a[i].flags & STATE_ANNOUNCED_SOLE) != 0 && a[i].peer != m->self->peer &&
		    state_peer_at(view, a[i].peer) != NULL)
			add_sole(d, m, &p, a[i].peer);
		add_refusal(d, m->table, &p, RTN_UNREACHABLE, METRIC_LAST);
	}
}

/* A peered mesh's aggregate: on a gateway the device that it has there, elsewhere every gateway. */
static void add_aggregate(struct desired *d, const struct membership_facts *m,
			  const struct state_remote *remote)
{
	const struct prefix cidr = state_prefix_get(&remote->cidr);
	struct route r = route_make(d, m->table, &cidr, RTN_UNICAST, METRIC_AGGREGATE);
	struct route_hop *hops = arena_array(&d->arena, m->nrouters + 1, sizeof(*hops));
	const struct membership_facts *there = NULL;
	size_t n = 0;

	for (size_t i = 0; i < d->facts.n && m->gateway; i++)
		if (memcmp(d->facts.memberships[i].from->mesh.bytes, remote->mesh, 16) == 0)
			there = &d->facts.memberships[i];
	if (there != NULL) {
		add_device(d, there, m->table, &cidr, there->index, METRIC_AGGREGATE);
		return;
	}
	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].gateway && m->routers[i].trunk->index != 0)
			hops[n++] = (struct route_hop){
				.device = m->routers[i].trunk->index,
				.gateway = m->routers[i].address,
				.weight = 1,
				.onlink = true,
			};
	r.source = m->own;
	if (n == 1) {
		r.device = hops[0].device;
		r.gateway = hops[0].gateway;
		r.onlink = true;
	} else {
		r.hops = hops;
		r.nhops = n;
	}
	if (n > 0)
		vec_push(&d->routes, r);
}

static void add_peered(struct desired *d, const struct membership_facts *m)
{
	uint64_t nremotes, nlet_in;
	const struct state_remote *remotes = state_records(m->from->view, STATE_REMOTES, &nremotes);
	const struct state_let_in *let_in = state_records(m->from->view, STATE_LET_IN, &nlet_in);

	for (uint64_t i = 0; i < nremotes; i++) {
		const struct prefix cidr = state_prefix_get(&remotes[i].cidr);

		if (facts_shadowing(&d->facts, &cidr) != NULL)
			continue;
		add_aggregate(d, m, &remotes[i]);
		add_refusal(d, m->table, &cidr, RTN_UNREACHABLE, METRIC_LAST);
	}
	for (uint64_t i = 0; i < nlet_in; i++) {
		const struct prefix p = state_prefix_get(&let_in[i].prefix);

		if (p.family == FAMILY_IPV4 && p.length > 0 && !shadow_by_network(m, &p))
			add_refusal(d, m->table, &p, RTN_UNREACHABLE, METRIC_LAST);
	}
}

/* The same key twice (a prefix that several announce, two connected addresses in one network): the
 * first one counts. */
static void drop_duplicates(route_vec *v)
{
	size_t kept = 0;

	vec_sort(v, route_compare);
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || route_compare(&v->at[kept - 1], &v->at[i]) != 0)
			v->at[kept++] = v->at[i];
	v->n = kept;
}

void plan_routes(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add_control(d, m);
		add_throws(d, m);
		add_device(d, m, m->table, &m->cidr, m->index, METRIC_STATE);
		for (size_t r = 0; r < m->nrouters; r++) {
			const struct prefix host = prefix_of_address(&m->routers[r].address);

			if (m->routers[r].peer != m->self->peer)
				add_device(d, m, m->table, &host, m->routers[r].trunk->index,
					   METRIC_STATE);
		}
		add_announced(d, m);
		add_peered(d, m);
	}
	drop_duplicates(&d->routes);
}
