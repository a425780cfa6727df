/* /join-tokens: what a machine joins with. Only a hash of its secret is kept; the text is in the
 * answer to the POST that made it, and nowhere else. */
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/controller.h"
#include "lib/mesh/token.h"

#define EXPIRES_IN_S   (INT64_C(24) * 3600)
#define EXPIRES_MAX_S  (INT64_C(10) * 365 * 24 * 3600)
#define MAX_USES_BOUND 1000000

struct wire {
	const char *id, *created_at, *mesh, *note, *expires_at, *revoked_at;
	int64_t max_uses, uses, expires_in;
	bool gateway;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {JSON_ROW("id", MEMBER_TEXT, AT(id)),
					      JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
					      JSON_ROW("mesh", MEMBER_TEXT, AT(mesh)),
					      JSON_ROW("note", MEMBER_TEXT, AT(note)),
					      JSON_ROW("max_uses", MEMBER_NUMBER, AT(max_uses)),
					      JSON_ROW("uses", MEMBER_NUMBER, AT(uses)),
					      JSON_ROW("gateway", MEMBER_FLAG, AT(gateway)),
					      JSON_ROW("expires_at", MEMBER_TEXT, AT(expires_at)),
					      JSON_ROW("revoked_at", MEMBER_TEXT, AT(revoked_at)),
					      {0}};

enum { MESH, NOTE, MAX_USES, EXPIRES_IN, GATEWAY };

static const struct json_row request_rows[] = {
	[MESH] = JSON_ROW("mesh", MEMBER_TEXT, AT(mesh)),
	[NOTE] = JSON_ROW("note", MEMBER_TEXT, AT(note), .max = NAME_MAX_LENGTH),
	[MAX_USES] = JSON_ROW("max_uses", MEMBER_NUMBER, AT(max_uses), .max = MAX_USES_BOUND),
	[EXPIRES_IN] = JSON_ROW("expires_in", MEMBER_NUMBER, AT(expires_in), .min = 1,
				.max = EXPIRES_MAX_S),
	[GATEWAY] = JSON_ROW("gateway", MEMBER_FLAG, AT(gateway)),
	{0}};

static json_t *encode(struct call *c, const void *x)
{
	const struct join_grant *g = x;
	struct mesh mesh;
	struct wire w = {
		.id = format_id(c->arena, &g->id),
		.created_at = format_time(c->arena, g->created_at),
		.note = g->note,
		.expires_at = format_time(c->arena, g->expires_at),
		.revoked_at = format_time(c->arena, g->revoked_at),
		.max_uses = g->max_uses,
		.uses = g->uses,
		.gateway = g->gateway,
	};

	if (g->mesh != 0 && store_mesh_get(c->store, g->mesh, &mesh, NULL) == 0)
		w.mesh = format_id(c->arena, &mesh.id);
	return json_encode(answer_rows, &w);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct join_grant *at = NULL;
	int code = store_join_grant_list(c->store, c->arena, c->organization, p, &at, &out->n,
					 &c->fault);

	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_join_grant_find(c->store, c->organization, id, x, &c->fault);
}

/* Where the controller is, how it is known, and the secret. */
static const char *token_text(struct call *c, const struct secret *secret)
{
	const struct config *config = c->controller->config;
	struct join_token t = {.secret = *secret};
	const char *text;
	struct buf out;

	for (; t.nurls < config->urls.n && t.nurls < TOKEN_URLS_MAX; t.nurls++)
		snprintf(t.urls[t.nurls], sizeof(t.urls[0]), "%s", config->urls.at[t.nurls]);
	memcpy(t.pin, c->controller->keys.pin, sizeof(t.pin));
	buf_init_secret(&out);
	join_token_format(&t, &out);
	text = arena_strdup(c->arena, buf_text(&out));
	buf_fini(&out);
	join_token_wipe(&t);
	return text;
}

int join_token_create(struct call *c)
{
	struct join_grant g = {.organization = c->organization, .created_at = c->now};
	struct wire in = {.expires_in = EXPIRES_IN_S, .max_uses = 1};
	struct secret secret;
	struct mesh mesh;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0 && in.mesh != NULL)
		code = resource_find(c, &mesh_resource, in.mesh, &mesh);
	if (code != 0)
		return code;
	g.mesh = in.mesh != NULL ? mesh.row : 0;
	g.max_uses = (uint32_t)in.max_uses;
	g.gateway = in.gateway;
	g.expires_at.ms = c->now.ms + in.expires_in * 1000;
	snprintf(g.note, sizeof(g.note), "%s", in.note != NULL ? in.note : "");
	secret_random(&secret);
	token_digest(&secret, &g.secret);
	code = store_join_grant_insert(c->store, &g, &c->fault);
	if (code == 0)
		code = resource_created(c, &join_token_resource, &g);
	if (code == 0) /* the audit has it without */
		json_object_set_new(c->json, "token", json_string(token_text(c, &secret)));
	secret_wipe(&secret);
	return code;
}

static int revoke(struct call *c, void *x)
{
	struct join_grant *g = x;
	int code = 0;

	if (g->revoked_at.ms == 0) {
		g->revoked_at = c->now;
		code = store_join_grant_update(c->store, g, &c->fault);
	}
	return code;
}

const struct resource join_token_resource = {
	.noun = "join token",
	RESOURCE_RECORD(struct join_grant),
	.encode = encode,
	.list = list,
	.find = find,
	.revoke = revoke,
};
