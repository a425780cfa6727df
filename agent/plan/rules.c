/* The rule block (docs/architecture.md, "Tables and rules"), a function a line, in the order of the
 * priorities. The first priority can be moved; the distances stay. Rules that name a device exist
 * once per device; those for what starts here once per host device: lo, and the containers'
 * bridges. */
#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"

#define BFD_PORT 3784

enum { /* distances from rule-first, which is 400 as it comes */
       RULE_MARK = 0,
       RULE_CONTROL = 600,
       RULE_GATEWAY = 700,
       RULE_ANNOUNCED = 800,
       RULE_FROM_MESH_ELSE = 899,
       RULE_REPLY = 900,
       RULE_CIDR = 1000,
       RULE_LAN = 1100,
       RULE_CIDR_ELSE = 1200,
       RULE_DIRECT = 1250,
       RULE_HOST = 1300,
       RULE_HOST_MAIN = 1400,
       RULE_OUTSIDE = 1450,
       RULE_HOST_DEFAULT = 1500,
       RULE_NO_EXIT = 1600,
};

static struct rule rule_make(const struct desired *d, uint32_t distance, uint32_t table)
{
	const struct config *c = d->facts.in->config;

	return (struct rule){
		.priority = (uint32_t)c->rule_first + distance,
		.family = FAMILY_IPV4,
		.action = table != 0 ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE,
		.protocol = (uint8_t)c->protocol,
		.table = table,
		.suppress_prefixlength = RULE_SUPPRESS_NONE,
	};
}

static void push(struct desired *d, struct rule *r, const char *iif)
{
	snprintf(r->iifname, sizeof(r->iifname), "%s", iif);
	vec_push(&d->rules, *r);
}

static void push_hosts(struct desired *d, struct rule *r)
{
	push(d, r, "lo");
	for (size_t i = 0; i < d->facts.ncontainers; i++)
		push(d, r, d->facts.containers[i].device);
}

/* WireGuard's own packets and the agent's sockets: no prefix of a mesh swallows the tunnel. */
static void add_mark(struct desired *d)
{
	struct rule r = rule_make(d, RULE_MARK, RT_TABLE_MAIN);

	r.mark = (uint32_t)d->facts.in->config->mark;
	r.mask = (uint32_t)d->facts.in->config->mark_mask;
	push(d, &r, "");
}

/* Without `iif lo` a neighbour on the underlay with a forged source would be sent into the mesh. */
static void add_control(struct desired *d, const struct membership_facts *m)
{
	struct rule r = rule_make(d, RULE_CONTROL + m->number, m->control);

	r.to = m->cidr;
	r.ipproto = IPPROTO_TCP;
	r.sport = m->mesh->bgp_port;
	push(d, &r, "lo");
	r.sport = 0;
	r.dport = m->mesh->bgp_port;
	push(d, &r, "lo");
	r.ipproto = IPPROTO_UDP;
	r.dport = BFD_PORT;
	push(d, &r, "lo");
}

/* What comes in from the mesh on one of its devices. */
static void add_from_mesh(struct desired *d, const struct membership_facts *m, const char *device)
{
	struct rule r;

	if (m->gateway) {
		r = rule_make(d, RULE_GATEWAY + m->number, m->table);
		push(d, &r, device);
	}
	for (size_t i = 0; i < m->napproved; i++) {
		if (m->approved[i].lans.n == 0)
			continue;
		r = rule_make(d, RULE_ANNOUNCED + m->number, RT_TABLE_MAIN);
		r.to = m->approved[i].prefix;
		r.suppress_prefixlength = 0;
		push(d, &r, device);
	}
	/* An exit: whatever else it is, the guard says who may go there. */
	if (m->exit != NULL) {
		r = rule_make(d, RULE_ANNOUNCED + m->number, RT_TABLE_MAIN);
		push(d, &r, device);
	}
	/* Replies: what a container had asked was translated. */
	for (size_t i = 0; i < d->facts.ncontainers; i++) {
		r = rule_make(d, RULE_ANNOUNCED + m->number, RT_TABLE_MAIN);
		r.to = d->facts.containers[i].prefix;
		r.suppress_prefixlength = 0;
		push(d, &r, device);
	}
	r = rule_make(d, RULE_FROM_MESH_ELSE, 0);
	push(d, &r, device);
}

/* A reply leaves by the mesh of its address; what starts here knows the mesh's CIDR. */
static void add_own(struct desired *d, const struct membership_facts *m)
{
	struct rule r = rule_make(d, RULE_REPLY + m->number, m->table);

	r.from = prefix_of_address(&m->own);
	r.suppress_prefixlength = 0;
	push(d, &r, "lo");
	r = rule_make(d, RULE_CIDR + m->number, m->table);
	r.to = m->cidr;
	push_hosts(d, &r);
	r = rule_make(d, RULE_CIDR_ELSE + m->number, 0);
	r.to = m->cidr;
	push(d, &r, "");
}

