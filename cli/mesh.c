#include <stdlib.h>
#include <string.h>

#include "cli/api.h"
#include "cli/stable.h"

#define KEY_DAYS_MAX 3650

static const struct column columns[] = {
	{"NAME", "name", COLUMN_TEXT, NULL, NULL},
	{"CIDR", "cidr", COLUMN_TEXT, NULL, NULL},
	{"ASN", "asn", COLUMN_NUMBER, NULL, NULL},
	{"MEMBERS", "members", COLUMN_NUMBER, NULL, NULL},
	{"GATEWAYS", "gateways", COLUMN_NUMBER, NULL, NULL},
	{"MODE", "route_reflector", COLUMN_CHOICE, "reflector|full mesh", NULL},
	{"DEFAULT", "default", COLUMN_CHOICE, "yes|", NULL},
	{0}};

static void make_key_days(const json_t *mesh, struct buf *out)
{
	json_int_t days = json_integer_value(json_object_get(mesh, "key_rotation_days"));

	if (days == 0)
		buf_puts(out, "never");
	else
		buf_printf(out, "%lld", (long long)days);
}

static const struct column details[] = {
	{"name", "name", COLUMN_TEXT, NULL, NULL},
	{"id", "id", COLUMN_TEXT, NULL, NULL},
	{"CIDR", "cidr", COLUMN_TEXT, NULL, NULL},
	{"AS number", "asn", COLUMN_TEXT, NULL, NULL},
	{"default", "default", COLUMN_CHOICE, "yes|no", NULL},
	{"mode", "route_reflector", COLUMN_CHOICE, "route reflector|full mesh", NULL},
	{"members", "members", COLUMN_TEXT, NULL, NULL},
	{"gateways", "gateways", COLUMN_TEXT, NULL, NULL},
	{"BGP port", "bgp_port", COLUMN_TEXT, NULL, NULL},
	{"BFD interval, ms", "bfd_interval_ms", COLUMN_TEXT, NULL, NULL},
	{"BFD multiplier", "bfd_multiplier", COLUMN_TEXT, NULL, NULL},
	{"neighbours stable after, s", "stable_for_s", COLUMN_TEXT, NULL, NULL},
	{"keys rotate after, days", NULL, COLUMN_MADE, NULL, make_key_days},
	{"created", "created_at", COLUMN_TIME, NULL, NULL},
	{0}};

struct options {
	const char *cidr, *name, *reflector, *key_days, *stable_for;
	bool is_default, no_reflector, cascade;
	int64_t bgp_port, bfd_interval, bfd_multiplier;
};

#define TIMING                                                                                     \
	{"bgp-port",                                                                               \
	 0,                                                                                        \
	 OPTION_NUMBER,                                                                            \
	 offsetof(struct options, bgp_port),                                                       \
	 "PORT",                                                                                   \
	 "TCP port of BGP on its machines",                                                        \
	 1,                                                                                        \
	 65535},                                                                                   \
		{"bfd-interval",                                                                   \
		 0,                                                                                \
		 OPTION_NUMBER,                                                                    \
		 offsetof(struct options, bfd_interval),                                           \
		 "MS",                                                                             \
		 "between two BFD packets; what is lost is noticed after interval × multiplier",   \
		 50,                                                                               \
		 60000},                                                                           \
		{"bfd-multiplier",                                                                 \
		 0,                                                                                \
		 OPTION_NUMBER,                                                                    \
		 offsetof(struct options, bfd_multiplier),                                         \
		 "N",                                                                              \
		 "BFD packets that may be missing",                                                \
		 2,                                                                                \
		 50},                                                                              \
		{"stable-for",                                                                     \
		 0,                                                                                \
		 OPTION_TEXT,                                                                      \
		 offsetof(struct options, stable_for),                                             \
		 "SECONDS",                                                                        \
		 "how long a neighbour that was lost and is back comes after others; 60",          \
		 0,                                                                                \
		 0},                                                                               \
	{                                                                                          \
		"key-rotation-days", 0, OPTION_TEXT, offsetof(struct options, key_days), "DAYS",   \
			"how old a key gets before it is rotated, or never; 90", 0, 0              \
	}

static const struct option_row create_options[] = {
	{"cidr", 'c', OPTION_TEXT, offsetof(struct options, cidr), "CIDR",
	 "its addresses, for good: in 10/8, 172.16/12, 192.168/16 or 100.64/10", 0, 0},
	{"default", 'd', OPTION_FLAG, offsetof(struct options, is_default), NULL,
	 "machines that join without naming a mesh land in it; the first mesh is it by itself", 0,
	 0},
	{"no-route-reflector", 0, OPTION_FLAG, offsetof(struct options, no_reflector), NULL,
	 "members speak BGP with each other", 0, 0},
	TIMING,
	{0}};

static const struct option_row set_options[] = {
	{"name", 'n', OPTION_TEXT, offsetof(struct options, name), "NAME", "a new name", 0, 0},
	{"default", 'd', OPTION_FLAG, offsetof(struct options, is_default), NULL,
	 "make it the default, instead of the one that is", 0, 0},
	{"route-reflector", 'r', OPTION_TEXT, offsetof(struct options, reflector), "on|off",
	 "gateways reflect routes, or members speak with each other", 0, 0},
	TIMING,
	{0}};

