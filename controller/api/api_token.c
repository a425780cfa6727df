/* /api-tokens: what operators ask with. An operator makes them for its organization, up to its own
 * role; administrators of the installation make all. */
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "lib/mesh/token.h"

#define EXPIRES_MAX_S (INT64_C(10) * 365 * 24 * 3600)

struct wire {
	const char *id, *created_at, *role, *note, *expires_at, *revoked_at, *organization;
	int64_t expires_in;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
	JSON_ROW("role", MEMBER_TEXT, AT(role)),
	JSON_ROW("note", MEMBER_TEXT, AT(note)),
	JSON_ROW("expires_at", MEMBER_TEXT, AT(expires_at)),
	JSON_ROW("revoked_at", MEMBER_TEXT, AT(revoked_at)),
	JSON_ROW("organization", MEMBER_TEXT, AT(organization)),
	{0}};

static const struct json_row request_rows[] = {
	JSON_ROW("role", MEMBER_TEXT, AT(role), .required = true),
	JSON_ROW("note", MEMBER_TEXT, AT(note), .max = NAME_MAX_LENGTH),
	JSON_ROW("expires_in", MEMBER_NUMBER, AT(expires_in), .min = 1, .max = EXPIRES_MAX_S),
	{0}};

static const struct {
	const char *text;
	enum role role;
} roles[] = {{"viewer", ROLE_VIEWER}, {"operator", ROLE_OPERATOR}, {"admin", ROLE_ADMIN}};

#define NROLES (sizeof(roles) / sizeof(roles[0]))

static int parse_role(struct call *c, const char *text, enum role *role)
{
	for (size_t i = 0; i < NROLES; i++) {
		if (strcmp(roles[i].text, text) != 0)
			continue;
		*role = roles[i].role;
		if (*role > c->who.role)
			return fault_set(&c->fault, ERR_FORBIDDEN,
					 "role '%s' is more than this token's own", text);
		return 0;
	}
	return fault_set(&c->fault, ERR_INVALID, "role '%.40s': want viewer, operator or admin",
			 text);
}

static json_t *encode(struct call *c, const void *x)
{
	const struct api_token *t = x;
	struct organization o;
	struct wire w = {
		.id = format_id(c->arena, &t->id),
		.created_at = format_time(c->arena, t->created_at),
		.note = t->note,
		.expires_at = format_time(c->arena, t->expires_at),
		.revoked_at = format_time(c->arena, t->revoked_at),
	};

	for (size_t i = 0; i < NROLES; i++)
		if (roles[i].role == t->role)
			w.role = roles[i].text;
	if (t->organization != 0 &&
	    store_organization_get(c->store, t->organization, &o, NULL) == 0)
		w.organization = format_id(c->arena, &o.id);
	return json_encode(answer_rows, &w);
}

/* An administrator who names no organization sees those of the installation too. */
static row_t scope(const struct call *c)
{
	bool all = c->who.organization == 0 && call_query(c, "organization") == NULL;

	return all ? 0 : c->organization;
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct api_token *at = NULL;
	int code = store_api_token_list(c->store, c->arena, scope(c), p, &at, &out->n, &c->fault);

	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_api_token_find(c->store, scope(c), id, x, &c->fault);
}

static const char *token_text(struct call *c, const struct secret *secret)
{
	const char *text;
	struct buf out;

	buf_init_secret(&out);
	token_format(TOKEN_API, secret, &out);
	text = arena_strdup(c->arena, buf_text(&out));
	buf_fini(&out);
	return text;
}

/* A token does not outlive the one that made it: else who finds one for a day has one for ever. */
static int put_expiry(struct call *c, int64_t expires_in, struct wall *out)
{
	struct api_token maker;
	int code = store_api_token_find(c->store, 0, &c->who.id, &maker, &c->fault);

	if (code != 0)
		return code;
	if (expires_in == 0) {
		*out = maker.expires_at;
		return 0;
	}
	out->ms = c->now.ms + expires_in * 1000;
	if (maker.expires_at.ms != 0 && out->ms > maker.expires_at.ms)
		return fault_set(
			&c->fault, ERR_FORBIDDEN,
			"expires_in: this token itself expires at %s: a token of its making "
			"does not live longer",
			format_time(c->arena, maker.expires_at));
	return 0;
}

int api_token_create(struct call *c)
{
	struct api_token t = {.created_at = c->now};
	struct wire in = {0};
	struct secret secret;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0)
		code = parse_role(c, in.role, &t.role);
	if (code == 0)
		code = put_expiry(c, in.expires_in, &t.expires_at);
	if (code != 0)
		return code;
	t.organization = t.role == ROLE_ADMIN ? 0 : c->organization;
	snprintf(t.note, sizeof(t.note), "%s", in.note != NULL ? in.note : "");
	secret_random(&secret);
	token_digest(&secret, &t.secret);
	code = store_api_token_insert(c->store, &t, &c->fault);
	if (code == 0)
		vec_push(&c->effects.tokens, t);
	if (code == 0)
		code = resource_created(c, &api_token_resource, &t);
	if (code == 0) /* the audit has it without */
		json_object_set_new(c->json, "token", json_string(token_text(c, &secret)));
	secret_wipe(&secret);
	return code;
}

static int revoke(struct call *c, void *x)
{
	struct api_token *t = x;
	int code = 0;

	if (t->revoked_at.ms == 0) {
		t->revoked_at = c->now;
		code = store_api_token_update(c->store, t, &c->fault);
	}
	vec_push(&c->effects.tokens, *t);
	return code;
}

const struct resource api_token_resource = {
	.noun = "API token",
	RESOURCE_RECORD(struct api_token),
	.encode = encode,
	.list = list,
	.find = find,
	.revoke = revoke,
};
