#include "cli/api.h"
#include "cli/machine.h"

static const struct column columns[] = {{"MACHINE", "machine_name", COLUMN_TEXT, NULL, NULL},
					{"DRAINED", "drained", COLUMN_CHOICE, "yes|no", NULL},
					{"MESHES", "mesh_names", COLUMN_FLEX, NULL, NULL},
					{0}};

struct options {
	struct option_list meshes;
};

static const struct option_row enable_options[] = {
	{"mesh", 'm', OPTION_LIST, offsetof(struct options, meshes), "MESH",
	 "a mesh that it serves; give all of them", 0, 0},
	{0}};

static int enable(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const char *machine, *mesh;
	json_t *meshes = json_array();
	const json_t *made = NULL;
	int code = 0;

	if (o->meshes.n == 0)
		code = fault_set(&c->fault, ERR_USAGE, "--mesh is missing: of which meshes?");
	if (code == 0)
		code = api_find_id(c, API_MACHINE, in->args[0], &machine);
	for (size_t i = 0; code == 0 && i < o->meshes.n; i++) {
		code = api_find_id(c, API_MESH, o->meshes.at[i], &mesh);
		if (code == 0)
			json_array_append_new(meshes, json_string(mesh));
	}
	if (code == 0)
		code = api_post(c, "/gateways",
				json_pack("{s:s, s:O}", "machine", machine, "meshes", meshes),
				&made);
	json_decref(meshes);
	if (code != 0)
		return code;
	output_done(&c->out, made, "machine %s is a gateway of %zu mesh%s", in->args[0],
		    o->meshes.n, o->meshes.n == 1 ? "" : "es");
	output_warnings(&c->out, made);
	return 0;
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/gateways", 0, &items);

	(void)in;
	if (code == 0)
		code = api_add_names(c, API_MESH, items, "meshes", "mesh_names");
	if (code == 0)
		output_list(&c->out, columns, items,
			    "no gateway: skein gateway enable MACHINE --mesh MESH");
	return code;
}

static int disable(struct cli *c, const struct invocation *in)
{
	const json_t *left = NULL;
	const char *machine;
	int code = api_find_id(c, API_MACHINE, in->args[0], &machine);

	if (code == 0)
		code = api_remove(c, api_path(c, "/gateways/%s", machine), &left);
	if (code != 0)
		return code;
	output_done(&c->out, left, "machine %s is no gateway any more", in->args[0]);
	output_warnings(&c->out, left);
	return 0;
}

const struct verb gateway_verbs[] = {
	VERB("gateway enable", "MACHINE", 1, 1, "make a machine the gateway of meshes",
	     enable_options, struct options, enable),
	VERB("gateway list", "", 0, 0, "list the gateways", NULL, struct no_options, list),
	VERB("gateway drain", "MACHINE", 1, 1,
	     "take it out of service: the others carry its traffic, no packet is lost",
	     machine_drain_options, struct machine_drain_options, machine_drain),
	VERB("gateway undrain", "MACHINE", 1, 1, "bring it back into service", NULL,
	     struct no_options, machine_undrain),
	VERB("gateway disable", "MACHINE", 1, 1, "make it a plain member again", NULL,
	     struct no_options, disable),
	VERB_END,
};
