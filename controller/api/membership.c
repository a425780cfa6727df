/* /memberships: a machine in a mesh. */
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"
#include "controller/controller.h"
#include "controller/rotation.h"

struct wire {
	const char *id, *created_at, *machine, *machine_name, *mesh, *mesh_name, *address, *role,
		*public_key, *key_changed_at, *rotation, *error;
	int64_t number, slot, base_port;
	uint64_t applied_view, applied_membership;
	bool current;
	struct json_rows shadowed, unwell;
};

struct wire_shadow {
	const char *prefix, *by, *device, *membership, *mesh_name;
};

#define SHADOW(member) offsetof(struct wire_shadow, member)

static const struct json_row shadow_rows[] = {
	JSON_ROW("prefix", MEMBER_TEXT, SHADOW(prefix)),
	JSON_ROW("by", MEMBER_TEXT, SHADOW(by)),
	JSON_ROW("device", MEMBER_TEXT, SHADOW(device)),
	JSON_ROW("membership", MEMBER_TEXT, SHADOW(membership)),
	JSON_ROW("mesh_name", MEMBER_TEXT, SHADOW(mesh_name)),
	{0}};

struct wire_unwell {
	const char *prefix, *error;
};

static const struct json_row unwell_rows[] = {
	JSON_ROW("prefix", MEMBER_TEXT, offsetof(struct wire_unwell, prefix)),
	JSON_ROW("error", MEMBER_TEXT, offsetof(struct wire_unwell, error)),
	{0}};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
	JSON_ROW("machine", MEMBER_TEXT, AT(machine)),
	JSON_ROW("machine_name", MEMBER_TEXT, AT(machine_name)),
	JSON_ROW("mesh", MEMBER_TEXT, AT(mesh)),
	JSON_ROW("mesh_name", MEMBER_TEXT, AT(mesh_name)),
	JSON_ROW("address", MEMBER_TEXT, AT(address)),
	JSON_ROW("number", MEMBER_NUMBER, AT(number)),
	JSON_ROW("role", MEMBER_TEXT, AT(role)),
	JSON_ROW("slot", MEMBER_NUMBER, AT(slot)),
	JSON_ROW("public_key", MEMBER_TEXT, AT(public_key)),
	JSON_ROW("key_changed_at", MEMBER_TEXT, AT(key_changed_at)),
	JSON_ROW("rotation", MEMBER_TEXT, AT(rotation)),
	JSON_ROW("base_port", MEMBER_NUMBER, AT(base_port)),
	JSON_ROW("applied_view", MEMBER_COUNTER, AT(applied_view)),
	JSON_ROW("applied_membership", MEMBER_COUNTER, AT(applied_membership)),
	JSON_ROW("current", MEMBER_FLAG, AT(current)),
	JSON_ROW("error", MEMBER_TEXT, AT(error)),
	JSON_ROW("shadowed", MEMBER_ROWS, AT(shadowed), .rows = shadow_rows,
		 .row_size = sizeof(struct wire_shadow)),
	JSON_ROW("unwell", MEMBER_ROWS, AT(unwell), .rows = unwell_rows,
		 .row_size = sizeof(struct wire_unwell)),
	{0}};

struct request {
	const char *machine, *mesh;
};

static const struct json_row request_rows[] = {
	JSON_ROW("machine", MEMBER_TEXT, offsetof(struct request, machine), .required = true),
	JSON_ROW("mesh", MEMBER_TEXT, offsetof(struct request, mesh), .required = true),
	{0}};

static const char *role_text(const struct membership *m)
{
	return m->gateway ? "gateway" : m->slot != 0 ? "router" : "member";
}

static struct wire_shadow wire_shadow(struct call *c, const struct shadowed *x)
{
	struct wire_shadow w = {
		.prefix = format_prefix(c->arena, &x->prefix),
		.by = format_prefix(c->arena, &x->by),
		.device = x->device[0] != '\0' ? arena_strdup(c->arena, x->device) : NULL,
	};
	struct membership other;
	struct mesh mesh;

	if (x->other != 0 && store_membership_get(c->store, x->other, &other, NULL) == 0 &&
	    store_mesh_get(c->store, other.mesh, &mesh, NULL) == 0) {
		w.membership = format_id(c->arena, &other.id);
		w.mesh_name = arena_strdup(c->arena, mesh.name);
	}
	return w;
}

