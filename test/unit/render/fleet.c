#include "test/unit/render/fleet.h"

#include <string.h>

#include "test/test.h"

static struct prefix parse(const char *text)
{
	struct fault f = {0};
	struct prefix p = {0};

	if (prefix_parse(text, &p, &f) != 0)
		TEST_FAIL("%s", f.text);
	return p;
}

static struct id numbered(uint8_t kind, uint64_t n)
{
	struct id id = {{1, kind}};

	for (size_t i = 0; i < 8; i++)
		id.bytes[15 - i] = (uint8_t)(n >> (8 * i));
	return id;
}

static void fill_mesh(struct mesh *m, const char *name, const char *cidr, uint32_t asn)
{
	*m = (struct mesh){
		.row = asn,
		.id = numbered(1, asn),
		.cidr = parse(cidr),
		.route_reflector = true,
		.asn = asn,
		.bgp_port = 179,
		.bfd_interval_ms = 250,
		.bfd_multiplier = 3,
		.stable_for_s = STABLE_FOR_S,
	};
	memcpy(m->name, name, strlen(name) + 1);
}

void fleet_init(struct fleet *f, const char *name, const char *cidr, uint32_t asn)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
	fill_mesh(&f->rows.mesh, name, cidr, asn);
}

void fleet_fini(struct fleet *f)
{
	arena_fini(&f->arena);
	vec_free(&f->members);
	vec_free(&f->names);
	vec_free(&f->machines);
	vec_free(&f->announcements);
	vec_free(&f->remotes);
}

size_t fleet_member(struct fleet *f, const char *name, uint32_t index)
{
	struct membership m = {
		.row = 1000 + index,
		.machine = index,
		.mesh = f->rows.mesh.row,
		.id = numbered(2, index),
		.index = index,
		.has_key = true,
	};

	memset(m.key.bytes, 0x40, sizeof(m.key.bytes));
	m.key.bytes[0] = (uint8_t)index;
	m.key.bytes[1] = (uint8_t)(index >> 8);
	vec_push(&f->members, m);
	vec_push(&f->names, arena_strdup(&f->arena, name));
	vec_push(&f->machines, numbered(3, index));
	return f->members.n - 1;
}

size_t fleet_gateway(struct fleet *f, const char *name, uint32_t index)
{
	size_t member = fleet_member(f, name, index);

	f->members.at[member].gateway = true;
	return member;
}

size_t fleet_approve(struct fleet *f, size_t member, const char *prefix)
{
	vec_push(&f->announcements, (struct announcement){
					    .stable_for_s = STABLE_FOR_S,
					    .row = (row_t)f->announcements.n + 1,
					    .membership = f->members.at[member].row,
					    .prefix = parse(prefix),
					    .priority = 100,
					    .announced = true,
					    .approved = true,
				    });
	return f->announcements.n - 1;
}

void fleet_limit(struct fleet *f, size_t announcement, size_t user)
{
	struct announcement *a = &f->announcements.at[announcement];
	row_t *users = arena_array(&f->arena, a->nusers + 1, sizeof(*users));

	if (a->nusers > 0)
		memcpy(users, a->users, a->nusers * sizeof(*users));
	users[a->nusers++] = f->members.at[user].row;
	a->users = users;
}

void fleet_withdraw(struct fleet *f, size_t announcement)
{
	f->announcements.at[announcement] = f->announcements.at[f->announcements.n - 1];
	f->announcements.n--;
}

static void append(struct fleet *f, void *list, size_t *n, const void *item, size_t size)
{
	void **at = list;
	char *grown = arena_array(&f->arena, *n + 1, size);

	if (*n > 0)
		memcpy(grown, *at, *n * size);
	memcpy(grown + *n * size, item, size);
	*at = grown;
	(*n)++;
}

size_t fleet_peer(struct fleet *f, const char *name, const char *cidr, uint32_t asn,
		  const char *shown, const char *let_in)
{
	struct remote_rows r = {.peering = numbered(4, asn)};

	fill_mesh(&r.mesh, name, cidr, asn);
	vec_push(&f->remotes, r);
	fleet_show(f, f->remotes.n - 1, shown, let_in);
	return f->remotes.n - 1;
}

void fleet_show(struct fleet *f, size_t remote, const char *shown, const char *let_in)
{
	struct remote_rows *r = &f->remotes.at[remote];
	struct prefix p;

	if (shown != NULL) {
		p = parse(shown);
		append(f, &r->shown, &r->nshown, &p, sizeof(p));
	}
	if (let_in != NULL) {
		p = parse(let_in);
		append(f, &r->let_in, &r->nlet_in, &p, sizeof(p));
	}
}

void fleet_remote_approve(struct fleet *f, size_t remote, const char *prefix)
{
	struct remote_rows *r = &f->remotes.at[remote];
	struct announcement a = {.prefix = parse(prefix),
				 .priority = 100,
				 .stable_for_s = STABLE_FOR_S,
				 .approved = true};

	append(f, &r->announcements, &r->nannouncements, &a, sizeof(a));
}

void fleet_remote_member(struct fleet *f, size_t remote, size_t member, uint32_t index,
			 uint32_t number)
{
	struct remote_rows *r = &f->remotes.at[remote];
	struct membership m = {
		.row = 5000 + index,
		.machine = f->members.at[member].machine,
		.mesh = r->mesh.row,
		.id = numbered(5, index),
		.index = index,
		.number = number,
		.gateway = f->members.at[member].gateway,
		.has_key = true,
	};

	append(f, &r->memberships, &r->nmemberships, &m, sizeof(m));
}

struct mesh_rows *fleet_rows(struct fleet *f)
{
	f->rows.memberships = f->members.at;
	f->rows.nmemberships = f->members.n;
	f->rows.names = f->names.at;
	f->rows.machines = f->machines.at;
	f->rows.announcements = f->announcements.at;
	f->rows.nannouncements = f->announcements.n;
	f->rows.remotes = f->remotes.at;
	f->rows.nremotes = f->remotes.n;
	return &f->rows;
}

void fleet_plan(struct fleet *f)
{
	struct fault fault = {0};
	bool changed;

	fleet_rows(f);
	if (plan_slots(&f->rows, &changed, &fault) != 0 ||
	    plan_mesh(&f->rows, &f->arena, &f->plan, &fault) != 0) {
		TEST_FAIL("%s", fault.text);
		return;
	}
	f->render = render_prepare(&f->rows, &f->plan, &f->arena);
}
