#include <string.h>

#include "cli/api.h"
#include "lib/net/prefix.h"

static const struct column columns[] = {{"MESH", "mesh_a_name", COLUMN_TEXT, NULL, NULL},
					{"SHOWS", "prefixes_a", COLUMN_FLEX, NULL, NULL},
					{"MESH", "mesh_b_name", COLUMN_TEXT, NULL, NULL},
					{"SHOWS", "prefixes_b", COLUMN_FLEX, NULL, NULL},
					{0}};

static const struct column details[] = {{"mesh", "mesh_a_name", COLUMN_TEXT, NULL, NULL},
					{"  shows", "prefixes_a", COLUMN_TEXT, NULL, NULL},
					{"mesh", "mesh_b_name", COLUMN_TEXT, NULL, NULL},
					{"  shows", "prefixes_b", COLUMN_TEXT, NULL, NULL},
					{"id", "id", COLUMN_TEXT, NULL, NULL},
					{"created", "created_at", COLUMN_TIME, NULL, NULL},
					{0}};

struct options {
	struct option_list show;
};

static const struct option_row show_options[] = {
	{"show", 's', OPTION_LIST, offsetof(struct options, show), "MESH=PREFIX",
	 "a prefix of one of the two that the other may see (without any: both CIDRs)", 0, 0},
	{0}};

/* The two ends, as the command line names them. */
struct ends {
	const char *names[2];
	const json_t *meshes[2];
};

static int find_ends(struct cli *c, const struct invocation *in, struct ends *out)
{
	int code = 0;

	for (int i = 0; code == 0 && i < 2; i++) {
		out->names[i] = in->args[i];
		code = api_find(c, API_MESH, in->args[i], &out->meshes[i]);
	}
	return code;
}

static int put_shown(struct cli *c, const struct ends *ends, const char *text, json_t *lists[2])
{
	const char *equals = strchr(text, '=');
	char formatted[PREFIX_TEXT_MAX];
	struct prefix p;
	int code;

	for (int i = 0; equals != NULL && i < 2; i++) {
		size_t len = strlen(ends->names[i]);

		if ((size_t)(equals - text) != len || strncmp(text, ends->names[i], len) != 0)
			continue;
		code = prefix_parse(equals + 1, &p, &c->fault);
		if (code != 0) {
			fault_prefix(&c->fault, "--show %.63s", ends->names[i]);
			return code;
		}
		json_array_append_new(lists[i], json_string(prefix_format(&p, formatted)));
		return 0;
	}
	return fault_set(&c->fault, ERR_USAGE, "--show %.63s: want %.63s=PREFIX or %.63s=PREFIX",
			 text, ends->names[0], ends->names[1]);
}

/* Both lists, from --show; without any --show each mesh shows its CIDR. */
static int read_shown(struct cli *c, const struct options *o, const struct ends *ends,
		      json_t *lists[2])
{
	int code = 0;

	lists[0] = json_array();
	lists[1] = json_array();
	for (size_t i = 0; code == 0 && i < o->show.n; i++)
		code = put_shown(c, ends, o->show.at[i], lists);
	for (int i = 0; o->show.n == 0 && i < 2; i++)
		json_array_append_new(lists[i], json_string(api_text(ends->meshes[i], "cidr")));
	if (code != 0) {
		json_decref(lists[0]);
		json_decref(lists[1]);
	}
	return code;
}

static int create(struct cli *c, const struct invocation *in)
{
	struct ends ends;
	json_t *lists[2];
	const json_t *made;
	int code = find_ends(c, in, &ends);

	if (code == 0)
		code = read_shown(c, in->options, &ends, lists);
	if (code != 0)
		return code;
	code = api_post(c, "/peerings",
			json_pack("{s:s, s:s, s:o, s:o}", "mesh_a", api_text(ends.meshes[0], "id"),
				  "mesh_b", api_text(ends.meshes[1], "id"), "prefixes_a", lists[0],
				  "prefixes_b", lists[1]),
			&made);
	if (code == 0)
		output_done(&c->out, made, "meshes %s and %s are peered", in->args[0], in->args[1]);
	if (code == 0)
		output_warnings(&c->out, made);
	return code;
}

