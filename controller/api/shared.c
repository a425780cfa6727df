#include "controller/api/shared.h"

#include "controller/controller.h"
#include "controller/gather.h"

int slots_assign(struct call *c, row_t mesh)
{
	struct mesh_rows rows;
	bool changed = false;
	uint8_t *before;
	int code = gather_mesh(c->store, mesh, c->arena, &rows, &c->fault);

	if (code != 0)
		return code;
	before = arena_alloc(c->arena, rows.nmemberships);
	for (size_t i = 0; i < rows.nmemberships; i++)
		before[i] = rows.memberships[i].slot;
	code = plan_slots(&rows, &changed, &c->fault);
	for (size_t i = 0; i < rows.nmemberships && code == 0 && changed; i++)
		if (rows.memberships[i].slot != before[i])
			code = store_membership_slot(c->store, &rows.memberships[i], &c->fault);
	call_touch_mesh(c, mesh);
	return code;
}

int news_check(struct call *c)
{
	if (auth_pace(c->controller->auth, &c->who, mono_now()))
		return 0;
	c->status = 429;
	return fault_set(&c->fault, ERR_BUSY,
			 "this machine changes its keys and endpoints more often than once in %d s",
			 AUTH_NEWS_MS / 1000);
}

int parse_prefix_ipv4(struct call *c, const char *what, const char *text, struct prefix *out)
{
	int code = prefix_parse(text, out, &c->fault);

	if (code != 0)
		return fault_prefix(&c->fault, "%s", what);
	if (out->family != FAMILY_IPV4)
		return fault_set(&c->fault, ERR_UNSUPPORTED, "%s: %s: IPv6 is not supported yet",
				 what, text);
	return 0;
}

int touch_members(struct call *c, row_t mesh)
{
	struct membership *members;
	size_t n = 0;
	int code =
		store_membership_list(c->store, c->arena, 0, mesh, NULL, &members, &n, &c->fault);

	for (size_t i = 0; i < n && code == 0; i++)
		call_touch_machine(c, members[i].machine);
	return code;
}

int touch_peered(struct call *c, row_t mesh)
{
	struct peering *peerings;
	size_t n = 0;
	int code = store_peering_list(c->store, c->arena, 0, mesh, NULL, &peerings, &n, &c->fault);

	for (size_t i = 0; i < n && code == 0; i++)
		call_touch_mesh(c, peerings[i].mesh_a == mesh ? peerings[i].mesh_b
							      : peerings[i].mesh_a);
	return code;
}

/* ---- overlaps ---- */

static int inside(struct call *c, const struct prefix *p, const struct mesh *mesh)
{
	char prefix[PREFIX_TEXT_MAX], cidr[PREFIX_TEXT_MAX];

	if (!prefix_contains(&mesh->cidr, p))
		return 0;
	return fault_set(&c->fault, ERR_OVERLAP, "prefix %s lies in the CIDR %s of mesh '%s'",
			 prefix_format(p, prefix), prefix_format(&mesh->cidr, cidr), mesh->name);
}

int overlap_check_prefix(struct call *c, const struct mesh *mesh, const struct prefix *p)
{
	struct peering *peerings;
	struct mesh other;
	size_t n = 0;
	int code = inside(c, p, mesh);

	if (code == 0)
		code = store_peering_list(c->store, c->arena, mesh->organization, mesh->row, NULL,
					  &peerings, &n, &c->fault);
	for (size_t i = 0; i < n && code == 0; i++) {
		row_t row =
			peerings[i].mesh_a == mesh->row ? peerings[i].mesh_b : peerings[i].mesh_a;

		code = store_mesh_get(c->store, row, &other, &c->fault);
		if (code == 0)
			code = inside(c, p, &other);
	}
	return code;
}

/* What is approved in `from` against the CIDR of `to`. */
static int check_approved(struct call *c, const struct mesh *from, const struct mesh *to)
{
	struct announcement *list;
	size_t n = 0;
	int code = store_announcement_list(c->store, c->arena, from->organization, from->row, 0,
					   NULL, &list, &n, &c->fault);

	for (size_t i = 0; i < n && code == 0; i++) {
		if (!list[i].approved)
			continue;
		code = inside(c, &list[i].prefix, to);
		if (code != 0)
			fault_prefix(&c->fault, "mesh '%s'", from->name);
	}
	return code;
}

int overlap_check_meshes(struct call *c, const struct mesh *a, const struct mesh *b)
{
	char cidr_a[PREFIX_TEXT_MAX], cidr_b[PREFIX_TEXT_MAX];
	int code = 0;

	if (prefix_overlaps(&a->cidr, &b->cidr))
		return fault_set(&c->fault, ERR_OVERLAP,
				 "mesh '%s' (%s) and mesh '%s' (%s) overlap and cannot be peered",
				 a->name, prefix_format(&a->cidr, cidr_a), b->name,
				 prefix_format(&b->cidr, cidr_b));
	code = check_approved(c, a, b);
	return code != 0 ? code : check_approved(c, b, a);
}
