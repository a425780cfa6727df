/* The two tables of a membership (docs/architecture.md, "Tables and rules").
 *
 * C has device routes only: BGP and BFD look their peers up in it, so a session never follows a
 * learned route. T is where traffic goes: what the machine is connected to is thrown back to main;
 * BIRD's routes are at 32; what has one way only is here from the state; below it the aggregates of
 * peered meshes; and last of all `unreachable`, so that a lost route never means clear text on the
 * default route. */
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/move.h"
#include "agent/plan/shadow.h"

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
	for (size_t i = 0; i < m->nover; i++) {
		const struct prefix host = prefix_of_address(&m->over[i].address);

		add_device(d, m, m->control, &host, m->over[i].trunk->index, 0);
	}
}

static void add_throws(struct desired *d, const struct membership_facts *m)
{
	const struct prefix everything = prefix_ipv4(0, 0);

	for (size_t i = 0; i < d->facts.nconnected; i++)
		add_refusal(d, m->table, &d->facts.connected[i].prefix, RTN_THROW, 0);
	for (size_t i = 0; i < m->napproved; i++)
		if (m->approved[i].announced)
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

	r.device = over_device(m, peer);
	r.gateway = state_peer_address(m->from->view, peer);
	r.onlink = true;
	r.source = m->own;
	if (r.device != 0)
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
		    (own != NULL && own->announced) || !facts_usable(m, &a[i]))
			continue;
		if ((a[i].flags & STATE_ANNOUNCED_SOLE) != 0 && a[i].peer != m->self->peer &&
		    state_peer_at(view, a[i].peer) != NULL)
			add_sole(d, m, &p, a[i].peer);
		add_refusal(d, m->table, &p, RTN_UNREACHABLE, METRIC_LAST);
	}
}

/* What of another own mesh is reached from this one's table: everybody over the device that he is
 * reached by there. */
static void add_elsewhere(struct desired *d, const struct membership_facts *there, uint32_t table,
			  const struct prefix *cidr)
{
	add_device(d, there, table, cidr, there->index, METRIC_AGGREGATE);
	for (size_t i = 0; i < there->nover; i++) {
		const struct prefix host = prefix_of_address(&there->over[i].address);

		add_device(d, there, table, &host, there->over[i].trunk->index, METRIC_AGGREGATE);
	}
}

static void add_by_gateways(struct desired *d, const struct membership_facts *m,
			    const struct prefix *p, uint32_t metric)
{
	struct route r = route_make(d, m->table, p, RTN_UNICAST, metric);
	struct route_hop *hops = arena_array(&d->arena, m->nover + 1, sizeof(*hops));
	size_t n = 0;

	for (size_t i = 0; i < m->nover; i++)
		if (m->over[i].gateway && m->over[i].trunk->index != 0)
			hops[n++] = (struct route_hop){
				.device = m->over[i].trunk->index,
				.gateway = m->over[i].address,
				.weight = 1,
				.onlink = true,
			};
	r.source = m->own;
	if (n == 0)
		return;
	route_set_hops(&r, hops, n);
	vec_push(&d->routes, r);
}

/* A peered mesh's aggregate: on a gateway the device that it has there, elsewhere every gateway. */
static void add_aggregate(struct desired *d, const struct membership_facts *m,
			  const struct state_remote *remote)
{
	const struct prefix cidr = state_prefix_get(&remote->cidr);
	const struct membership_facts *there = NULL;

	for (size_t i = 0; i < d->facts.n && m->gateway; i++)
		if (memcmp(d->facts.memberships[i].from->mesh.bytes, remote->mesh, 16) == 0)
			there = &d->facts.memberships[i];
	if (there != NULL)
		add_elsewhere(d, there, m->table, &cidr);
	else
		add_by_gateways(d, m, &cidr, METRIC_AGGREGATE);
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

static bool is_learned(const struct observation *seen, const struct route *r)
{
	const struct route key = {.table = r->table, .prefix = r->prefix, .metric = METRIC_BIRD};

	return seen->learned.n > 0 &&
	       bsearch(&key, seen->learned.at, seen->learned.n, sizeof(key), route_compare) != NULL;
}

static bool is_of(const struct membership_facts *m, int device)
{
	bool is = m->index == device;

	for (size_t i = 0; i < m->ntrunks; i++)
		is = is || m->trunks[i].index == device;
	return is;
}

/* What it reached in another mesh by itself, it reaches by the gateways when it is none any more.
 */
static void hold(struct desired *d, const struct membership_facts *m, const struct route *from)
{
	struct route r = *from;

	if (!is_of(m, r.nhops > 0 ? r.hops[0].device : r.device) && !m->gateway) {
		add_by_gateways(d, m, &r.prefix, METRIC_HOLD);
		return;
	}
	r.metric = METRIC_HOLD;
	r.protocol = (uint8_t)d->facts.in->config->protocol;
	vec_push(&d->routes, r);
}

/* When the own role changes, sessions begin anew: until they have told again what they had told,
 * that is held after what BIRD has. Within the mesh the state knows the way. What BIRD loses while
 * all sessions are established is lost. */
static void add_held(struct desired *d, const struct membership_facts *m)
{
	const struct observation *seen = d->facts.in->seen;

	for (size_t i = 0; i < seen->learned.n; i++) {
		const struct route *r = &seen->learned.at[i];

		if (r->table == m->table && r->metric == METRIC_BIRD &&
		    !prefix_contains(&m->cidr, &r->prefix))
			hold(d, m, r);
	}
	for (size_t i = 0; i < seen->routes.n; i++) {
		const struct route *r = &seen->routes.at[i];

		if (r->table == m->table && r->metric == METRIC_HOLD && !m->from->settled &&
		    !is_learned(seen, r))
			hold(d, m, r);
	}
}

void plan_routes(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add_control(d, m);
		add_throws(d, m);
		add_device(d, m, m->table, &m->cidr, m->index, METRIC_STATE);
		for (size_t k = 0; k < m->nover; k++) {
			const struct prefix host = prefix_of_address(&m->over[k].address);

			add_device(d, m, m->table, &host, m->over[k].trunk->index, METRIC_STATE);
		}
		add_announced(d, m);
		add_peered(d, m);
		if (facts_holds(m->from->moved, d->facts.in->clock)) {
			add_held(d, m);
			desired_wake(d, mono_add_ms(m->from->moved, FACTS_HOLD_MS));
		}
	}
	for (size_t i = 0; i < d->facts.nheld; i++)
		vec_push(&d->routes, d->facts.held[i]);
	drop_duplicates(&d->routes);
}