static int add_names(struct cli *c, json_t *items)
{
	int code = api_add_names(c, API_MESH, items, "mesh_a", "mesh_a_name");

	return code != 0 ? code : api_add_names(c, API_MESH, items, "mesh_b", "mesh_b_name");
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	size_t i;
	const json_t *item;
	int code = api_list(c, "/peerings", 0, &items);

	(void)in;
	if (code == 0)
		code = add_names(c, items);
	if (code != 0)
		return code;
	output_list(&c->out, columns, items,
		    "no peering: nothing passes between meshes (skein peering create A B)");
	json_array_foreach(items, i, item) {
		output_warnings(&c->out, item);
	}
	return 0;
}

/* The peering of two meshes, whichever was named first when it was made: then *turned. */
static int find(struct cli *c, const struct ends *ends, json_t **out, bool *turned)
{
	const char *a = api_text(ends->meshes[0], "id"), *b = api_text(ends->meshes[1], "id");
	json_t *items, *item;
	size_t i;
	int code = api_list(c, "/peerings", 0, &items);

	if (code != 0)
		return code;
	json_array_foreach(items, i, item) {
		const char *mesh_a = api_text(item, "mesh_a"), *mesh_b = api_text(item, "mesh_b");

		*turned = strcmp(mesh_a, b) == 0 && strcmp(mesh_b, a) == 0;
		if (*turned || (strcmp(mesh_a, a) == 0 && strcmp(mesh_b, b) == 0)) {
			*out = item;
			return 0;
		}
	}
	return fault_set(&c->fault, ERR_NOT_FOUND, "meshes %.63s and %.63s are not peered",
			 ends->names[0], ends->names[1]);
}

static int show(struct cli *c, const struct invocation *in)
{
	struct ends ends;
	json_t *item = NULL, *one;
	bool turned;
	int code = find_ends(c, in, &ends);

	if (code == 0)
		code = find(c, &ends, &item, &turned);
	if (code != 0)
		return code;
	one = json_pack("[O]", item);
	json_array_append_new(c->answers, one);
	code = add_names(c, one);
	if (code != 0)
		return code;
	output_record(&c->out, details, item);
	output_warnings(&c->out, item);
	return 0;
}

static int set(struct cli *c, const struct invocation *in)
{
	struct ends ends;
	json_t *lists[2], *item = NULL;
	const json_t *changed;
	bool turned = false;
	int code = find_ends(c, in, &ends);

	if (code == 0)
		code = find(c, &ends, &item, &turned);
	if (code == 0)
		code = read_shown(c, in->options, &ends, lists);
	if (code != 0)
		return code;
	code = api_patch(
		c, api_path(c, "/peerings/%s", api_text(item, "id")),
		json_pack("{s:o, s:o}", "prefixes_a", lists[turned], "prefixes_b", lists[!turned]),
		&changed);
	if (code != 0)
		return code;
	output_done(&c->out, changed, "the peering of %s and %s is changed", in->args[0],
		    in->args[1]);
	output_warnings(&c->out, changed);
	return 0;
}

static int delete (struct cli *c, const struct invocation *in)
{
	struct ends ends;
	json_t *item = NULL;
	bool turned;
	int code = find_ends(c, in, &ends);

	if (code == 0)
		code = find(c, &ends, &item, &turned);
	if (code == 0)
		code = api_delete(c, api_path(c, "/peerings/%s", api_text(item, "id")));
	if (code == 0)
		output_done(&c->out, NULL, "meshes %s and %s are no longer peered", in->args[0],
			    in->args[1]);
	return code;
}

const struct verb peering_verbs[] = {
	VERB("peering create", "MESH MESH", 2, 2, "let prefixes pass between two meshes",
	     show_options, struct options, create),
	VERB("peering list", "", 0, 0, "list the peerings", NULL, struct no_options, list),
	VERB("peering show", "MESH MESH", 2, 2, "show one peering", NULL, struct no_options, show),
	VERB("peering set", "MESH MESH", 2, 2, "say anew what each shows the other", show_options,
	     struct options, set),
	VERB("peering delete", "MESH MESH", 2, 2, "let nothing pass any more", NULL,
	     struct no_options, delete),
	VERB_END,
};
