/* /organizations: who owns meshes and machines. Made by administrators of the installation; others
 * see their own. */
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/call.h"

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

static json_t *encode(struct call *c, const struct organization *o)
{
	const struct wire w = {
		.id = format_id(c->arena, &o->id),
		.created_at = format_time(c->arena, o->created_at),
		.name = o->name,
	};

	return json_encode(answer_rows, &w);
}

/* The one of the path; to those of another organization it does not exist. */
static int find(struct call *c, struct organization *o)
{
	int code = store_organization_find(c->store, &c->id, o, NULL);

	if (code == 0 && c->who.organization != 0 && c->who.organization != o->row)
		code = ERR_NOT_FOUND;
	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no such organization");
	return code;
}

static int check_name(struct call *c, const char *name, row_t own)
{
	struct organization other;
	int code = name_check(name, "organization name", &c->fault);

	if (code != 0)
		return code;
	code = store_organization_find_name(c->store, name, &other, NULL);
	if (code == 0 && other.row != own)
		return call_exists(c, &other.id, "organization", name);
	return code == ERR_NOT_FOUND ? 0 : code;
}

int organization_list(struct call *c)
{
	struct organization *list = NULL, own;
	json_t *items;
	struct page page;
	size_t n = 0;
	bool more;
	int code = call_page(c, &page);

	if (code != 0)
		return code;
	if (c->who.organization == 0) {
		code = store_organization_list(c->store, c->arena, &page, &list, &n, &c->fault);
	} else if (page.after < c->who.organization) {
		code = store_organization_get(c->store, c->who.organization, &own, &c->fault);
		list = &own;
		n = 1;
	}
	if (code != 0)
		return code;
	more = n == (size_t)page.limit && n > 1;
	n -= more;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, encode(c, &list[i]));
	call_answer_list(c, items, n > 0 ? list[n - 1].row : 0, more);
	return 0;
}

int organization_get(struct call *c)
{
	struct organization o;
	int code = find(c, &o);

	if (code != 0)
		return code;
	call_set_version(c, o.version);
	c->json = encode(c, &o);
	return 0;
}

int organization_create(struct call *c)
{
	struct organization o = {.created_at = c->now};
	struct wire w = {0};
	int code = call_decode(c, request_rows, &w, NULL);

	if (code == 0)
		code = check_name(c, w.name, 0);
	if (code != 0)
		return code;
	snprintf(o.name, sizeof(o.name), "%s", w.name);
	code = store_organization_insert(c->store, &o, &c->fault);
	if (code != 0)
		return code;
	c->organization = o.row;
	c->status = 201;
	call_set_version(c, o.version);
	c->json = encode(c, &o);
	return call_audit(c, &o.id, NULL, c->json);
}

int organization_update(struct call *c)
{
	struct organization o;
	struct wire w = {0};
	json_t *before;
	int code = find(c, &o);

	if (code == 0)
		code = call_check_version(c, o.version);
	if (code == 0)
		code = call_decode(c, request_rows, &w, NULL);
	if (code == 0)
		code = check_name(c, w.name, o.row);
	if (code != 0)
		return code;
	before = encode(c, &o);
	snprintf(o.name, sizeof(o.name), "%s", w.name);
	code = store_organization_update(c->store, &o, &c->fault);
	c->organization = o.row;
	if (code == 0) {
		call_set_version(c, o.version);
		c->json = encode(c, &o);
		code = call_audit(c, &o.id, before, c->json);
	}
	json_decref(before);
	return code;
}

int organization_delete(struct call *c)
{
	struct organization o;
	json_t *before;
	int code = find(c, &o);

	if (code == 0)
		code = call_check_version(c, o.version);
	if (code == 0 && o.row == c->organization)
		code = fault_set(&c->fault, ERR_CONFLICT,
				 "'%s' is the organization on which administrators act: it stays",
				 o.name);
	if (code == 0)
		code = store_organization_delete(c->store, o.row, &c->fault);
	if (code != 0)
		return code;
	c->effects.organization = o.row;
	c->organization = 0; /* of the installation: the audit outlives it */
	before = encode(c, &o);
	code = call_audit(c, &o.id, before, NULL);
	json_decref(before);
	return code;
}
