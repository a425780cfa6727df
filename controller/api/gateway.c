/* /gateways: which machines route between which meshes. */
#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"

#define MESHES_MAX 64

struct wire {
	const char *machine, *machine_name;
	bool drained;
	struct json_texts meshes, warnings;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("machine", MEMBER_TEXT, AT(machine)),
	JSON_ROW("machine_name", MEMBER_TEXT, AT(machine_name)),
	JSON_ROW("drained", MEMBER_FLAG, AT(drained)),
	JSON_ROW("meshes", MEMBER_TEXTS, AT(meshes)),
	JSON_ROW("warnings", MEMBER_TEXTS, AT(warnings)),
	{0}};

static const struct json_row request_rows[] = {
	JSON_ROW("machine", MEMBER_TEXT, AT(machine), .required = true),
	JSON_ROW("meshes", MEMBER_TEXTS, AT(meshes), .required = true, .max = MESHES_MAX),
	{0}};

/* One machine's memberships, those that are gateways. */
static json_t *encode(struct call *c, const struct machine *machine, const struct membership *list,
		      size_t n)
{
	struct wire w = {.machine = format_id(c->arena, &machine->id),
			 .machine_name = machine->name,
			 .drained = machine->drained};
	struct mesh mesh;

	w.meshes.at = arena_array(c->arena, n, sizeof(*w.meshes.at));
	w.warnings.at = arena_array(c->arena, n * MESH_WARNINGS_MAX, sizeof(*w.warnings.at));
	for (size_t i = 0; i < n; i++) {
		if (!list[i].gateway || store_mesh_get(c->store, list[i].mesh, &mesh, NULL) != 0)
			continue;
		w.meshes.at[w.meshes.n++] = format_id(c->arena, &mesh.id);
		mesh_warn(c, &mesh, &w.warnings);
	}
	return json_encode(answer_rows, &w);
}

static size_t same_machine(const struct membership *list, size_t first, size_t n)
{
	size_t end = first;

	while (end < n && list[end].machine == list[first].machine)
		end++;
	return end;
}

int gateway_list(struct call *c)
{
	struct membership *list = NULL;
	json_t *items;
	struct page page;
	row_t last = 0;
	size_t n = 0, end, shown = 0;
	int code = call_page(c, &page);

	if (code == 0)
		code = store_gateway_list(c->store, c->arena, c->organization, &page, &list, &n,
					  &c->fault);
	if (code != 0)
		return code;
	items = json_array();
	for (size_t i = 0; i < n && code == 0; i = end) {
		struct machine machine;

		end = same_machine(list, i, n);
		if (++shown == (size_t)page.limit)
			break;
		last = list[i].machine;
		code = store_machine_get(c->store, last, &machine, &c->fault);
		if (code == 0)
			json_array_append_new(items, encode(c, &machine, list + i, end - i));
	}
	call_answer_list(c, items, last, shown == (size_t)page.limit);
	return code;
}

/* The machine's membership in this mesh, made where there is none, becomes a gateway's. */
static int enable(struct call *c, const struct machine *machine, const char *mesh_id)
{
	struct membership m;
	struct mesh mesh;
	int code = resource_find(c, &mesh_resource, mesh_id, &mesh);

	if (code != 0)
		return code;
	code = store_membership_of(c->store, machine->row, mesh.row, &m, NULL);
	if (code == ERR_NOT_FOUND)
		code = alloc_join(c->store, machine, &mesh, c->now, &m, &c->fault);
	if (code == 0 && !m.gateway) {
		m.gateway = true;
		code = store_membership_update(c->store, &m, &c->fault);
	}
	return code != 0 ? code : slots_assign(c, mesh.row);
}

static int list_of(struct call *c, const struct machine *machine, struct membership **list,
		   size_t *n)
{
	return store_membership_list(c->store, c->arena, machine->row, 0, NULL, list, n, &c->fault);
}

int gateway_enable(struct call *c)
{
	struct membership *list = NULL;
	struct machine machine;
	struct wire in = {0};
	json_t *before;
	size_t n = 0;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0 && in.meshes.n == 0)
		code = fault_set(&c->fault, ERR_INVALID, "'meshes': name one at least");
	if (code == 0)
		code = resource_find(c, &machine_resource, in.machine, &machine);
	if (code == 0 && machine.revoked)
		code = fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is revoked", machine.name);
	if (code == 0)
		code = list_of(c, &machine, &list, &n);
	if (code != 0)
		return code;
	before = encode(c, &machine, list, n);
	for (size_t i = 0; i < in.meshes.n && code == 0; i++)
		code = enable(c, &machine, in.meshes.at[i]);
	call_touch_machine(c, machine.row);
	if (code == 0)
		code = list_of(c, &machine, &list, &n);
	if (code == 0) {
		c->json = encode(c, &machine, list, n);
		code = call_audit(c, &machine.id, before, c->json);
	}
	json_decref(before);
	return code;
}

static void warn_left(struct call *c, row_t row, struct json_texts *out)
{
	struct mesh mesh;

	if (store_mesh_get(c->store, row, &mesh, NULL) != 0)
		return;
	if (mesh.ngateways == 0)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s has no gateway any more: nothing is reflected and nothing leaves "
			"the mesh",
			mesh.name);
	mesh_warn(c, &mesh, out);
}

/* What is left of it, and of the meshes that it was a gateway of. */
static json_t *encode_disabled(struct call *c, const struct machine *machine, const row_t *meshes,
			       size_t n)
{
	struct wire w = {.machine = format_id(c->arena, &machine->id),
			 .machine_name = machine->name,
			 .drained = machine->drained};

	w.warnings.at = arena_array(c->arena, n * (MESH_WARNINGS_MAX + 1), sizeof(*w.warnings.at));
	for (size_t i = 0; i < n; i++)
		warn_left(c, meshes[i], &w.warnings);
	return json_encode(answer_rows, &w);
}

/* It stays a member. */
int gateway_disable(struct call *c)
{
	struct membership *list = NULL;
	struct machine machine;
	json_t *before;
	row_t *meshes = NULL;
	size_t n = 0, ended = 0;
	int code = store_machine_find(c->store, c->organization, &c->id, &machine, NULL);

	if (code == 0)
		code = list_of(c, &machine, &list, &n);
	meshes = arena_array(c->arena, n, sizeof(*meshes));
	for (size_t i = 0; i < n && code == 0; i++)
		if (list[i].gateway)
			meshes[ended++] = list[i].mesh;
	if (code == ERR_NOT_FOUND || (code == 0 && ended == 0))
		return fault_set(&c->fault, ERR_NOT_FOUND, "there is no such gateway");
	if (code != 0)
		return code;
	before = encode(c, &machine, list, n);
	for (size_t i = 0; i < n && code == 0; i++) {
		if (!list[i].gateway)
			continue;
		list[i].gateway = false;
		code = store_membership_update(c->store, &list[i], &c->fault);
		if (code == 0)
			code = slots_assign(c, list[i].mesh);
	}
	call_touch_machine(c, machine.row);
	if (code == 0)
		code = call_audit(c, &machine.id, before, NULL);
	if (code == 0)
		c->json = encode_disabled(c, &machine, meshes, ended);
	json_decref(before);
	return code;
}
