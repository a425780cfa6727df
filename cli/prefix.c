/* Prefixes behind machines. What a machine announces on its own waits here to be approved. */
#include <stdlib.h>
#include <string.h>

#include "cli/api.h"
#include "cli/check.h"
#include "cli/stable.h"
#include "lib/net/prefix.h"

#define PRIORITY_MAX 1000

static void make_users(const json_t *item, struct buf *out)
{
	size_t n = json_array_size(json_object_get(item, "users"));

	if (n == 0)
		buf_puts(out, "all of the mesh");
	else
		buf_printf(out, "%zu membership%s", n, n == 1 ? "" : "s");
}

/* Where something of the machine's own comes before it: skein machine show says what. */
static void make_shadowed(const json_t *item, struct buf *out)
{
	json_int_t n = json_integer_value(json_object_get(item, "shadowed"));

	if (n > 0)
		buf_printf(out, "at %" JSON_INTEGER_FORMAT " machine%s", n, n == 1 ? "" : "s");
}

static void make_check(const json_t *item, struct buf *out)
{
	check_format(json_object_get(item, "check"), out);
}

static const struct column columns[] = {{"PREFIX", "prefix", COLUMN_TEXT, NULL, NULL},
					{"MACHINE", "machine_name", COLUMN_TEXT, NULL, NULL},
					{"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
					{"PRIORITY", "priority", COLUMN_NUMBER, NULL, NULL},
					{"APPROVED", "approved", COLUMN_GOOD, "yes|no", NULL},
					{"ANNOUNCED", "announced", COLUMN_CHOICE, "yes|no", NULL},
					{"USERS", NULL, COLUMN_MADE, NULL, make_users},
					{"CHECK", NULL, COLUMN_MADE, NULL, make_check},
					{"SHADOWED", NULL, COLUMN_MADE, NULL, make_shadowed},
					{0}};

struct options {
	const char *mesh, *when_lost, *check, *stable_for, *translate;
	int64_t priority, interval, timeout, rise, fall;
	struct option_list users;
};

#define MESH_ROW                                                                                   \
	{                                                                                          \
		"mesh", 'm', OPTION_TEXT, offsetof(struct options, mesh), "MESH",                  \
			"in this mesh; needed where the machine is in several", 0, 0               \
	}

static const struct option_row list_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct options, mesh), "MESH", "of this mesh", 0, 0},
	{0}};

static const struct option_row add_options[] = {
	MESH_ROW,
	{"priority", 'p', OPTION_NUMBER, offsetof(struct options, priority), "N",
	 "of several machines with one prefix the highest wins (100)", 1, PRIORITY_MAX},
	{"user", 'u', OPTION_LIST, offsetof(struct options, users), "MACHINE",
	 "only these may use it; give all of them", 0, 0},
	{"when-lost", 'w', OPTION_TEXT, offsetof(struct options, when_lost), "refuse|direct",
	 "where the users of an exit (0.0.0.0/0) go when it is lost: nowhere (refuse), or out by "
	 "themselves (direct)",
	 0, 0},
	{"check", 'c', OPTION_TEXT, offsetof(struct options, check), "WHAT",
	 "announce it only while this is well, as the machine sees it: tcp://ADDRESS:PORT, "
	 "http://ADDRESS:PORT/PATH, exec:NAME (of the machine's agent.conf), none",
	 0, 0},
	{"check-interval", 0, OPTION_NUMBER, offsetof(struct options, interval), "MS",
	 "between two checks (2000)", 100, 3600000},
	{"check-timeout", 0, OPTION_NUMBER, offsetof(struct options, timeout), "MS",
	 "how long one may take (1000)", 1, 3600000},
	{"check-rise", 0, OPTION_NUMBER, offsetof(struct options, rise), "N",
	 "good ones in a row after which it is well (2)", 1, 100},
	{"check-fall", 0, OPTION_NUMBER, offsetof(struct options, fall), "N",
	 "bad ones in a row after which it is not (3)", 1, 100},
	{"stable-for", 's', OPTION_TEXT, offsetof(struct options, stable_for), "SECONDS",
	 "after a loss it comes after other machines' for so long (60)", 0, 0},
	{"translate", 't', OPTION_TEXT, offsetof(struct options, translate), "yes|no",
	 "what goes there has the machine's own address: for a network without a way back (no)", 0,
	 0},
	{0}};

