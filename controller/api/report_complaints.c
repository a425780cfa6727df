#include "controller/api/report_complaints.h"

#include <string.h>

#include "controller/api/shared.h"

#define AT(member) offsetof(struct report_complaint, member)

const struct json_row report_complaint_rows[] = {
	JSON_ROW("address", MEMBER_TEXT, AT(address), .required = true),
	JSON_ROW("kind", MEMBER_TEXT, AT(kind), .required = true),
	JSON_ROW("routes", MEMBER_NUMBER, AT(routes), .max = INT32_MAX),
	{0}};

static const char *const kinds[COMPLAINT_KINDS] = {
	[COMPLAINT_ROUTES] = "routes",
	[COMPLAINT_FLOOD] = "flood",
	[COMPLAINT_MALFORMED] = "malformed",
	[COMPLAINT_UNWATCHED] = "unwatched",
};

static int parse(struct call *c, const struct mesh *mesh, const struct report_complaint *in,
		 struct complaint *out)
{
	struct address a;
	size_t kind = 0;

	if (address_parse(in->address, &a, &c->fault) != 0)
		return fault_prefix(&c->fault, "offences");
	if (!prefix_has(&mesh->cidr, &a))
		return fault_set(&c->fault, ERR_INVALID, "offences: %.40s is not in mesh '%s'",
				 in->address, mesh->name);
	while (kind < COMPLAINT_KINDS && strcmp(kinds[kind], in->kind) != 0)
		kind++;
	if (kind == COMPLAINT_KINDS)
		return fault_set(&c->fault, ERR_INVALID, "offences: unknown kind '%.20s'",
				 in->kind);
	*out = (struct complaint){
		.index = address_to_ipv4(&a) - prefix_to_ipv4(&mesh->cidr),
		.kind = (enum complaint_kind)kind,
		.routes = (uint32_t)in->routes,
	};
	return 0;
}

int report_complaints(struct call *c, const struct membership *m, const struct mesh *mesh,
		      const struct json_rows *rows)
{
	const struct report_complaint *in = rows->at;
	struct complaint *at = arena_array(c->arena, rows->n, sizeof(*at));
	int code = 0;

	for (size_t i = 0; i < rows->n && code == 0; i++)
		code = parse(c, mesh, &in[i], &at[i]);
	return code != 0 ? code : store_complaints_set(c->store, m->row, at, rows->n, &c->fault);
}
