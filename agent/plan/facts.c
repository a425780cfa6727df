#include "agent/plan/facts.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan/lans.h"
#include "agent/plan/names.h"
#include "agent/plan/offers.h"

bool facts_ours(const struct plan_input *in, const struct link *l)
{
	struct id owner;

	return observation_owner(in->seen, l, &owner);
}

static void gather_connected(const struct plan_input *in, struct facts *out)
{
	const struct observation *seen = in->seen;

	out->connected = arena_array(out->arena, seen->addresses.n + 1, sizeof(struct connected));
	for (size_t i = 0; i < seen->addresses.n; i++) {
		const struct ifaddr *a = &seen->addresses.at[i];
		const struct link *l = link_by_index(&seen->links, a->device);

		if (a->local.family != FAMILY_IPV4 || l == NULL || (l->flags & IFF_LOOPBACK) != 0 ||
		    !link_is_up(l) || facts_ours(in, l))
			continue;
		out->connected[out->nconnected++] =
			(struct connected){.prefix = ifaddr_prefix(a), .device = l->name};
	}
}

const struct connected *facts_shadowing(const struct facts *f, const struct prefix *p)
{
	for (size_t i = 0; i < f->nconnected; i++)
		if (prefix_contains(&f->connected[i].prefix, p))
			return &f->connected[i];
	return NULL;
}

/* A bridge may have several addresses of one network. */
static bool has_containers(const struct facts *f, const struct connected *c)
{
	for (size_t i = 0; i < f->ncontainers; i++)
		if (strcmp(f->containers[i].device, c->device) == 0 &&
		    prefix_equal(&f->containers[i].prefix, &c->prefix))
			return true;
	return false;
}

/* What is announced is reached by its own addresses, and is not translated. */
static void gather_containers(const struct plan_input *in, struct facts *out)
{
	out->containers = arena_array(out->arena, out->nconnected + 1, sizeof(struct connected));
	for (size_t i = 0; i < out->nconnected && in->config->containers; i++) {
		const struct link *l = link_by_name(&in->seen->links, out->connected[i].device);

		if (link_is_inner_bridge(&in->seen->links, l) && !lans_have(out, l) &&
		    !has_containers(out, &out->connected[i]))
			out->containers[out->ncontainers++] = out->connected[i];
	}
}

static const struct link *route_link(const struct plan_input *in, const struct route *r)
{
	return link_by_index(&in->seen->links, r->nhops > 0 ? r->hops[0].device : r->device);
}

const struct route *facts_main_route(const struct plan_input *in, const struct prefix *p)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < in->seen->main.n; i++) {
		const struct route *r = &in->seen->main.at[i];
		const struct link *l = route_link(in, r);

		if (r->type != RTN_UNICAST || r->prefix.length == 0 ||
		    !prefix_contains(&r->prefix, p) || l == NULL || !link_is_running(l) ||
		    facts_ours(in, l))
			continue;
		if (best == NULL || r->prefix.length > best->prefix.length ||
		    (r->prefix.length == best->prefix.length && r->metric < best->metric))
			best = r;
	}
	return best;
}

int facts_default_device(const struct plan_input *in)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < in->seen->main.n; i++) {
		const struct route *r = &in->seen->main.at[i];

		if (r->prefix.family == FAMILY_IPV4 && r->prefix.length == 0 &&
		    r->type == RTN_UNICAST && (best == NULL || r->metric < best->metric))
			best = r;
	}
	return best == NULL ? 0 : best->nhops > 0 ? best->hops[0].device : best->device;
}

static void gather_routers(struct facts *f, struct membership_facts *m)
{
	const struct plan_membership *from = m->from;
	uint64_t n;
	const struct state_trunk *t = state_records(from->image, STATE_TRUNKS, &n);

	/* With room for those that are being left. */
	m->trunks = arena_array(f->arena, 2 * STATE_SLOT_MAX + 1, sizeof(*m->trunks));
	m->routers = arena_array(f->arena, n + 1, sizeof(*m->routers));
	for (uint64_t i = 0; i < n; i++) {
		const struct state_peer *p = state_peer_at(from->view, t[i].peer);
		struct trunk_facts *last = m->ntrunks > 0 ? &m->trunks[m->ntrunks - 1] : NULL;

		/* A view that is newer than this image may have somebody else at the index. */
		if (p == NULL || p->role == STATE_ROLE_MEMBER || p->slot != t[i].slot ||
		    t[i].slot == 0 || t[i].slot > STATE_SLOT_MAX)
			continue;
		if (last == NULL || last->slot != t[i].slot) {
			last = &m->trunks[m->ntrunks++];
			last->slot = (uint8_t)t[i].slot;
		}
		m->routers[m->nrouters++] = (struct router_facts){
			.peer = t[i].peer,
			.slot = last->slot,
			.gateway = p->role == STATE_ROLE_GATEWAY,
			.address = state_peer_address(from->view, t[i].peer),
			.trunk = last,
			.state = &t[i],
		};
	}
}

/* It is one as long as it has a way out itself. */
static void gather_exit(const struct facts *f, struct membership_facts *m,
			const struct own_prefix *own, const struct state_approval *a)
{
	const struct link *out = link_by_index(&f->in->seen->links, facts_default_device(f->in));

	if (out == NULL || !link_is_running(out) || facts_ours(f->in, out))
		return;
	m->exit = out;
	m->exit_users = a->users;
	m->everything = *own;
	m->everything.lans = (struct lans){
		.at = arena_copy(f->arena, &out, sizeof(const struct link *)), .n = 1, .whole = 1};
}

