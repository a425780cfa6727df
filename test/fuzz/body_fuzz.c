/* What a request says, behind HTTP: a first line "METHOD /path?name=value&…", then the body, which
 * the route's own handler takes, on a database. Whatever it is, the answer is none of a fault of
 * ours (500). */
#include <sodium.h>
#include <unistd.h>

#include "controller/api/table.h"
#include "controller/blob.h"
#include "controller/http/answer.h"
#include "controller/http/routes.h"
#include "test/fuzz/desk.h"
#include "test/fuzz/fuzz.h"

static void read_query(struct call *c, char *text)
{
	char *pair;

	while ((pair = strsep(&text, "&")) != NULL && c->nquery < CALL_QUERY_MAX) {
		char *name = strsep(&pair, "=");

		if (call_query(c, name) != NULL)
			continue;
		c->query[c->nquery].name = name;
		c->query[c->nquery++].value = pair != NULL ? pair : "";
	}
}

static void check_answer(struct call *c, int code)
{
	struct MHD_Response *response;
	unsigned status;
	size_t size;

	response = answer_new(c, code, NULL, &status, &size);
	FUZZ_HOLDS(response != NULL && status >= 200 && status < 600 && status != 500);
	MHD_destroy_response(response);
	json_decref(c->json);
	json_decref(c->problem_extra);
	blob_unref(c->blob);
	buf_fini(&c->bytes);
	vec_free(&c->effects.meshes);
	vec_free(&c->effects.machines);
	vec_free(&c->effects.tokens);
}

/* Who enrols signs with the identity that the corpus names. */
static const char *sign(struct desk *desk, struct arena *a, const char *body, size_t len)
{
	uint8_t signature[crypto_sign_BYTES];
	char *text = arena_alloc(a, 96);

	crypto_sign_detached(signature, NULL, (const unsigned char *)body, len, desk->identity_key);
	return sodium_bin2base64(text, 96, signature, sizeof(signature),
				 sodium_base64_VARIANT_ORIGINAL);
}

static void ask(struct desk *desk, struct call *c)
{
	int code;

	if (c->route->role != ROLE_NONE)
		c->who = c->route->role == ROLE_MACHINE ? desk->machine : desk->admin;
	c->organization = c->route->role == ROLE_NONE ? 0 : desk->organization;
	c->signature = sign(desk, c->arena, c->body, c->body_len);
	desk_begin(desk);
	code = c->route->handle(c);
	check_answer(c, code);
	desk_settle(desk);
}

static void run(const uint8_t *data, size_t size)
{
	static struct routes *routes;
	struct desk *desk = desk_get();
	char *text = fuzz_text(data, size), *body = text, *line = strsep(&body, "\n"),
	     *method = strsep(&line, " "), *path = strsep(&line, "?"), allow[ROUTES_ALLOW_MAX];
	struct call c = {.controller = &desk->controller,
			 .store = desk->store,
			 .body = body != NULL ? body : "",
			 .client = address_ipv4(0xc0000201),
			 .now = DESK_NOW};
	struct arena arena;

	if (routes == NULL)
		routes = routes_new(api_routes);
	arena_init(&arena);
	c.arena = &arena;
	/* As it came: with what may be behind a NUL. */
	c.body_len = body != NULL ? size - (size_t)(body - text) : 0;
	read_query(&c, line);
	if (path != NULL && routes_match(routes, method, path, &c.route, &c.id, allow) == 0)
		ask(desk, &c);
	arena_fini(&arena);
	free(text);
}

FUZZ_TARGET(body, run);