static int list_shadowed(struct call *c, const struct membership *m, struct json_rows *out)
{
	struct shadowed *list = NULL;
	struct wire_shadow *at;
	size_t n = 0;
	int code = store_shadowed_get(c->store, c->arena, m->row, &list, &n, &c->fault);

	at = arena_array(c->arena, n, sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[i] = wire_shadow(c, &list[i]);
	*out = (struct json_rows){at, n};
	return code;
}

static int list_unwell(struct call *c, const struct membership *m, struct json_rows *out)
{
	struct unwell_prefix *list = NULL;
	struct wire_unwell *at;
	size_t n = 0;
	int code = store_announcement_list_unwell(c->store, c->arena, m->row, &list, &n, &c->fault);

	at = arena_array(c->arena, n, sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[i] = (struct wire_unwell){format_prefix(c->arena, &list[i].prefix),
					     list[i].error};
	*out = (struct json_rows){at, n};
	return code;
}

static bool is_current(const struct membership *m, const struct mesh *mesh)
{
	return m->image_revision != 0 && m->applied_image >= m->image_revision &&
	       m->applied_image >= mesh->images_revision && m->applied_view >= mesh->view_revision;
}

static json_t *encode(struct call *c, const void *x)
{
	const struct membership *m = x;
	struct machine machine;
	struct address address;
	struct mesh mesh;
	struct json_rows shadowed = {0}, unwell = {0};
	struct wire w;
	int code = store_machine_get(c->store, m->machine, &machine, &c->fault);

	if (code == 0)
		code = store_mesh_get(c->store, m->mesh, &mesh, &c->fault);
	if (code == 0)
		code = list_shadowed(c, m, &shadowed);
	if (code == 0)
		code = list_unwell(c, m, &unwell);
	if (code != 0)
		return NULL;
	address = alloc_address(&mesh, m->index);
	w = (struct wire){
		.id = format_id(c->arena, &m->id),
		.created_at = format_time(c->arena, m->created_at),
		.machine = format_id(c->arena, &machine.id),
		.machine_name = machine.name,
		.mesh = format_id(c->arena, &mesh.id),
		.mesh_name = mesh.name,
		.address = format_address(c->arena, &address),
		.role = role_text(m),
		.public_key = m->has_key ? format_key(c->arena, &m->key) : NULL,
		.key_changed_at = m->has_key ? format_time(c->arena, m->key_changed_at) : NULL,
		.rotation = rotation_text(m->rotation),
		.error = m->report_error[0] != '\0' ? m->report_error : NULL,
		.number = m->number,
		.slot = m->slot,
		.base_port = BASE_PORT(m->number),
		.applied_view = m->applied_view,
		.applied_membership = m->applied_image,
		.current = is_current(m, &mesh),
		.shadowed = shadowed,
		.unwell = unwell,
	};
	return json_encode(answer_rows, &w);
}

json_t *membership_encode_all(struct call *c, row_t machine)
{
	struct membership *list = NULL;
	json_t *items = json_array();
	size_t n = 0;

	if (store_membership_list(c->store, c->arena, machine, 0, NULL, &list, &n, &c->fault) == 0)
		for (size_t i = 0; i < n; i++)
			json_array_append_new(items, encode(c, &list[i]));
	return items;
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct membership *at = NULL;
	row_t machine, mesh;
	int code = resource_query(c, &machine_resource, "machine", &machine);

	if (code == 0)
		code = resource_query(c, &mesh_resource, "mesh", &mesh);
	if (code == 0 && machine == 0 && mesh == 0)
		code = store_membership_list_organization(c->store, c->arena, c->organization, p,
							  &at, &out->n, &c->fault);
	else if (code == 0)
		code = store_membership_list(c->store, c->arena, machine, mesh, p, &at, &out->n,
					     &c->fault);
	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_membership_find(c->store, c->organization, id, x, &c->fault);
}

static int refuse_second(struct call *c, const struct machine *machine, const struct mesh *mesh)
{
	struct membership old;
	int code = store_membership_of(c->store, machine->row, mesh->row, &old, NULL);

	if (code == 0)
		return call_exists(c, &old.id, "membership of this machine in mesh", mesh->name);
	return code == ERR_NOT_FOUND ? 0 : code;
}

int membership_create(struct call *c)
{
	struct request in = {0};
	struct machine machine = {0};
	struct membership m;
	struct mesh mesh;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0)
		code = resource_find(c, &machine_resource, in.machine, &machine);
	if (code == 0)
		code = resource_find(c, &mesh_resource, in.mesh, &mesh);
	if (code == 0 && machine.revoked)
		code = fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is revoked", machine.name);
	if (code == 0)
		code = refuse_second(c, &machine, &mesh);
	if (code == 0)
		code = alloc_join(c->store, &machine, &mesh, c->now, &m, &c->fault);
	if (code != 0)
		return code;
	call_touch_machine(c, machine.row);
	call_touch_mesh(c, mesh.row);
	return resource_created(c, &membership_resource, &m);
}

static int drop(struct call *c, void *x)
{
	struct membership *m = x;
	int code =
		alloc_leave(c->store, m, c->now, c->controller->config->address_rest_ms, &c->fault);

	call_touch_machine(c, m->machine);
	return code != 0 ? code : slots_assign(c, m->mesh);
}

const struct resource membership_resource = {
	.noun = "membership",
	RESOURCE_RECORD(struct membership),
	.encode = encode,
	.list = list,
	.find = find,
	.remove = drop,
};
