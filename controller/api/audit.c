/* /audit: every change, newest first; with what was before and after. */
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/call.h"

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

static json_t *encode(struct call *c, const struct audit_entry *e)
{
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

int audit_list(struct call *c)
{
	struct audit_entry *list = NULL;
	struct page page;
	json_t *items;
	size_t n = 0;
	bool more;
	/* As with API tokens: who speaks for the installation sees all of it, if he names none. */
	bool all = c->who.organization == 0 && call_query(c, "organization") == NULL;
	int code = call_page(c, &page);

	if (code == 0)
		code = store_audit_list(c->store, c->arena, all ? 0 : c->organization, &page, &list,
					&n, &c->fault);
	if (code != 0)
		return code;
	more = n == (size_t)page.limit;
	n -= more;
	items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, encode(c, &list[i]));
	call_answer_list(c, items, n > 0 ? list[n - 1].row : 0, more);
	return 0;
}
