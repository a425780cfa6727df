#include "test/unit/agent/machines.h"

#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machine_kernel.h"

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

static size_t position(const struct fleet *f, const char *name)
{
	size_t member = 0;

	while (member < f->names.n && strcmp(f->names.at[member], name) != 0)
		member++;
	return member;
}

static void render(struct machine_case *c, struct fleet *f, size_t member, size_t n)
{
	const struct render_image in = {.view_revision = 1};
	struct buf body;

	buf_init(&body);
	render_view(f->render, &body);
	open_body(&body, STATE_KIND_VIEW, &f->rows.mesh.id, &c->bytes[n][0], &c->images[n][0]);
	buf_clear(&body);
	render_membership(f->render, member, &in, &body);
	open_body(&body, STATE_KIND_MEMBERSHIP, &f->rows.mesh.id, &c->bytes[n][1],
		  &c->images[n][1]);
	buf_fini(&body);
}

static void add_membership(struct machine_case *c, struct fleet *f)
{
	size_t n = c->in.n, member = position(f, c->name);
	struct plan_membership *p = &c->memberships[n];

	if (member == f->names.n)
		return;
	render(c, f, member, n);
	p->id = f->members.at[member].id;
	p->mesh = f->rows.mesh.id;
	p->view = &c->images[n][0];
	p->image = &c->images[n][1];
	memcpy(p->public_key.bytes, f->members.at[member].key.bytes, WG_KEY_SIZE);
	c->in.n++;
}

static void free_bytes(struct machine_case *c)
{
	for (size_t i = 0; i < MACHINE_MEMBERSHIPS; i++)
		for (size_t k = 0; k < 2; k++)
			buf_fini(&c->bytes[i][k]);
}

void machine_update(struct machine_case *c)
{
	fleet_plan(&c->meshes.prod);
	fleet_plan(&c->meshes.staging);
	free_bytes(c);
	c->in.n = 0;
	add_membership(c, &c->meshes.prod);
	add_membership(c, &c->meshes.staging);
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

void machine_address(struct machine_case *c, const char *address)
{
	const struct link *l = &c->seen.links.at[c->seen.links.n - 1];
	struct ifaddr a = address_of(address, l->index);
	struct route r = {.table = RT_TABLE_MAIN,
			  .prefix = ifaddr_prefix(&a),
			  .type = RTN_UNICAST,
			  .protocol = RTPROT_KERNEL,
			  .scope = RT_SCOPE_LINK,
			  .device = l->index,
			  .source = a.local};

	vec_push(&c->seen.addresses, a);
	if (a.length < 32 && strcmp(l->name, "lo") != 0)
		vec_push(&c->seen.main, r);
}

void machine_link(struct machine_case *c, const char *name, const char *address)
{
	struct link l = {.index = c->next_index++, .mtu = 1500, .flags = IFF_UP | IFF_RUNNING};

	snprintf(l.name, sizeof(l.name), "%s", name);
	if (strcmp(name, "lo") == 0)
		l.flags |= IFF_LOOPBACK;
	vec_push(&c->seen.links, l);
	vec_push(&c->seen.confs, (struct seen_conf){0, 0});
	machine_address(c, address);
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
	c->seen.has_learned = true;
	c->seen.hash_policy = c->seen.ip_forward = 0;
	c->next_index = 1;
	c->in = (struct plan_input){
		.config = &c->config,
		.memberships = c->memberships,
		.seen = &c->seen,
		.opened = (const char(*)[LINK_NAME_MAX])c->opened,
		.now = {1000000000},
		.clock = {3600 * CLOCK_S},
	};
	c->name = name;
	add_membership(c, &c->meshes.prod);
	add_membership(c, &c->meshes.staging);
	machine_link(c, "lo", "127.0.0.1/8");
	machine_link(c, "eth0", "192.0.2.1/32");
	r.prefix = prefix_ipv4(0, 0);
	r.gateway = address_ipv4(0xa9fe0001);
	vec_push(&c->seen.main, r);
}

void machine_fini(struct machine_case *c)
{
	free_bytes(c);
	vec_free(&c->moves);
	observation_fini(&c->seen);
	agent_config_fini(&c->config);
	meshes_fini(&c->meshes);
}

void machine_wait(struct machine_case *c, int64_t ms)
{
	c->in.now.ms += ms;
	c->in.clock = mono_add_ms(c->in.clock, ms);
}

void machine_restart(struct machine_case *c)
{
	c->moves.n = c->in.nmoves = 0;
}

static struct wg_peer *find_peer(struct machine_case *c, const char *device, unsigned index)
{
	for (size_t i = 0; i < c->seen.devices.n; i++) {
		struct wg_device *dev = &c->seen.devices.at[i];

		for (size_t k = 0; strcmp(dev->name, device) == 0 && k < dev->peers.n; k++)
			if (dev->peers.at[k].key.bytes[0] == index)
				return &dev->peers.at[k];
	}
	return NULL;
}

bool machine_has(struct machine_case *c, const char *device, unsigned index)
{
	return find_peer(c, device, index) != NULL;
}

void machine_greet_from(struct machine_case *c, const char *device, unsigned index,
			const char *address, uint16_t port)
{
	struct wg_peer *p = find_peer(c, device, index);

	if (p == NULL) {
		TEST_FAIL("%s has no peer %u", device, index);
		return;
	}
	p->last_handshake = c->in.now;
	address_parse(address, &p->endpoint.address, NULL);
	p->endpoint.port = port;
}

void machine_greet(struct machine_case *c, const char *device, unsigned index, const char *address)
{
	machine_greet_from(c, device, index, address, 51820);
}

void machine_learn(struct machine_case *c, uint32_t table, const char *prefix, const char *via,
		   const char *device)
{
	struct route r = {.table = table,
			  .metric = METRIC_BIRD,
			  .type = RTN_UNICAST,
			  .protocol = RTPROT_BIRD};

	prefix_parse(prefix, &r.prefix, NULL);
	for (size_t i = 0; i < c->seen.learned.n; i++)
		if (route_compare(&c->seen.learned.at[i], &r) == 0)
			c->seen.learned.at[i] = c->seen.learned.at[--c->seen.learned.n];
	if (device != NULL) {
		address_parse(via, &r.gateway, NULL);
		r.device = link_by_name(&c->seen.links, device)->index;
		vec_push(&c->seen.learned, r);
	}
	vec_sort(&c->seen.learned, route_compare);
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
	machine_apply(c, &d, &o);
	c->moves.n = 0;
	for (size_t i = 0; i < d.moves.n; i++)
		vec_push(&c->moves, d.moves.at[i]);
	c->in.moves = c->moves.at;
	c->in.nmoves = c->moves.n;
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
