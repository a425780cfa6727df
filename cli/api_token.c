/* Tokens of operators and programs. */
#include <string.h>

#include "cli/api.h"
#include "cli/token.h"

static const struct column columns[] = {{"ID", "id", COLUMN_TEXT, NULL, NULL},
					{"ROLE", "role", COLUMN_TEXT, NULL, NULL},
					{"EXPIRES", "expires_at", COLUMN_TIME, NULL, NULL},
					{"REVOKED", "revoked_at", COLUMN_TIME, NULL, NULL},
					{"NOTE", "note", COLUMN_FLEX, NULL, NULL},
					{0}};

struct options {
	const char *role, *note, *expires;
};

static const struct option_row create_options[] = {
	{"role", 'r', OPTION_TEXT, offsetof(struct options, role), "ROLE",
	 "viewer, operator, or admin of the installation (operator)", 0, 0},
	{"expires", 'e', OPTION_TEXT, offsetof(struct options, expires), "TIME",
	 "how long it is good for, as 24h, 90d (without it: until revoked)", 0, 0},
	{"note", 'n', OPTION_TEXT, offsetof(struct options, note), "TEXT", "whose it is", 0, 0},
	{0}};

static int check_role(struct cli *c, const char *role)
{
	static const char *const roles[] = {"viewer", "operator", "admin"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(role, roles[i]) == 0)
			return 0;
	return fault_set(&c->fault, ERR_USAGE, "--role: want viewer, operator or admin");
}

static int create(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const char *role = o->role != NULL ? o->role : "operator";
	json_t *body = json_pack("{s:s}", "role", role);
	const json_t *made;
	int code = check_role(c, role);

	if (code == 0)
		code = token_put_expiry(c, body, o->expires);
	if (o->note != NULL)
		json_object_set_new(body, "note", json_string(o->note));
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = api_post(c, "/api-tokens", body, &made);
	if (code == 0)
		output_done(&c->out, made, "%s", api_text(made, "token"));
	return code;
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/api-tokens", 0, &items);

	(void)in;
	if (code == 0)
		output_list(&c->out, columns, items, "no API token");
	return code;
}

static int revoke(struct cli *c, const struct invocation *in)
{
	return token_end(c, "/api-tokens", "API token", in->args[0]);
}

const struct verb api_token_verbs[] = {
	VERB("token api create", "", 0, 0, "make a token for a person or program and print it",
	     create_options, struct options, create),
	VERB("token api list", "", 0, 0, "list the tokens of people and programs", NULL,
	     struct no_options, list),
	VERB("token api revoke", "ID", 1, 1, "end one", NULL, struct no_options, revoke),
	VERB_END,
};