/* An exit is for those who are named. */
static void gather_exit_use(struct membership_facts *m)
{
	uint64_t n;
	const struct state_announced *a = state_records(m->from->view, STATE_PREFIXES, &n);

	m->direct_when_lost = true;
	for (uint64_t i = 0; i < n; i++)
		if (a[i].prefix.family == FAMILY_IPV4 && a[i].prefix.length == 0 &&
		    a[i].peer != m->self->peer && (a[i].flags & STATE_ANNOUNCED_LIMITED) != 0 &&
		    facts_usable(m, &a[i])) {
			m->uses_exit = true;
			m->direct_when_lost =
				m->direct_when_lost && (a[i].flags & STATE_ANNOUNCED_DIRECT) != 0;
		}
}

bool facts_has_exit(const struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->memberships[i].exit != NULL)
			return true;
	return false;
}

static void gather_approved(struct facts *f, struct membership_facts *m)
{
	uint64_t n;
	const struct state_approval *a = state_records(m->from->image, STATE_APPROVALS, &n);

	m->approved = arena_array(f->arena, n + 1, sizeof(*m->approved));
	for (uint64_t i = 0; i < n; i++) {
		struct own_prefix *own = &m->approved[m->napproved];

		*own = (struct own_prefix){0};
		own->prefix = state_prefix_get(&a[i].prefix);
		own->part = (a[i].flags & STATE_APPROVAL_PART) != 0;
		own->terms = offers_terms(m, i);
		if (own->prefix.family == FAMILY_IPV4 && own->prefix.length == 0)
			gather_exit(f, m, own, &a[i]);
		if (own->prefix.family != FAMILY_IPV4 || own->prefix.length == 0)
			continue;
		own->lans = lans_of(f->in, &own->prefix, f->arena);
		own->here = lans_own_address(f->in, &own->prefix);
		m->napproved++;
	}
}

bool own_prefix_reached(const struct own_prefix *own)
{
	return own->lans.n > 0 || own->here != NULL;
}

const struct own_prefix *facts_own(const struct membership_facts *m, const struct prefix *p)
{
	for (size_t i = 0; i < m->napproved; i++)
		if (prefix_equal(&m->approved[i].prefix, p))
			return &m->approved[i];
	return NULL;
}

/* STATE_USABLE is sorted by prefix, then peer; it is short. */
bool facts_usable(const struct membership_facts *m, const struct state_announced *a)
{
	uint64_t n;
	const struct state_allowed *usable = state_records(m->from->image, STATE_USABLE, &n);

	if ((a->flags & STATE_ANNOUNCED_LIMITED) == 0)
		return true;
	for (uint64_t i = 0; i < n; i++)
		if (usable[i].peer == a->peer &&
		    memcmp(&usable[i].prefix, &a->prefix, sizeof(a->prefix)) == 0)
			return true;
	return false;
}

static bool is_drained(const struct plan_membership *from)
{
	uint64_t n;
	const struct state_duty *duty = state_records(from->image, STATE_DUTY, &n);

	return n > 0 && (duty->flags & STATE_DUTY_DRAINED) != 0;
}

static void gather_membership(struct facts *f, const struct plan_membership *from,
			      struct membership_facts *m)
{
	const struct config *c = f->in->config;
	uint64_t n;

	m->from = from;
	m->id = from->id;
	m->self = state_records(from->image, STATE_SELF, &n);
	m->mesh = state_records(from->view, STATE_MESH, &n);
	m->number = m->self->number;
	m->table = (uint32_t)c->table_base + m->number;
	m->control = (uint32_t)c->control_base + m->number;
	m->cidr = state_prefix_get(&m->mesh->cidr);
	m->own = state_peer_address(from->view, m->self->peer);
	m->gateway = m->self->role == STATE_ROLE_GATEWAY;
	m->router = m->self->role != STATE_ROLE_MEMBER;
	m->drained = is_drained(from);
	gather_routers(f, m);
	gather_approved(f, m);
	offers_gather(f->in, m);
	gather_exit_use(m);
}

/* A mesh that overlaps a network of the machine is not begun; one that runs already is kept, for
 * the network came later and its route in T leaves it alone. */
static bool is_refused(struct facts *f, struct membership_facts *m)
{
	for (size_t i = 0; i < f->in->seen->links.n; i++) {
		struct id owner;

		if (observation_owner(f->in->seen, &f->in->seen->links.at[i], &owner) &&
		    id_equal(&owner, &m->id))
			return false;
	}
	for (size_t i = 0; i < f->nconnected; i++)
		if (prefix_overlaps(&f->connected[i].prefix, &m->cidr)) {
			m->refused = f->connected[i].prefix;
			return true;
		}
	return false;
}

bool facts_holds(struct mono moved, struct mono now)
{
	return moved.ns != 0 && mono_ms_between(moved, now) < FACTS_HOLD_MS;
}

const struct membership_facts *facts_by_id(const struct facts *f, const uint8_t membership[16])
{
	for (size_t i = 0; i < f->n; i++)
		if (memcmp(f->memberships[i].id.bytes, membership, 16) == 0)
			return &f->memberships[i];
	return NULL;
}

void facts_gather(const struct plan_input *in, struct arena *a, struct facts *out)
{
	struct membership_facts *all = arena_array(a, in->n + 1, sizeof(*all));
	size_t refused = in->n;

	memset(out, 0, sizeof(*out));
	out->in = in;
	out->arena = a;
	out->memberships = all;
	gather_connected(in, out);
	for (size_t i = 0; i < in->n; i++) {
		struct membership_facts m = {0};

		gather_membership(out, &in->memberships[i], &m);
		if (is_refused(out, &m))
			all[--refused] = m;
		else
			all[out->n++] = m;
	}
	out->nrefused = in->n - refused;
	for (size_t i = 0; i < out->n; i++)
		names_choose(out, &all[i]);
	gather_containers(in, out);
}
