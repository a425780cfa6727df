#include "test/unit/agent/machines.h"

#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan/names.h"
#include "test/test.h"

#define OTHERS "172.20.12.0/24"

/* The reference fleet: routing.md's machines, and m, which is a plain member of both meshes. */
static void fill(struct fleet *f, bool prod)
{
	static const char *const names[2][7] = {{"a1", "a2", "a3", "a4", "gw1", "gw2", "m"},
						{"b1", "b2", "b3", NULL, "gw1", "gw2", "m"}};
	static const uint32_t indices[] = {1, 2, 3, 4, 11, 12, 20};
	static const char *const approved[2][4] = {
		{"172.20.5.0/24", "172.20.30.0/24", "172.20.30.0/24", "172.20.6.0/24"},
		{NULL, OTHERS, OTHERS, NULL}};

	fleet_init(f, prod ? "prod" : "staging", prod ? "10.100.0.0/16" : "10.101.0.0/16",
		   prod ? 4200000001 : 4200000002);
	for (size_t i = 0; i < 7; i++) {
		const char *name = names[prod ? 0 : 1][i];
		size_t at;

		if (name == NULL)
			continue;
		at = indices[i] == 11 || indices[i] == 12 ? fleet_gateway(f, name, indices[i])
							  : fleet_member(f, name, indices[i]);
		f->members.at[at].id.bytes[2] = prod ? 1 : 2;
		f->members.at[at].key.bytes[2] = prod ? 1 : 2;
		if (i < 4 && approved[prod ? 0 : 1][i] != NULL)
			fleet_approve(f, at, approved[prod ? 0 : 1][i]);
		/* The second membership of who is in both. */
		if (!prod && indices[i] >= 11)
			f->members.at[at].number = 1;
	}
}

static void peer(struct fleet *f, bool prod)
{
	size_t r =
		fleet_peer(f, prod ? "staging" : "prod", prod ? "10.101.0.0/16" : "10.100.0.0/16",
			   prod ? 4200000002 : 4200000001, prod ? "10.100.0.0/16" : OTHERS,
			   prod ? OTHERS : "10.100.0.0/16");

	if (prod)
		fleet_remote_approve(f, r, OTHERS);
	for (size_t i = 0; i < f->members.n; i++)
		if (f->members.at[i].index >= 11)
			fleet_remote_member(f, r, i, f->members.at[i].index, prod ? 1 : 0);
}

void meshes_peer(struct meshes *m)
{
	peer(&m->prod, true);
	peer(&m->staging, false);
}

static void meshes_init(struct meshes *m, void (*change)(struct meshes *m))
{
	fill(&m->prod, true);
	fill(&m->staging, false);
	change(m);
	fleet_plan(&m->prod);
	fleet_plan(&m->staging);
}

void meshes_fini(struct meshes *m)
{
	fleet_fini(&m->prod);
	fleet_fini(&m->staging);
}

/* ---- images ---- */

static void open_body(const struct buf *body, enum state_kind kind, const struct id *mesh,
		      struct buf *bytes, struct state_image *out)
{
	static const uint8_t page[STATE_PAGE];
	struct state_root root = {.version = STATE_VERSION, .kind = (uint32_t)kind, .revision = 1};
	struct fault f = {0};

	memcpy(root.magic, STATE_MAGIC, sizeof(root.magic));
	memcpy(root.mesh, mesh->bytes, sizeof(root.mesh));
	memset(root.signer, 1, sizeof(root.signer));
	if (kind == STATE_KIND_MEMBERSHIP)
		memset(root.membership, 1, sizeof(root.membership));
	root.body_pages = body->len / STATE_PAGE;
	buf_init(bytes);
	buf_append(bytes, &root, sizeof(root));
	buf_append(bytes, page, STATE_PAGE - sizeof(root));
	buf_append(bytes, body->data, body->len);
	if (state_check(out, bytes->data, bytes->len, &f) != 0)
		TEST_FAIL("%s", f.text);
}

