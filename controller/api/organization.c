/* /organizations: who owns meshes and machines. Made by administrators of the installation; others
 * see their own. */
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"

#define NAMES_SHOWN 4 /* of what is in the way */

struct wire {
	const char *id, *created_at, *name;
};

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct wire, id)),
	JSON_ROW("created_at", MEMBER_TEXT, offsetof(struct wire, created_at)),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct wire, name)),
	{0}};

static const struct json_row request_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct wire, name), .required = true), {0}};

static json_t *encode(struct call *c, const void *x)
{
	const struct organization *o = x;
	const struct wire w = {
		.id = format_id(c->arena, &o->id),
		.created_at = format_time(c->arena, o->created_at),
		.name = o->name,
	};

	return json_encode(answer_rows, &w);
}

/* To those of another organization it does not exist. */
static int find(struct call *c, const struct id *id, void *x)
{
	struct organization *o = x;
	int code = store_organization_find(c->store, id, o, &c->fault);

	if (code == 0 && c->who.organization != 0 && c->who.organization != o->row)
		return ERR_NOT_FOUND;
	return code;
}

static int find_name(struct call *c, const char *name, void *x)
{
	return store_organization_find_name(c->store, name, x, &c->fault);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct organization *at = NULL;
	int code = 0;

	if (c->who.organization == 0) {
		code = store_organization_list(c->store, c->arena, p, &at, &out->n, &c->fault);
	} else if (p->after < c->who.organization) {
		at = arena_alloc(c->arena, sizeof(*at));
		code = store_organization_get(c->store, c->who.organization, at, &c->fault);
		out->n = 1;
	}
	out->at = at;
	return code;
}

int organization_create(struct call *c)
{
	struct organization o = {.created_at = c->now};
	struct wire w = {0};
	int code = call_decode(c, request_rows, &w, NULL);

	if (code == 0)
		code = resource_check_name(c, &organization_resource, w.name, 0);
	if (code != 0)
		return code;
	snprintf(o.name, sizeof(o.name), "%s", w.name);
	code = store_organization_insert(c->store, &o, &c->fault);
	if (code != 0)
		return code;
	c->organization = o.row;
	return resource_created(c, &organization_resource, &o);
}

static int update(struct call *c, void *x)
{
	struct organization *o = x;
	struct wire w = {0};
	int code = call_decode(c, request_rows, &w, NULL);

	if (code == 0)
		code = resource_check_name(c, &organization_resource, w.name, o->row);
	if (code != 0)
		return code;
	snprintf(o->name, sizeof(o->name), "%s", w.name);
	c->organization = o->row;
	return store_organization_update(c->store, o, &c->fault);
}

/* "prod, staging and 3 more" */
static int put_names(struct call *c, row_t organization, uint64_t n, struct buf *out)
{
	const struct page first = {.limit = NAMES_SHOWN};
	struct mesh *list = NULL;
	size_t shown = 0;
	int code =
		store_mesh_list(c->store, c->arena, organization, &first, &list, &shown, &c->fault);

	for (size_t i = 0; i < shown && code == 0; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", list[i].name);
	if (n > shown)
		buf_printf(out, " and %llu more", (unsigned long long)(n - shown));
	return code;
}

static int refuse_in_use(struct call *c, const struct organization *o)
{
	uint64_t nmeshes, nmachines;
	struct buf text;
	int code = store_organization_owns(c->store, o->row, &nmeshes, &nmachines, &c->fault);

	if (code != 0 || nmeshes + nmachines == 0)
		return code;
	buf_init(&text);
	if (nmeshes > 0) {
		buf_puts(&text, nmeshes == 1 ? "the mesh " : "the meshes ");
		code = put_names(c, o->row, nmeshes, &text);
	}
	if (nmachines > 0)
		buf_printf(&text, "%s%llu machine%s", nmeshes > 0 ? ", and " : "",
			   (unsigned long long)nmachines, nmachines == 1 ? "" : "s");
	if (code == 0)
		code = fault_set(&c->fault, ERR_CONFLICT,
				 "organization '%s' has %s: delete them first", o->name,
				 buf_text(&text));
	buf_fini(&text);
	return code;
}

static int drop(struct call *c, void *x)
{
	struct organization *o = x;
	int code;

	if (o->row == c->organization)
		return fault_set(&c->fault, ERR_CONFLICT,
				 "'%s' is the organization on which administrators act: it stays",
				 o->name);
	code = refuse_in_use(c, o);
	if (code == 0)
		code = store_organization_delete(c->store, o->row, &c->fault);
	c->effects.organization = o->row;
	c->organization = 0; /* of the installation: the audit outlives it */
	return code;
}

const struct resource organization_resource = {
	.noun = "organization",
	RESOURCE_RECORD(struct organization),
	.encode = encode,
	.list = list,
	.find = find,
	.find_name = find_name,
	.update = update,
	.remove = drop,
};
