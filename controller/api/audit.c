/* /audit: every change, newest first; with what was before and after. */
#include "controller/api/format.h"
#include "controller/api/resource.h"

struct wire {
	const char *id, *created_at, *at, *actor, *action, *resource;
	json_t *before, *after;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {JSON_ROW("id", MEMBER_TEXT, AT(id)),
					      JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
					      JSON_ROW("at", MEMBER_TEXT, AT(at)),
					      JSON_ROW("actor", MEMBER_TEXT, AT(actor)),
					      JSON_ROW("action", MEMBER_TEXT, AT(action)),
					      JSON_ROW("resource", MEMBER_TEXT, AT(resource)),
					      JSON_ROW("before", MEMBER_RAW, AT(before)),
					      JSON_ROW("after", MEMBER_RAW, AT(after)),
					      {0}};

static json_t *encode(struct call *c, const void *x)
{
	const struct audit_entry *e = x;
	const char *at = format_time(c->arena, e->at);
	const struct wire w = {
		.id = format_id(c->arena, &e->id),
		.created_at = at,
		.at = at,
		.actor = e->actor,
		.action = e->action,
		.resource = e->resource,
		.before = e->before != NULL ? json_loads(e->before, 0, NULL) : NULL,
		.after = e->after != NULL ? json_loads(e->after, 0, NULL) : NULL,
	};

	return json_encode(answer_rows, &w);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	/* As with API tokens: who speaks for the installation sees all of it, if he names none. */
	bool all = c->who.organization == 0 && call_query(c, "organization") == NULL;
	struct audit_entry *at = NULL;
	int code = store_audit_list(c->store, c->arena, all ? 0 : c->organization, p, &at, &out->n,
				    &c->fault);

	out->at = at;
	return code;
}

const struct resource audit_resource = {
	.noun = "audit entry",
	.size = sizeof(struct audit_entry),
	.row = offsetof(struct audit_entry, row),
	.encode = encode,
	.list = list,
};