static void add_membership(struct machine_case *c, struct fleet *f, const char *name)
{
	const struct render_image in = {.view_revision = 1};
	size_t n = c->in.n, member = 0;
	struct plan_membership *p = &c->memberships[n];
	struct buf body;

	while (member < f->names.n && strcmp(f->names.at[member], name) != 0)
		member++;
	if (member == f->names.n)
		return;
	buf_init(&body);
	render_view(f->render, &body);
	open_body(&body, STATE_KIND_VIEW, &f->rows.mesh.id, &c->bytes[n][0], &c->images[n][0]);
	buf_clear(&body);
	render_membership(f->render, member, &in, &body);
	open_body(&body, STATE_KIND_MEMBERSHIP, &f->rows.mesh.id, &c->bytes[n][1],
		  &c->images[n][1]);
	buf_fini(&body);
	p->id = f->members.at[member].id;
	p->mesh = f->rows.mesh.id;
	p->view = &c->images[n][0];
	p->image = &c->images[n][1];
	memcpy(p->public_key.bytes, f->members.at[member].key.bytes, WG_KEY_SIZE);
	c->in.n++;
}

/* ---- a kernel ---- */

static struct ifaddr address_of(const char *text, int device)
{
	struct ifaddr a = {.device = device, .scope = RT_SCOPE_UNIVERSE};
	char host[64];
	unsigned length;

	if (sscanf(text, "%63[^/]/%u", host, &length) != 2 ||
	    address_parse(host, &a.local, NULL) != 0)
		TEST_FAIL("%s", text);
	a.length = (uint8_t)length;
	return a;
}

void machine_link(struct machine_case *c, const char *name, const char *address)
{
	struct link l = {.index = c->next_index++, .mtu = 1500, .flags = IFF_UP | IFF_RUNNING};
	struct ifaddr a = address_of(address, l.index);
	struct route r = {.table = RT_TABLE_MAIN,
			  .prefix = ifaddr_prefix(&a),
			  .type = RTN_UNICAST,
			  .protocol = RTPROT_KERNEL,
			  .scope = RT_SCOPE_LINK,
			  .device = l.index,
			  .source = a.local};

	snprintf(l.name, sizeof(l.name), "%s", name);
	if (strcmp(name, "lo") == 0)
		l.flags |= IFF_LOOPBACK;
	vec_push(&c->seen.links, l);
	vec_push(&c->seen.confs, (struct seen_conf){0, 0});
	vec_push(&c->seen.addresses, a);
	if (a.length < 32 && strcmp(name, "lo") != 0)
		vec_push(&c->seen.main, r);
}

void machine_init(struct machine_case *c, const char *name)
{
	machine_init_in(c, name, meshes_peer);
}

void machine_init_in(struct machine_case *c, const char *name, void (*change)(struct meshes *m))
{
	struct route r = {.table = RT_TABLE_MAIN, .type = RTN_UNICAST, .device = 2};

	memset(c, 0, sizeof(*c));
	meshes_init(&c->meshes, change);
	schema_defaults(agent_config_rows, &c->config);
	observation_init(&c->seen);
	c->seen.hash_policy = 0;
	c->next_index = 1;
	c->in = (struct plan_input){
		.config = &c->config,
		.memberships = c->memberships,
		.seen = &c->seen,
		.opened = (const char(*)[LINK_NAME_MAX])c->opened,
		.now = {1000000000},
	};
	add_membership(c, &c->meshes.prod, name);
	add_membership(c, &c->meshes.staging, name);
	machine_link(c, "lo", "127.0.0.1/8");
	machine_link(c, "eth0", "192.0.2.1/32");
	r.prefix = prefix_ipv4(0, 0);
	r.gateway = address_ipv4(0xa9fe0001);
	vec_push(&c->seen.main, r);
}

void machine_fini(struct machine_case *c)
{
	for (size_t i = 0; i < MACHINE_MEMBERSHIPS; i++)
		for (size_t k = 0; k < 2; k++)
			buf_fini(&c->bytes[i][k]);
	observation_fini(&c->seen);
	agent_config_fini(&c->config);
	meshes_fini(&c->meshes);
}

static struct link *link_at(struct machine_case *c, int index)
{
	for (size_t i = 0; i < c->seen.links.n; i++)
		if (c->seen.links.at[i].index == index)
			return &c->seen.links.at[i];
	TEST_FAIL("no link %d", index);
	return &c->seen.links.at[0];
}