static void add_lan(struct desired *d, const struct membership_facts *m)
{
	for (size_t i = 0; i < m->napproved; i++) {
		const struct own_prefix *own = &m->approved[i];
		struct rule r = rule_make(d, RULE_LAN + m->number, m->table);

		r.from = own->prefix;
		r.suppress_prefixlength = 0;
		for (size_t k = 0; k < own->lans.n; k++)
			push(d, &r, own->lans.at[k]->name);
	}
	/* Replies to an exit's users; the fence lets in nothing else. */
	if (m->exit != NULL) {
		struct rule r = rule_make(d, RULE_LAN + m->number, m->table);

		r.suppress_prefixlength = 0;
		push(d, &r, m->exit->name);
	}
}

/* What the machine may use in this mesh of `shown`, or has it inside. */
static void add_shown(struct desired *d, const struct membership_facts *m,
		      const struct prefix *shown)
{
	uint64_t n;
	const struct state_announced *a = state_records(m->from->view, STATE_PREFIXES, &n);

	for (uint64_t i = 0; i < n; i++) {
		struct rule r = rule_make(d, RULE_DIRECT + m->number, m->table);
		const struct prefix p = state_prefix_get(&a[i].prefix);

		if (p.family != FAMILY_IPV4 || p.length == 0 || !prefix_overlaps(&p, shown) ||
		    !facts_usable(m, &a[i]) || facts_own(m, &p) != NULL)
			continue;
		r.to = prefix_contains(shown, &p) ? p : *shown;
		push_hosts(d, &r);
	}
}

/* A machine in two peered meshes reaches what belongs to one of them directly: prefixes of this
 * mesh that a peering shows in another one of its own. */
static void add_direct(struct desired *d, const struct membership_facts *m)
{
	for (size_t k = 0; k < d->facts.n; k++) {
		const struct state_image *view = d->facts.memberships[k].from->view;
		uint64_t n, nremotes;
		const struct state_let_in *l = state_records(view, STATE_LET_IN, &n);
		const struct state_remote *remotes = state_records(view, STATE_REMOTES, &nremotes);

		for (uint64_t i = 0; i < n && &d->facts.memberships[k] != m; i++) {
			const struct prefix shown = state_prefix_get(&l[i].prefix);

			if (l[i].remote < nremotes &&
			    memcmp(remotes[l[i].remote].mesh, m->from->mesh.bytes, 16) == 0)
				add_shown(d, m, &shown);
		}
	}
}

static void add_hosts(struct desired *d, const struct membership_facts *m)
{
	struct rule r = rule_make(d, RULE_HOST + m->number, m->table);

	r.suppress_prefixlength = 0;
	push_hosts(d, &r);
	r = rule_make(d, RULE_HOST_DEFAULT + m->number, m->table);
	push_hosts(d, &r);
}

/* While the machine goes out by an exit, it still answers at its own addresses. */
static void add_outside(struct desired *d)
{
	const struct observation *seen = d->facts.in->seen;

	for (size_t i = 0; i < seen->addresses.n; i++) {
		const struct ifaddr *a = &seen->addresses.at[i];
		const struct link *l = link_by_index(&seen->links, a->device);
		struct rule r = rule_make(d, RULE_OUTSIDE, RT_TABLE_MAIN);

		if (a->local.family != FAMILY_IPV4 || l == NULL || (l->flags & IFF_LOOPBACK) != 0 ||
		    facts_ours(d->facts.in, l))
			continue;
		r.from = prefix_of_address(&a->local);
		push(d, &r, "lo");
	}
}

/* Who uses an exit goes nowhere else when it is lost, unless that was chosen. As a route of T it
 * would come before the machine's own: suppress_prefixlength passes over a default route, not over
 * an unreachable one. */
static void add_exit_use(struct desired *d)
{
	struct rule r = rule_make(d, RULE_NO_EXIT, 0);
	bool uses = false, refuses = false;

	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		uses = uses || m->uses_exit;
		refuses = refuses || (m->uses_exit && !m->direct_when_lost);
	}
	if (uses)
		add_outside(d);
	if (refuses)
		push_hosts(d, &r);
}

static void drop_duplicates(rule_vec *v)
{
	size_t kept = 0;

	vec_sort(v, rule_compare);
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || rule_compare(&v->at[kept - 1], &v->at[i]) != 0)
			v->at[kept++] = v->at[i];
	v->n = kept;
}

void plan_rules(struct desired *d)
{
	struct rule r;

	if (d->facts.n == 0)
		return;
	add_mark(d);
	for (size_t i = 0; i < d->devices.n; i++)
		add_from_mesh(d, d->devices.at[i].membership, d->devices.at[i].name);
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add_control(d, m);
		add_own(d, m);
		add_lan(d, m);
		add_direct(d, m);
		add_hosts(d, m);
	}
	/* The machine's own routes before the mesh's default. */
	r = rule_make(d, RULE_HOST_MAIN, RT_TABLE_MAIN);
	r.suppress_prefixlength = 0;
	push_hosts(d, &r);
	add_exit_use(d);
	drop_duplicates(&d->rules);
}
