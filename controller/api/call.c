/* What handlers do all the time. */
#include "controller/call.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "controller/api/format.h"
#include "controller/http/answer.h"

#define LIMIT_MAX      1000
#define LIMIT_STANDARD 100
#define CURSOR_VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

const char *call_query(const struct call *c, const char *name)
{
	for (size_t i = 0; i < c->nquery; i++)
		if (strcmp(c->query[i].name, name) == 0)
			return c->query[i].value;
	return NULL;
}

int call_decode(struct call *c, const struct json_row *rows, void *out, uint64_t *present)
{
	json_t *root = json_parse(c->body, c->body_len, &c->fault);
	int code;

	if (root == NULL)
		return c->fault.code;
	code = json_decode(root, rows, MEMBERS_STRICT, c->arena, out, present, &c->fault);
	json_decref(root);
	return code;
}

/* ---- lists ---- */

static int parse_limit(struct call *c, const char *text, int *limit)
{
	char *end = NULL;
	long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;

	if (end == NULL || *end != '\0' || n < 1 || n > LIMIT_MAX)
		return fault_set(&c->fault, ERR_INVALID, "limit '%.20s': want 1 to %d", text,
				 LIMIT_MAX);
	*limit = (int)n;
	return 0;
}

int call_page(struct call *c, struct page *out)
{
	const char *limit = call_query(c, "limit"), *cursor = call_query(c, "cursor");
	uint8_t row[sizeof(row_t)];
	int code = 0;

	*out = (struct page){.limit = LIMIT_STANDARD};
	if (limit != NULL)
		code = parse_limit(c, limit, &out->limit);
	if (code == 0 && cursor != NULL) {
		if (!parse_base64url(cursor, row, sizeof(row)))
			return fault_set(&c->fault, ERR_INVALID,
					 "cursor: want the 'next' of an earlier answer");
		memcpy(&out->after, row, sizeof(row));
	}
	out->limit++;
	return code;
}

void call_answer_list(struct call *c, json_t *items, row_t last_row, bool more)
{
	char cursor[16];

	sodium_bin2base64(cursor, sizeof(cursor), (const uint8_t *)&last_row, sizeof(last_row),
			  CURSOR_VARIANT);
	c->json = json_object();
	json_object_set_new(c->json, "items", items);
	json_object_set_new(c->json, "next", more ? json_string(cursor) : json_null());
}

/* ---- versions ---- */

void call_set_version(struct call *c, uint64_t version)
{
	c->etag = arena_printf(c->arena, "\"v%llu\"", (unsigned long long)version);
}

int call_check_version(struct call *c, uint64_t version)
{
	char etag[32];

	snprintf(etag, sizeof(etag), "\"v%llu\"", (unsigned long long)version);
	if (c->if_match == NULL || answer_etag_matches(c->if_match, etag))
		return 0;
	return fault_set(&c->fault, ERR_PRECONDITION,
			 "it was changed in the meantime: it is %s now", etag);
}

/* ---- effects ---- */

void call_touch_mesh(struct call *c, row_t mesh)
{
	vec_push(&c->effects.meshes, mesh);
}

void call_touch_machine(struct call *c, row_t machine)
{
	vec_push(&c->effects.machines, machine);
}

int call_exists(struct call *c, const struct id *existing, const char *what, const char *name)
{
	if (c->problem_extra == NULL)
		c->problem_extra = json_object();
	json_object_set_new(c->problem_extra, "existing",
			    json_string(format_id(c->arena, existing)));
	return fault_set(&c->fault, ERR_EXISTS, "there is %s %s '%s' already",
			 strchr("aeiou", what[0]) != NULL ? "an" : "a", what, name);
}

/* ---- audit ---- */

static const char *actor(const struct call *c)
{
	const char *kind = c->who.role == ROLE_MACHINE ? "machine"
			   : c->who.role == ROLE_NONE  ? "join-token"
						       : "api-token";

	return arena_printf(c->arena, "%s %s", kind, format_id(c->arena, &c->who.id));
}

static const char *dump(const struct call *c, const json_t *json)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	const char *copy = text != NULL ? arena_strdup(c->arena, text) : NULL;

	free(text);
	return copy;
}

int call_audit(struct call *c, const struct id *resource, const json_t *before, const json_t *after)
{
	const struct audit_entry entry = {
		.organization = c->organization,
		.at = c->now,
		.actor = actor(c),
		.action = c->route->action,
		.resource = format_id(c->arena, resource),
		.before = dump(c, before),
		.after = dump(c, after),
	};

	return store_audit_insert(c->store, &entry, &c->fault);
}