static void apply_device(struct machine_case *c, const struct device_op *op)
{
	struct link l = {.mtu = 1420};

	switch (op->kind) {
	case DEVICE_OP_CREATE:
		l.index = c->next_index++;
		snprintf(l.name, sizeof(l.name), "%s", op->device->name);
		names_alias(&op->device->membership->id, l.alias);
		vec_push(&c->seen.links, l);
		vec_push(&c->seen.confs, (struct seen_conf){0, 0});
		vec_push(&c->seen.devices, (struct wg_device){0});
		memcpy(c->seen.devices.at[c->seen.devices.n - 1].name, l.name, sizeof(l.name));
		break;
	case DEVICE_OP_ALIAS:
		names_alias(&op->device->membership->id, link_at(c, op->device->index)->alias);
		break;
	case DEVICE_OP_MTU:
		link_at(c, op->device->index)->mtu = op->device->mtu;
		break;
	case DEVICE_OP_UP:
		link_at(c, op->device->index)->flags |= IFF_UP;
		break;
	}
}

static void apply_sysctl(struct machine_case *c, const struct desired_sysctl *s)
{
	if (s->device[0] != '\0' && !s->on_mesh_device)
		snprintf(c->opened[c->in.nopened++], LINK_NAME_MAX, "%s", s->device);
	if (s->device[0] == '\0')
		c->seen.hash_policy = s->value;
	for (size_t i = 0; i < c->seen.links.n; i++)
		if (strcmp(c->seen.links.at[i].name, s->device) == 0)
			*(strcmp(s->name, "forwarding") == 0 ? &c->seen.confs.at[i].forwarding
							     : &c->seen.confs.at[i].rp_filter) =
				s->value;
}

/* wg_device_fini() frees it. */
static struct wg_peer peer_copy(const struct wg_peer *p)
{
	struct wg_peer out = *p;

	out.allowed = mem_alloc((p->nallowed + 1) * sizeof(*p->allowed));
	for (size_t i = 0; i < p->nallowed; i++)
		out.allowed[i] = p->allowed[i];
	return out;
}

/* What the device should be is what it is then: the operations themselves are lib/net's, and tested
 * there. */
static void apply_wg(struct machine_case *c, const struct device_wg_ops *w)
{
	for (size_t i = 0; i < c->seen.devices.n; i++) {
		struct wg_device *dev = &c->seen.devices.at[i];
		wg_peer_vec peers = {0};

		if (strcmp(dev->name, w->device->name) != 0)
			continue;
		wg_device_fini(dev);
		*dev = w->device->wg;
		for (size_t k = 0; k < w->device->wg.peers.n; k++)
			vec_push(&peers, peer_copy(&w->device->wg.peers.at[k]));
		dev->peers.at = peers.at;
		dev->peers.n = peers.n;
		dev->peers.cap = peers.cap;
	}
}

/* What is desired of these kinds is what is there then. Copies outlive the plan. */
static void apply_tables(struct machine_case *c, const struct desired *d)
{
	c->seen.rules.n = c->seen.routes.n = 0;
	for (size_t i = 0; i < d->rules.n; i++)
		vec_push(&c->seen.rules, d->rules.at[i]);
	for (size_t i = 0; i < d->routes.n; i++) {
		struct route r = d->routes.at[i];

		if (r.nhops > 0)
			r.hops = arena_copy(&c->seen.arena, r.hops, r.nhops * sizeof(*r.hops));
		vec_push(&c->seen.routes, r);
	}
}

static void apply_addresses(struct machine_case *c, const struct operations *o)
{
	for (size_t i = 0; i < o->addresses_delete.n; i++)
		for (size_t k = 0; k < c->seen.addresses.n; k++)
			if (&c->seen.addresses.at[k] == o->addresses_delete.at[i])
				c->seen.addresses.at[k].device = -1;
	for (size_t i = 0; i < o->addresses_add.n; i++)
		vec_push(&c->seen.addresses, *o->addresses_add.at[i]);
	for (size_t k = 0; k < c->seen.addresses.n;)
		if (c->seen.addresses.at[k].device == -1)
			c->seen.addresses.at[k] = c->seen.addresses.at[--c->seen.addresses.n];
		else
			k++;
	vec_sort(&c->seen.addresses, ifaddr_compare);
}

static void apply_deletions(struct machine_case *c, const struct operations *o)
{
	for (size_t i = 0; i < o->devices_delete.n; i++)
		((struct link *)(uintptr_t)o->devices_delete.at[i])->index = -1;
	for (size_t k = 0; k < c->seen.links.n;)
		if (c->seen.links.at[k].index == -1) {
			c->seen.links.n--;
			c->seen.links.at[k] = c->seen.links.at[c->seen.links.n];
			c->seen.confs.at[k] = c->seen.confs.at[c->seen.links.n];
		} else {
			k++;
		}
}

