#include "controller/api/report_prefixes.h"

#include <string.h>

#include "controller/api/resource.h"
#include "controller/api/shared.h"

#define PRIORITY 100

/* ---- announced ---- */

static bool is_announced(const prefix_vec *announced, const struct prefix *p)
{
	for (size_t i = 0; i < announced->n; i++)
		if (prefix_equal(&announced->at[i], p))
			return true;
	return false;
}

/* What the machine no longer announces is forgotten, unless an operator has approved it. */
static int settle_known(struct call *c, const struct membership *m, const prefix_vec *announced)
{
	struct announcement *known;
	size_t n = 0;
	int code = store_announcement_list(c->store, c->arena, c->organization, 0, m->row, NULL,
					   &known, &n, &c->fault);

	for (size_t i = 0; i < n && code == 0; i++) {
		bool now = is_announced(announced, &known[i].prefix);

		if (!now && !known[i].approved) {
			code = store_announcement_delete(c->store, known[i].row, &c->fault);
		} else if (now != known[i].announced) {
			known[i].announced = now;
			code = store_announcement_update(c->store, &known[i], &c->fault);
		}
	}
	return code;
}

static int add_unknown(struct call *c, const struct membership *m, const prefix_vec *announced)
{
	struct announcement old;
	int code = 0;

	for (size_t i = 0; i < announced->n && code == 0; i++) {
		struct announcement x = {.membership = m->row,
					 .stable_for_s = STABLE_FOR_S,
					 .prefix = announced->at[i],
					 .priority = PRIORITY,
					 .announced = true,
					 .created_at = c->now};

		code = store_announcement_of(c->store, c->arena, m->row, &x.prefix, &old, NULL);
		if (code == ERR_NOT_FOUND)
			code = store_announcement_insert(c->store, &x, &c->fault);
	}
	return code;
}

int report_announced(struct call *c, const struct membership *m, const struct json_texts *texts)
{
	prefix_vec announced = {0};
	struct prefix p;
	int code = 0;

	for (size_t i = 0; i < texts->n && code == 0; i++) {
		code = parse_prefix_ipv4(c, "announced", texts->at[i], &p);
		if (code == 0 && !is_announced(&announced, &p))
			vec_push(&announced, p);
	}
	if (code == 0)
		code = settle_known(c, m, &announced);
	if (code == 0)
		code = add_unknown(c, m, &announced);
	vec_free(&announced);
	return code;
}

/* ---- shadowed ---- */

#define SHADOW(member) offsetof(struct report_shadow, member)

const struct json_row report_shadow_rows[] = {
	JSON_ROW("prefix", MEMBER_TEXT, SHADOW(prefix), .required = true),
	JSON_ROW("by", MEMBER_TEXT, SHADOW(by), .required = true),
	JSON_ROW("device", MEMBER_TEXT, SHADOW(device), .max = DEVICE_TEXT_MAX - 1),
	JSON_ROW("membership", MEMBER_TEXT, SHADOW(membership)),
	{0}};

/* ERR_NOT_FOUND, without a fault: it is no other one of this machine. It may have been removed a
 * moment ago, and the machine has not heard of it. */
static int find_other(struct call *c, const struct membership *m, const char *text, row_t *out)
{
	struct membership other = {0};
	int code = resource_find(c, &membership_resource, text, &other);

	if (code == 0 && (other.machine != m->machine || other.row == m->row))
		code = ERR_NOT_FOUND;
	if (code == ERR_NOT_FOUND)
		c->fault = (struct fault){0};
	*out = other.row;
	return code;
}

static int parse_shadow(struct call *c, const struct report_shadow *w, struct shadowed *out)
{
	int code = parse_prefix_ipv4(c, "shadowed", w->prefix, &out->prefix);

	if (code == 0)
		code = parse_prefix_ipv4(c, "shadowed", w->by, &out->by);
	if (code == 0 && !prefix_contains(&out->by, &out->prefix))
		code = fault_set(&c->fault, ERR_INVALID, "shadowed: %s is not inside %s", w->prefix,
				 w->by);
	if (code == 0 && (w->device == NULL || w->device[0] == '\0') == (w->membership == NULL))
		code = fault_set(&c->fault, ERR_INVALID,
				 "shadowed: %s names one of device and membership", w->prefix);
	if (code == 0 && w->device != NULL)
		snprintf(out->device, sizeof(out->device), "%s", w->device);
	return code;
}

int report_shadowed(struct call *c, const struct membership *m, const struct json_rows *rows)
{
	const struct report_shadow *in = rows->at;
	struct shadowed *at = arena_array(c->arena, rows->n, sizeof(*at));
	size_t n = 0;
	int code = 0;

	for (size_t i = 0; i < rows->n && code == 0; i++) {
		struct shadowed x = {0};

		code = parse_shadow(c, &in[i], &x);
		if (code == 0 && in[i].membership != NULL)
			code = find_other(c, m, in[i].membership, &x.other);
		if (code == 0)
			at[n++] = x;
		else if (code == ERR_NOT_FOUND)
			code = 0;
	}
	return code != 0 ? code : store_shadowed_set(c->store, m->row, at, n, &c->fault);
}

/* ---- unwell ---- */

#define UNWELL(member) offsetof(struct report_unwell, member)

const struct json_row report_unwell_rows[] = {
	JSON_ROW("prefix", MEMBER_TEXT, UNWELL(prefix), .required = true),
	JSON_ROW("error", MEMBER_TEXT, UNWELL(error), .required = true, .max = UNWELL_TEXT_MAX - 1),
	{0}};

/* What its check says; "": nothing. */
static const char *find_unwell(const struct report_unwell *in, const struct prefix *at, size_t n,
			       const struct prefix *p)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_equal(&at[i], p))
			return in[i].error;
	return "";
}

int report_unwell(struct call *c, const struct membership *m, const struct json_rows *rows)
{
	const struct report_unwell *in = rows->at;
	struct prefix *at = arena_array(c->arena, rows->n, sizeof(*at));
	struct announcement *known = NULL;
	size_t n = 0;
	int code = 0;

	for (size_t i = 0; i < rows->n && code == 0; i++)
		code = parse_prefix_ipv4(c, "unwell", in[i].prefix, &at[i]);
	if (code == 0)
		code = store_announcement_list(c->store, c->arena, c->organization, 0, m->row, NULL,
					       &known, &n, &c->fault);
	for (size_t i = 0; i < n && code == 0; i++) {
		const char *error = find_unwell(in, at, rows->n, &known[i].prefix);

		if (strcmp(error, known[i].unwell) != 0)
			code = store_announcement_set_unwell(c->store, known[i].row, error,
							     &c->fault);
	}
	return code;
}
