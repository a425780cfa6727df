#include "cli/api.h"

static void make_shadowed(const json_t *membership, struct buf *out)
{
	size_t i;
	const json_t *shadow;

	json_array_foreach(json_object_get(membership, "shadowed"), i, shadow) {
		buf_printf(out, "%s%s", i > 0 ? ", " : "", api_text(shadow, "prefix"));
	}
}

static const struct column columns[] = {{"MACHINE", "machine_name", COLUMN_TEXT, NULL, NULL},
					{"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
					{"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
					{"ROLE", "role", COLUMN_TEXT, NULL, NULL},
					{"SLOT", "slot", COLUMN_NUMBER, NULL, NULL},
					{"CURRENT", "current", COLUMN_GOOD, "yes|no", NULL},
					{"SHADOWED", NULL, COLUMN_MADE, NULL, make_shadowed},
					{"ERROR", "error", COLUMN_FLEX, NULL, NULL},
					{0}};

struct options {
	const char *mesh, *machine;
};

static const struct option_row list_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct options, mesh), "MESH", "of this mesh", 0, 0},
	{"machine", 'M', OPTION_TEXT, offsetof(struct options, machine), "MACHINE",
	 "of this machine", 0, 0},
	{0}};

static int list(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const char *mesh = NULL, *machine = NULL;
	json_t *items;
	int code = 0;

	if (o->mesh != NULL)
		code = api_find_id(c, API_MESH, o->mesh, &mesh);
	if (code == 0 && o->machine != NULL)
		code = api_find_id(c, API_MACHINE, o->machine, &machine);
	if (code == 0)
		code = api_list(c,
				api_path(c, "/memberships%s%s%s%s%s",
					 mesh != NULL || machine != NULL ? "?" : "",
					 mesh != NULL ? api_path(c, "mesh=%s", mesh) : "",
					 mesh != NULL && machine != NULL ? "&" : "",
					 machine != NULL ? "machine=" : "",
					 machine != NULL ? machine : ""),
				0, &items);
	if (code == 0)
		output_list(&c->out, columns, items, "no memberships");
	return code;
}

static int add(struct cli *c, const struct invocation *in)
{
	const char *machine, *mesh;
	const json_t *made;
	int code = api_find_id(c, API_MACHINE, in->args[0], &machine);

	if (code == 0)
		code = api_find_id(c, API_MESH, in->args[1], &mesh);
	if (code == 0)
		code = api_post(c, "/memberships",
				json_pack("{s:s, s:s}", "machine", machine, "mesh", mesh), &made);
	if (code == 0)
		output_done(&c->out, made, "machine %s is in mesh %s as %s", in->args[0],
			    in->args[1], api_text(made, "address"));
	return code;
}

static int remove_one(struct cli *c, const struct invocation *in)
{
	const json_t *membership;
	int code = api_find_membership(c, in->args[0], in->args[1], &membership);

	if (code == 0)
		code = api_delete(c, api_path(c, "/memberships/%s", api_text(membership, "id")));
	if (code == 0)
		output_done(&c->out, NULL, "machine %s is no longer in mesh %s", in->args[0],
			    in->args[1]);
	return code;
}

const struct verb membership_verbs[] = {
	VERB("membership list", "", 0, 0, "list who is in which mesh", list_options, struct options,
	     list),
	VERB("membership add", "MACHINE MESH", 2, 2, "put a machine into another mesh", NULL,
	     struct no_options, add),
	VERB("membership remove", "MACHINE MESH", 2, 2, "take a machine out of a mesh", NULL,
	     struct no_options, remove_one),
	VERB_END,
};
