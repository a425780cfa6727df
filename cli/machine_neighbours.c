/* How a machine sees its neighbours, as it reported last. */
#include "cli/api.h"
#include "cli/machine.h"

static void make_neighbour(const json_t *session, struct buf *out)
{
	const char *machine = api_text(session, "machine_name");
	const char *sibling = api_text(session, "sibling");

	if (sibling[0] != '\0')
		buf_printf(out, "itself in %s", sibling);
	else
		buf_puts(out, machine[0] != '\0' ? machine : api_text(session, "name"));
}

static void make_latency(const json_t *path, struct buf *out)
{
	json_int_t ms = json_integer_value(json_object_get(path, "latency_ms"));
	json_int_t loss = json_integer_value(json_object_get(path, "loss_percent"));

	if (ms > 0)
		buf_printf(out, "%d ms at most", (int)ms);
	if (loss > 0)
		buf_printf(out, "%s%d %% lost", ms > 0 ? ", " : "", (int)loss);
}

static const struct column sessions[] = {{"SESSION WITH", NULL, COLUMN_MADE, NULL, make_neighbour},
					 {"ADDRESS", "neighbour", COLUMN_TEXT, NULL, NULL},
					 {"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
					 {"STATE", "state", COLUMN_TEXT, NULL, NULL},
					 {"SINCE", "since", COLUMN_AGE, NULL, NULL},
					 {"BFD", "bfd", COLUMN_TEXT, NULL, NULL},
					 {"ERROR", "error", COLUMN_FLEX, NULL, NULL},
					 {0}};

static const struct column paths[] = {{"PATH TO", "machine_name", COLUMN_TEXT, NULL, NULL},
				      {"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
				      {"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
				      {"PATH", "path", COLUMN_TEXT, NULL, NULL},
				      {"ENDPOINT", "endpoint", COLUMN_TEXT, NULL, NULL},
				      {"HANDSHAKE", "handshake", COLUMN_TEXT, NULL, NULL},
				      {"LATENCY", NULL, COLUMN_MADE, NULL, make_latency},
				      {0}};

static const struct neighbours {
	const char *words;
	const struct column *columns;
	const char *none;
} kinds[] = {
	{"sessions", sessions, "it has reported no BGP session"},
	{"paths", paths, "it has reported no path to a peer"},
};

#define SHOWN 20

/* What has room beside the machine itself. */
static int show_some(struct cli *c, const json_t *machine, const struct neighbours *k)
{
	const json_t *page, *items;
	int code = api_get(
		c,
		api_path(c, "/machines/%s/%s?limit=%d", api_text(machine, "id"), k->words, SHOWN),
		&page);

	if (code != 0)
		return code;
	items = json_object_get(page, "items");
	if (json_array_size(items) == 0)
		return 0;
	output_remark(&c->out, "%s", "");
	output_list(&c->out, k->columns, items, "");
	if (api_text(page, "next")[0] != '\0')
		output_remark(&c->out, "and more: skein machine %s %s", k->words,
			      api_text(machine, "name"));
	if (json_is_true(json_object_get(page, "stale")))
		output_remark(&c->out, "%s", "so it was; the machine has not reported since");
	return 0;
}

int machine_show_neighbours(struct cli *c, const json_t *machine)
{
	int code = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && code == 0; i++)
		code = show_some(c, machine, &kinds[i]);
	return code;
}

static int list(struct cli *c, const char *machine, const struct neighbours *k)
{
	const char *id;
	json_t *items;
	int code = api_find_id(c, API_MACHINE, machine, &id);

	if (code == 0)
		code = api_list(c, api_path(c, "/machines/%s/%s", id, k->words), 0, &items);
	if (code == 0)
		output_list(&c->out, k->columns, items, k->none);
	return code;
}

int machine_sessions(struct cli *c, const struct invocation *in)
{
	return list(c, in->args[0], &kinds[0]);
}

int machine_paths(struct cli *c, const struct invocation *in)
{
	return list(c, in->args[0], &kinds[1]);
}
