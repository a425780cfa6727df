/* One look at everything: is the controller there, how many are in each mesh, and who is behind. On
 * a machine on which nobody has logged in, at that machine (here_status.c). */
#include "cli/api.h"
#include "cli/here.h"

static const struct column meshes[] = {{"MESH", "name", COLUMN_TEXT, NULL, NULL},
				       {"CIDR", "cidr", COLUMN_TEXT, NULL, NULL},
				       {"MEMBERS", "members", COLUMN_NUMBER, NULL, NULL},
				       {"ONLINE", "online", COLUMN_NUMBER, NULL, NULL},
				       {"CURRENT", "current", COLUMN_NUMBER, NULL, NULL},
				       {"GATEWAYS", "gateways", COLUMN_NUMBER, NULL, NULL},
				       {0}};

static const struct column behind[] = {{"NOT CURRENT", "machine_name", COLUMN_TEXT, NULL, NULL},
				       {"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
				       {"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
				       {"ERROR", "error", COLUMN_FLEX, NULL, NULL},
				       {0}};

static void count(json_t *counts, const char *id)
{
	json_int_t n = json_integer_value(json_object_get(counts, id));

	json_object_set_new(counts, id, json_integer(n + 1));
}

/* Fills `current` and the list of who is not, from all memberships. */
static int read_memberships(struct cli *c, json_t *current, json_t *late)
{
	json_t *items, *m;
	size_t i;
	int code = api_list(c, "/memberships", 0, &items);

	if (code != 0)
		return code;
	json_array_foreach(items, i, m) {
		if (json_is_true(json_object_get(m, "current")))
			count(current, api_text(m, "mesh"));
		else
			json_array_append(late, m);
	}
	return 0;
}

static int read_machines(struct cli *c, json_t *online)
{
	json_t *items, *machine, *m;
	size_t i, n;
	int code = api_list(c, "/machines", 0, &items);

	if (code != 0)
		return code;
	json_array_foreach(items, i, machine) {
		if (!json_is_true(json_object_get(machine, "online")))
			continue;
		json_array_foreach(json_object_get(machine, "memberships"), n, m) {
			count(online, api_text(m, "mesh"));
		}
	}
	return 0;
}

static void put_count(json_t *mesh, const char *member, const json_t *counts)
{
	json_object_set_new(
		mesh, member,
		json_integer(json_integer_value(json_object_get(counts, api_text(mesh, "id")))));
}

static int status_fleet(struct cli *c)
{
	json_t *current = json_object(), *online = json_object(), *late = json_array();
	json_t *items, *mesh, *all;
	size_t i;
	int code = api_list(c, "/meshes", 0, &items);

	if (code == 0)
		code = read_memberships(c, current, late);
	if (code == 0)
		code = read_machines(c, online);
	if (code != 0)
		goto out;
	json_array_foreach(items, i, mesh) {
		put_count(mesh, "current", current);
		put_count(mesh, "online", online);
	}
	if (c->out.json) {
		all = json_pack("{s:O, s:O}", "meshes", items, "not_current", late);
		output_json(&c->out, all);
		json_decref(all);
		goto out;
	}
	output_list(&c->out, meshes, items, "no mesh yet: skein mesh create NAME");
	if (json_array_size(late) > 0) {
		output_remark(&c->out, "%s", "");
		output_list(&c->out, behind, late, "");
	}
out:
	json_decref(current);
	json_decref(online);
	json_decref(late);
	return code;
}

struct options {
	bool here;
};

static const struct option_row rows[] = {
	{"here", 0, OPTION_FLAG, offsetof(struct options, here), NULL,
	 "this machine, although somebody has logged in at a controller here", 0, 0},
	{0}};

/* Where nobody has logged in and no agent runs, a login is what is missing. */
static int status(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	struct fault no_login = {0};
	int code = 0;

	if (!o->here) {
		code = cli_connect(c);
		if (code != ERR_AUTH || c->transport != NULL)
			return code != 0 ? code : status_fleet(c);
		no_login = c->fault;
		c->fault = (struct fault){0};
	}
	code = here_status(c);
	if (code == ERR_NOT_FOUND && no_login.code != 0) {
		c->fault = no_login;
		code = no_login.code;
	}
	return code;
}

const struct verb status_verbs[] = {
	VERB_OFFLINE("status", "", 0, 0,
		     "the meshes, who is online and who is behind; or this machine", rows,
		     struct options, status),
	VERB_END,
};