static const struct option_row withdraw_options[] = {MESH_ROW, {0}};

/* Behind the list, for it may be long. */
static void warn_of_unwell(struct cli *c, const json_t *items)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (json_is_string(json_object_get(item, "unwell")))
			output_remark(&c->out,
				      "warning: %s does not announce %s: its health check says: %s",
				      api_text(item, "machine_name"), api_text(item, "prefix"),
				      api_text(item, "unwell"));
	}
}

static int list(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const char *mesh = NULL;
	json_t *items;
	int code = 0;

	if (o->mesh != NULL)
		code = api_find_id(c, API_MESH, o->mesh, &mesh);
	if (code == 0)
		code = api_list(c,
				mesh != NULL ? api_path(c, "/prefixes?mesh=%s", mesh) : "/prefixes",
				0, &items);
	if (code == 0)
		code = api_add_names(c, API_MESH, items, "mesh", "mesh_name");
	if (code != 0)
		return code;
	output_list(&c->out, columns, items,
		    "no prefix: skein prefix add MACHINE PREFIX approves one");
	warn_of_unwell(c, items);
	return 0;
}

static int put_when_lost(struct cli *c, const char *way, json_t *body)
{
	bool direct = way != NULL && strcmp(way, "direct") == 0;

	if (way == NULL)
		return 0;
	if (!direct && strcmp(way, "refuse") != 0)
		return fault_set(&c->fault, ERR_USAGE, "--when-lost '%.40s': want refuse or direct",
				 way);
	json_object_set_new(body, "direct_when_lost", json_boolean(direct));
	return 0;
}

/* The check as a whole: what is not said of it is as usual. */
static int put_check(struct cli *c, const struct options *o, json_t *body)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {{"interval_ms", o->interval},
		       {"timeout_ms", o->timeout},
		       {"rise", o->rise},
		       {"fall", o->fall}};
	json_t *check = o->check != NULL ? check_parse(c, o->check) : NULL;

	if (o->check != NULL && check == NULL)
		return ERR_USAGE;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].value == 0)
			continue;
		if (check == NULL)
			return fault_set(&c->fault, ERR_USAGE,
					 "--check-…: of which check? Say it again with --check");
		json_object_set_new(check, numbers[i].name, json_integer(numbers[i].value));
	}
	if (check != NULL)
		json_object_set_new(body, "check", check);
	return 0;
}

static int put_translate(struct cli *c, const char *way, json_t *body)
{
	bool yes = way != NULL && strcmp(way, "yes") == 0;

	if (way == NULL)
		return 0;
	if (!yes && strcmp(way, "no") != 0)
		return fault_set(&c->fault, ERR_USAGE, "--translate '%.40s': want yes or no", way);
	json_object_set_new(body, "translated", json_boolean(yes));
	return 0;
}

/* What the options say, into the body: machines as their memberships of the mesh. */
static int put_options(struct cli *c, const struct options *o, const char *mesh, json_t *body)
{
	json_t *users = json_array();
	const json_t *membership;
	int code = 0;

	for (size_t i = 0; code == 0 && i < o->users.n; i++) {
		code = api_find_membership(c, o->users.at[i], mesh, &membership);
		if (code == 0)
			json_array_append_new(users, json_string(api_text(membership, "id")));
	}
	if (code == 0 && o->users.n > 0)
		json_object_set(body, "users", users);
	json_decref(users);
	if (o->priority > 0)
		json_object_set_new(body, "priority", json_integer(o->priority));
	if (code == 0)
		code = put_when_lost(c, o->when_lost, body);
	if (code == 0)
		code = put_check(c, o, body);
	if (code == 0)
		code = stable_put(c, o->stable_for, body);
	return code != 0 ? code : put_translate(c, o->translate, body);
}

