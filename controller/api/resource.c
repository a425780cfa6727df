#include "controller/api/resource.h"

static const void *member(const void *x, size_t offset)
{
	return (const char *)x + offset;
}

static row_t row_of(const struct resource *r, const void *x)
{
	return *(const row_t *)member(x, r->row);
}

static uint64_t version_of(const struct resource *r, const void *x)
{
	return *(const uint64_t *)member(x, r->version);
}

static int answer(struct call *c, const struct resource *r, const void *x)
{
	call_set_version(c, version_of(r, x));
	c->json = r->encode(c, x);
	return c->json != NULL ? 0 : ERR_INTERNAL;
}

/* ---- reading ---- */

int resource_list(struct call *c)
{
	const struct resource *r = c->route->resource;
	struct resource_rows rows = {0};
	struct page page;
	row_t last = 0;
	json_t *items;
	bool more;
	int code = call_page(c, &page);

	if (code == 0)
		code = r->list(c, &page, &rows);
	if (code != 0)
		return code;
	more = rows.n == (size_t)page.limit;
	rows.n -= more;
	items = json_array();
	for (size_t i = 0; i < rows.n; i++) {
		const void *x = member(rows.at, i * r->size);

		json_array_append_new(items, r->encode(c, x));
		last = row_of(r, x);
	}
	call_answer_list(c, items, last, more);
	return 0;
}

/* The one of the path. */
static int find(struct call *c, const struct resource *r, void **x)
{
	int code;

	*x = arena_alloc(c->arena, r->size);
	code = r->find(c, &c->id, *x);
	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no such %s", r->noun);
	return code;
}

int resource_get(struct call *c)
{
	const struct resource *r = c->route->resource;
	void *x;
	int code = find(c, r, &x);

	return code != 0 ? code : answer(c, r, x);
}

int resource_find(struct call *c, const struct resource *r, const char *text, void *x)
{
	struct id id;
	int code;

	if (!id_parse(text, &id))
		return fault_set(&c->fault, ERR_INVALID, "%s: '%.40s' is no id", r->noun, text);
	code = r->find(c, &id, x);
	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no %s %.40s", r->noun, text);
	return code;
}

int resource_query(struct call *c, const struct resource *r, const char *parameter, row_t *row)
{
	const char *text = call_query(c, parameter);
	void *x;
	int code;

	*row = 0;
	if (text == NULL)
		return 0;
	x = arena_alloc(c->arena, r->size);
	code = resource_find(c, r, text, x);
	if (code == 0)
		*row = row_of(r, x);
	return code;
}

int resource_check_name(struct call *c, const struct resource *r, const char *name, row_t own)
{
	void *other = arena_alloc(c->arena, r->size);
	char what[64];
	int code;

	snprintf(what, sizeof(what), "%s name", r->noun);
	code = name_check(name, what, &c->fault);
	if (code != 0)
		return code;
	code = r->find_name(c, name, other);
	if (code == 0 && row_of(r, other) != own)
		return call_exists(c, member(other, r->id), r->noun, name);
	return code == ERR_NOT_FOUND ? 0 : code;
}

/* ---- changing ---- */

int resource_created(struct call *c, const struct resource *r, const void *x)
{
	int code = answer(c, r, x);

	c->status = 201;
	return code != 0 ? code : call_audit(c, member(x, r->id), NULL, c->json);
}

static int find_version(struct call *c, const struct resource *r, void **x)
{
	int code = find(c, r, x);

	return code != 0 ? code : call_check_version(c, version_of(r, *x));
}

static int change(struct call *c, const struct resource *r, int (*how)(struct call *, void *))
{
	json_t *before = NULL;
	void *x;
	int code = find_version(c, r, &x);

	if (code != 0)
		return code;
	before = r->encode(c, x);
	code = how(c, x);
	if (code == 0)
		code = answer(c, r, x);
	if (code == 0)
		code = call_audit(c, member(x, r->id), before, c->json);
	json_decref(before);
	return code;
}

int resource_update(struct call *c)
{
	const struct resource *r = c->route->resource;

	return change(c, r, r->update);
}

int resource_revoke(struct call *c)
{
	const struct resource *r = c->route->resource;

	return change(c, r, r->revoke);
}

int resource_unfreeze(struct call *c)
{
	const struct resource *r = c->route->resource;

	return change(c, r, r->unfreeze);
}

int resource_drain(struct call *c)
{
	const struct resource *r = c->route->resource;

	return change(c, r, r->drain);
}

int resource_undrain(struct call *c)
{
	const struct resource *r = c->route->resource;

	return change(c, r, r->undrain);
}

int resource_remove(struct call *c, const struct resource *r, void *x)
{
	json_t *before = r->encode(c, x);
	int code = r->remove(c, x);

	if (code == 0)
		code = call_audit(c, member(x, r->id), before, NULL);
	json_decref(before);
	return code;
}

int resource_delete(struct call *c)
{
	const struct resource *r = c->route->resource;
	void *x;
	int code = find_version(c, r, &x);

	return code != 0 ? code : resource_remove(c, r, x);
}
