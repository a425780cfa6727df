/* `skein status` on a machine: one screen, a line per peer that matters, the rest counted. */
#include <string.h>

#include "cli/api.h"
#include "cli/here.h"

#define SHOWN 15 /* peers of a mesh */

static size_t count(const json_t *peers, const char *handshake)
{
	const json_t *p;
	size_t i, n = 0;

	json_array_foreach((json_t *)(uintptr_t)peers, i, p) {
		n += strcmp(api_text(p, "handshake"), handshake) == 0;
	}
	return n;
}

static size_t count_troubled(const json_t *peers)
{
	const json_t *p;
	size_t i, n = 0;

	json_array_foreach((json_t *)(uintptr_t)peers, i, p) {
		n += here_is_troubled(p);
	}
	return n;
}

/* Those whom this machine has to do with; the others are a number. */
static json_t *choose(const json_t *peers)
{
	json_t *out = json_array(), *p;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)peers, i, p) {
		if (json_array_size(out) < SHOWN &&
		    (here_is_troubled(p) || strcmp(api_text(p, "handshake"), "never") != 0))
			json_array_append(out, p);
	}
	return out;
}

static json_t *make_mesh(const json_t *m)
{
	static const char *const same[] = {"mesh",  "cidr",  "address", "role",
					   "state", "error", "drained"};
	json_t *out = json_object(), *peers = here_peers(m);

	here_sort(peers);
	json_object_set(out, "membership", json_object_get(m, "id"));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		json_t *v = json_object_get(m, same[i]);

		json_object_set(out, same[i], v != NULL ? v : json_null());
	}
	json_object_set_new(out, "peers", choose(peers));
	json_object_set_new(
		out, "counts",
		json_pack("{s:i, s:i, s:i, s:i, s:i}", "peers", (int)json_array_size(peers), "live",
			  (int)count(peers, "live"), "old", (int)count(peers, "old"), "never",
			  (int)count(peers, "never"), "troubled", (int)count_troubled(peers)));
	json_decref(peers);
	return out;
}

static json_t *make(const json_t *status)
{
	const json_t *m, *controller = json_object_get(status, "controller");
	json_t *list = json_array();
	size_t i;

	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		json_array_append_new(list, make_mesh(m));
	}
	return json_pack("{s:s, s:O, s:{s:O, s:O, s:O}, s:O, s:o}", "schema", PEERS_SCHEMA,
			 "machine", json_object_get(status, "machine"), "controller", "connected",
			 json_object_get(controller, "connected"), "answered_at",
			 json_object_get(controller, "answered_at"), "error",
			 json_object_get(controller, "error"), "error",
			 json_object_get(status, "error"), "meshes", list);
}

/* ---- the screen ---- */

static int number(const json_t *counts, const char *name)
{
	return (int)json_integer_value(json_object_get(counts, name));
}

static void say_rest(struct cli *c, const json_t *mesh)
{
	const json_t *counts = json_object_get(mesh, "counts");
	int shown = (int)json_array_size(json_object_get(mesh, "peers"));
	int rest = number(counts, "peers") - shown;

	if (rest > 0)
		output_remark(&c->out, "%d more; of all %d peers %d live, %d silent, %d never met",
			      rest, number(counts, "peers"), number(counts, "live"),
			      number(counts, "old"), number(counts, "never"));
}

static void show_mesh(struct cli *c, const json_t *mesh)
{
	const char *name = api_text(mesh, "mesh"), *error = api_text(mesh, "error");

	output_remark(&c->out, "%s", "");
	if (name[0] == '\0')
		output_remark(&c->out, "membership %s: %s", api_text(mesh, "membership"),
			      api_text(mesh, "state"));
	else
		output_remark(&c->out, "%s  %s in %s  %s%s  %s", name, api_text(mesh, "address"),
			      api_text(mesh, "cidr"), api_text(mesh, "role"),
			      json_is_true(json_object_get(mesh, "drained")) ? ", drained" : "",
			      api_text(mesh, "state"));
	if (error[0] != '\0')
		output_remark(&c->out, "  %s", error);
	if (json_array_size(json_object_get(mesh, "peers")) > 0)
		output_list(&c->out, here_columns, json_object_get(mesh, "peers"), "");
	say_rest(c, mesh);
}

static void show(struct cli *c, const json_t *all)
{
	const json_t *controller = json_object_get(all, "controller"), *m;
	const char *error = api_text(all, "error");
	size_t i;

	output_remark(&c->out, "machine %s, controller %s",
		      api_text(json_object_get(all, "machine"), "name"),
		      json_is_true(json_object_get(controller, "connected")) ? "reachable"
									     : "not reachable");
	if (error[0] != '\0')
		output_remark(&c->out, "%s", error);
	json_array_foreach(json_object_get(all, "meshes"), i, m) {
		show_mesh(c, m);
	}
	if (json_array_size(json_object_get(all, "meshes")) == 0)
		output_remark(&c->out, "%s", "in no mesh");
}

int here_status(struct cli *c)
{
	const json_t *status;
	json_t *all;
	int code = here_read(c, &status);

	if (code != 0)
		return code;
	all = make(status);
	if (c->out.json)
		output_json(&c->out, all);
	else
		show(c, all);
	json_decref(all);
	return 0;
}