static int check_prefix(struct cli *c, const char *text, char out[PREFIX_TEXT_MAX])
{
	struct prefix p;
	int code = prefix_parse(text, &p, &c->fault);

	if (code == 0)
		prefix_format(&p, out);
	return code;
}

static int add(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	char prefix[PREFIX_TEXT_MAX];
	const json_t *membership = NULL, *made;
	json_t *body;
	int code = check_prefix(c, in->args[1], prefix);

	if (code == 0)
		code = api_find_membership(c, in->args[0], o->mesh, &membership);
	if (code != 0)
		return code;
	body = json_pack("{s:s, s:s}", "membership", api_text(membership, "id"), "prefix", prefix);
	code = put_options(c, o, api_text(membership, "mesh"), body);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = api_post(c, "/prefixes", body, &made);
	if (code == 0)
		output_done(&c->out, made, "%s approved for machine %s in mesh %s", prefix,
			    in->args[0], api_text(membership, "mesh_name"));
	return code;
}

/* The announcement of this prefix by this machine. */
static int find(struct cli *c, const struct invocation *in, const json_t **membership,
		const json_t **found)
{
	const struct options *o = in->options;
	char prefix[PREFIX_TEXT_MAX];
	json_t *items, *item;
	size_t i;
	int code = check_prefix(c, in->args[1], prefix);

	if (code == 0)
		code = api_find_membership(c, in->args[0], o->mesh, membership);
	if (code == 0)
		code = api_list(c,
				api_path(c, "/prefixes?membership=%s", api_text(*membership, "id")),
				0, &items);
	if (code != 0)
		return code;
	json_array_foreach(items, i, item) {
		if (strcmp(api_text(item, "prefix"), prefix) == 0) {
			*found = item;
			return 0;
		}
	}
	return fault_set(&c->fault, ERR_NOT_FOUND,
			 "machine '%.63s' has no prefix %s; see skein prefix list", in->args[0],
			 prefix);
}

static int approve(struct cli *c, const struct invocation *in)
{
	const json_t *membership = NULL, *item = NULL, *changed;
	json_t *body;
	int code = find(c, in, &membership, &item);

	if (code != 0)
		return code;
	body = json_pack("{s:b}", "approved", 1);
	code = put_options(c, in->options, api_text(membership, "mesh"), body);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = api_patch(c, api_path(c, "/prefixes/%s", api_text(item, "id")), body, &changed);
	if (code == 0)
		output_done(&c->out, changed, "%s approved for machine %s in mesh %s",
			    api_text(item, "prefix"), in->args[0],
			    api_text(membership, "mesh_name"));
	return code;
}

static int withdraw(struct cli *c, const struct invocation *in)
{
	const json_t *membership = NULL, *item = NULL, *changed;
	int code = find(c, in, &membership, &item);

	if (code == 0)
		code = api_patch(c, api_path(c, "/prefixes/%s", api_text(item, "id")),
				 json_pack("{s:b}", "approved", 0), &changed);
	if (code == 0)
		output_done(&c->out, changed, "%s is no longer approved for machine %s in mesh %s",
			    api_text(item, "prefix"), in->args[0],
			    api_text(membership, "mesh_name"));
	return code;
}

const struct verb prefix_verbs[] = {
	VERB("prefix list", "", 0, 0, "list the prefixes behind machines", list_options,
	     struct options, list),
	VERB("prefix add", "MACHINE PREFIX", 2, 2, "let a machine announce a prefix", add_options,
	     struct options, add),
	VERB("prefix approve", "MACHINE PREFIX", 2, 2, "approve what a machine announces",
	     add_options, struct options, approve),
	VERB("prefix withdraw", "MACHINE PREFIX", 2, 2, "take the approval back", withdraw_options,
	     struct options, withdraw),
	VERB_END,
};