size_t machine_round(struct machine_case *c, struct buf *text)
{
	struct desired d;
	struct operations o;
	size_t n;

	vec_sort(&c->seen.addresses, ifaddr_compare);
	desired_make(&c->in, &d);
	operations_plan(&d, &c->seen, &o);
	if (text != NULL)
		operations_format(&o, text);
	n = operations_count(&o);
	for (size_t i = 0; i < o.wg.n; i++)
		apply_wg(c, &o.wg.at[i]);
	for (size_t i = 0; i < o.sysctls.n; i++)
		apply_sysctl(c, o.sysctls.at[i]);
	apply_addresses(c, &o);
	if (o.rules.n > 0 || o.routes.n > 0)
		apply_tables(c, &d);
	if (o.fence) {
		c->seen.fence_stands = true;
		digest_of(buf_text(&d.fence), d.fence.len, &c->seen.fence);
	}
	apply_deletions(c, &o);
	for (size_t i = 0; i < o.devices.n; i++)
		apply_device(c, &o.devices.at[i]);
	operations_fini(&o);
	desired_fini(&d);
	return n;
}

void machine_settle(struct machine_case *c)
{
	int rounds = 0;

	while (machine_round(c, NULL) > 0)
		if (++rounds > 5) {
			TEST_FAIL("the plan does not come to rest");
			return;
		}
}

/* ---- as text ---- */

static void describe_device(const struct desired_device *dev, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	buf_printf(out, "%s index %d mtu %u port %u\n", dev->name, dev->index, dev->mtu,
		   dev->wg.listen_port);
	for (size_t i = 0; i < dev->wg.peers.n; i++) {
		const struct wg_peer *p = &dev->wg.peers.at[i];

		buf_printf(out, "  peer %u/%u keepalive %u:", p->key.bytes[2], p->key.bytes[0],
			   p->keepalive);
		for (size_t k = 0; k < p->nallowed; k++)
			buf_printf(out, " %s", prefix_format(&p->allowed[k], text));
		buf_puts(out, "\n");
	}
}

static void describe_addresses(const struct desired *d, struct buf *out)
{
	char local[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < d->addresses.n; i++) {
		const struct ifaddr *a = &d->addresses.at[i];

		buf_printf(out, "dev %d %s", a->device, address_format(&a->local, local));
		if (a->peer.family != FAMILY_NONE)
			buf_printf(out, " peer %s", address_format(&a->peer, other));
		buf_printf(out, "/%u\n", a->length);
	}
}

void machine_describe(struct machine_case *c, struct buf *out)
{
	char text[ROUTE_TEXT_MAX];
	struct desired d;

	desired_make(&c->in, &d);
	buf_puts(out, "# devices\n");
	for (size_t i = 0; i < d.devices.n; i++)
		describe_device(&d.devices.at[i], out);
	buf_puts(out, "# addresses\n");
	describe_addresses(&d, out);
	buf_puts(out, "# rules\n");
	for (size_t i = 0; i < d.rules.n; i++)
		buf_printf(out, "%s\n", rule_format(&d.rules.at[i], text));
	buf_puts(out, "# routes\n");
	for (size_t i = 0; i < d.routes.n; i++)
		buf_printf(out, "%s\n", route_format(&d.routes.at[i], text));
	buf_puts(out, "# settings\n");
	for (size_t i = 0; i < d.sysctls.n; i++)
		buf_printf(out, "%s %s = %d\n", d.sysctls.at[i].device, d.sysctls.at[i].name,
			   d.sysctls.at[i].value);
	buf_puts(out, "# passages\n");
	for (size_t i = 0; i < d.passages.n; i++)
		buf_printf(out, "%s > %s, %s\n", d.passages.at[i].in,
			   d.passages.at[i].out[0] != '\0' ? d.passages.at[i].out : "any",
			   d.passages.at[i].state);
	buf_printf(out, "# fence\n%s", buf_text(&d.fence));
	for (size_t i = 0; i < d.birds.n; i++)
		buf_printf(out, "# bird.conf\n%s...\n%s", d.birds.at[i].head, d.birds.at[i].tail);
	desired_fini(&d);
}