static const struct option_row delete_options[] = {
	{"cascade", 0, OPTION_FLAG, offsetof(struct options, cascade), NULL,
	 "with its memberships, prefixes and peerings", 0, 0},
	{0}};

static void put_number(json_t *body, const char *name, int64_t value)
{
	if (value != 0)
		json_object_set_new(body, name, json_integer(value));
}

static int put_key_days(struct cli *c, json_t *body, const char *text)
{
	char *end = NULL;
	long days = text[0] >= '1' && text[0] <= '9' ? strtol(text, &end, 10) : 0;

	if (strcmp(text, "never") != 0 && (end == NULL || *end != '\0' || days > KEY_DAYS_MAX))
		return fault_set(&c->fault, ERR_USAGE,
				 "--key-rotation-days: want 1 to %d, or never", KEY_DAYS_MAX);
	json_object_set_new(body, "key_rotation_days", json_integer(days));
	return 0;
}

static int put_timing(struct cli *c, json_t *body, const struct options *o)
{
	put_number(body, "bgp_port", o->bgp_port);
	put_number(body, "bfd_interval_ms", o->bfd_interval);
	put_number(body, "bfd_multiplier", o->bfd_multiplier);
	if (o->key_days != NULL && put_key_days(c, body, o->key_days) != 0)
		return ERR_USAGE;
	return stable_put(c, o->stable_for, body);
}

static int create(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	json_t *body =
		json_pack("{s:s, s:b}", "name", in->args[0], "route_reflector", !o->no_reflector);
	const json_t *mesh;
	int code;

	if (o->cidr != NULL)
		json_object_set_new(body, "cidr", json_string(o->cidr));
	if (o->is_default) /* unsaid, the first mesh is */
		json_object_set_new(body, "default", json_true());
	code = put_timing(c, body, o);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = api_post(c, "/meshes", body, &mesh);
	if (code != 0)
		return code;
	output_done(&c->out, mesh, "mesh %s made: %s, AS %lld%s", api_text(mesh, "name"),
		    api_text(mesh, "cidr"),
		    (long long)json_integer_value(json_object_get(mesh, "asn")),
		    json_is_true(json_object_get(mesh, "default")) ? ", the default" : "");
	output_warnings(&c->out, mesh);
	output_remark(&c->out, "next: skein token create --mesh %s", api_text(mesh, "name"));
	return 0;
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/meshes", 0, &items);

	(void)in;
	if (code == 0)
		output_list(&c->out, columns, items, "no mesh yet: skein mesh create NAME");
	return code;
}

static int show(struct cli *c, const struct invocation *in)
{
	const json_t *mesh;
	int code = api_find(c, API_MESH, in->args[0], &mesh);

	if (code == 0) {
		output_record(&c->out, details, mesh);
		output_warnings(&c->out, mesh);
	}
	return code;
}

static int set(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	json_t *changes = json_object();
	const char *id, *mode = o->reflector;
	const json_t *mesh;
	int code;

	if (o->name != NULL)
		json_object_set_new(changes, "name", json_string(o->name));
	if (o->is_default)
		json_object_set_new(changes, "default", json_true());
	if (mode != NULL)
		json_object_set_new(changes, "route_reflector",
				    json_boolean(strcmp(mode, "on") == 0));
	code = put_timing(c, changes, o);
	if (code == 0 && mode != NULL && strcmp(mode, "on") != 0 && strcmp(mode, "off") != 0)
		code = fault_set(&c->fault, ERR_USAGE, "--route-reflector: want on or off");
	else if (code == 0 && json_object_size(changes) == 0)
		code = fault_set(&c->fault, ERR_USAGE, "nothing to set; see skein mesh set --help");
	if (code == 0)
		code = api_find_id(c, API_MESH, in->args[0], &id);
	if (code != 0) {
		json_decref(changes);
		return code;
	}
	code = api_patch(c, api_path(c, "/meshes/%s", id), changes, &mesh);
	if (code != 0)
		return code;
	output_done(&c->out, mesh, "mesh %s changed", api_text(mesh, "name"));
	output_warnings(&c->out, mesh);
	return 0;
}

static int delete (struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const char *id;
	int code = api_find_id(c, API_MESH, in->args[0], &id);

	if (code == 0)
		code = api_delete(
			c, api_path(c, "/meshes/%s%s", id, o->cascade ? "?cascade=true" : ""));
	if (code == 0)
		output_done(&c->out, NULL, "mesh %s deleted", in->args[0]);
	return code;
}

const struct verb mesh_verbs[] = {
	VERB("mesh create", "NAME", 1, 1, "make a mesh", create_options, struct options, create),
	VERB("mesh list", "", 0, 0, "list the meshes", NULL, struct no_options, list),
	VERB("mesh show", "MESH", 1, 1, "show one mesh", NULL, struct no_options, show),
	VERB("mesh set", "MESH", 1, 1, "change name, default, mode, timers or the age of keys",
	     set_options, struct options, set),
	VERB("mesh delete", "MESH", 1, 1, "delete a mesh without members", delete_options,
	     struct options, delete),
	VERB_END,
};
