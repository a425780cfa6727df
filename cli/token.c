/* Join tokens, for machines. api_token.c has those of people. */
#include <inttypes.h>

#include "cli/api.h"
#include "cli/token.h"
#include "lib/base/clock.h"

static void make_state(const json_t *token, struct buf *out)
{
	json_int_t uses = json_integer_value(json_object_get(token, "uses"));
	json_int_t max = json_integer_value(json_object_get(token, "max_uses"));
	struct wall expires;

	if (json_is_string(json_object_get(token, "revoked_at")))
		buf_puts(out, "revoked");
	else if (max > 0 && uses >= max)
		buf_puts(out, "used up");
	else if (wall_parse(api_text(token, "expires_at"), &expires, NULL) == 0 &&
		 expires.ms <= wall_now().ms)
		buf_puts(out, "expired");
	else
		buf_puts(out, "good");
}

static void make_uses(const json_t *token, struct buf *out)
{
	json_int_t max = json_integer_value(json_object_get(token, "max_uses"));

	buf_printf(out, "%" JSON_INTEGER_FORMAT " of ",
		   json_integer_value(json_object_get(token, "uses")));
	if (max > 0)
		buf_printf(out, "%" JSON_INTEGER_FORMAT, max);
	else
		buf_puts(out, "any");
}

static void make_role(const json_t *token, struct buf *out)
{
	buf_puts(out, json_is_true(json_object_get(token, "gateway")) ? "gateway" : "member");
}

static const struct column columns[] = {{"ID", "id", COLUMN_TEXT, NULL, NULL},
					{"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
					{"ROLE", NULL, COLUMN_MADE, NULL, make_role},
					{"USES", NULL, COLUMN_MADE, NULL, make_uses},
					{"STATE", NULL, COLUMN_MADE, NULL, make_state},
					{"EXPIRES", "expires_at", COLUMN_TIME, NULL, NULL},
					{"NOTE", "note", COLUMN_FLEX, NULL, NULL},
					{0}};

struct options {
	const char *mesh, *note, *expires;
	int64_t uses;
	bool any, gateway;
};

static const struct option_row create_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct options, mesh), "MESH",
	 "where it leads (without it: the default mesh)", 0, 0},
	{"uses", 'u', OPTION_NUMBER, offsetof(struct options, uses), "N",
	 "how many machines may join by it (1)", 1, 1000000},
	{"any", 0, OPTION_FLAG, offsetof(struct options, any), NULL, "any number may", 0, 0},
	{"gateway", 'g', OPTION_FLAG, offsetof(struct options, gateway), NULL,
	 "who joins by it is a gateway of the mesh: for appliances", 0, 0},
	{"expires", 'e', OPTION_TEXT, offsetof(struct options, expires), "TIME",
	 "how long it is good for, as 30m, 24h, 7d", 0, 0},
	{"note", 'n', OPTION_TEXT, offsetof(struct options, note), "TEXT", "what it is for", 0, 0},
	{0}};

int token_put_expiry(struct cli *c, json_t *body, const char *text)
{
	int64_t ms;

	if (text == NULL)
		return 0;
	if (duration_parse(text, &ms, &c->fault) != 0 || ms < 1000) {
		fault_set(&c->fault, ERR_INVALID, "less than a second");
		fault_prefix(&c->fault, "--expires");
		return c->fault.code;
	}
	json_object_set_new(body, "expires_in", json_integer(ms / 1000));
	return 0;
}

static int create(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	json_t *body = json_object();
	const char *mesh;
	const json_t *made;
	int code = token_put_expiry(c, body, o->expires);

	if (o->any && o->uses > 0)
		code = fault_set(&c->fault, ERR_USAGE, "--any and --uses exclude each other");
	if (code == 0 && o->mesh != NULL) {
		code = api_find_id(c, API_MESH, o->mesh, &mesh);
		if (code == 0)
			json_object_set_new(body, "mesh", json_string(mesh));
	}
	if (o->note != NULL)
		json_object_set_new(body, "note", json_string(o->note));
	json_object_set_new(body, "max_uses", json_integer(o->any ? 0 : o->uses > 0 ? o->uses : 1));
	if (o->gateway)
		json_object_set_new(body, "gateway", json_true());
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = api_post(c, "/join-tokens", body, &made);
	/* The token alone on standard output: it is there to be piped. */
	if (code == 0)
		output_done(&c->out, made, "%s", api_text(made, "token"));
	return code;
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/join-tokens", 0, &items);

	(void)in;
	if (code == 0)
		code = api_add_names(c, API_MESH, items, "mesh", "mesh_name");
	if (code == 0)
		output_list(&c->out, columns, items, "no join token: skein token create");
	return code;
}

int token_end(struct cli *c, const char *path, const char *what, const char *text)
{
	const json_t *revoked = NULL;
	const char *id;
	int code = api_check_id(c, text, &id);

	if (code == 0)
		code = api_post(c, api_path(c, "%s/%s/revoke", path, id), NULL, &revoked);
	if (code == 0)
		output_done(&c->out, revoked, "%s %s revoked", what, id);
	return code;
}

static int revoke(struct cli *c, const struct invocation *in)
{
	return token_end(c, "/join-tokens", "join token", in->args[0]);
}

const struct verb token_verbs[] = {
	VERB("token create", "", 0, 0, "make a join token and print it", create_options,
	     struct options, create),
	VERB("token list", "", 0, 0, "list the join tokens", NULL, struct no_options, list),
	VERB("token revoke", "ID", 1, 1, "let nobody join by it any more", NULL, struct no_options,
	     revoke),
	VERB_END,
};
