#include "cli/machine.h"
#include "cli/api.h"

/* "prod 10.1.0.2, staging 10.2.0.2" */
static void make_memberships(const json_t *machine, struct buf *out)
{
	size_t i;
	const json_t *m;

	json_array_foreach(json_object_get(machine, "memberships"), i, m) {
		buf_printf(out, "%s%s %s", i > 0 ? ", " : "", api_text(m, "mesh_name"),
			   api_text(m, "address"));
	}
}

/* Behind one NAT they may be the same. */
static void make_places(const json_t *from, struct buf *out)
{
	const char *a = json_string_value(json_array_get(from, 0));
	const char *b = json_string_value(json_array_get(from, 1));

	buf_puts(out, "frozen: its identity is used in two places");
	if (a != NULL && b != NULL)
		buf_printf(out, ", from %s and %s", a, b);
}

static void make_remarks(const json_t *machine, struct buf *out)
{
	if (json_is_true(json_object_get(machine, "revoked")))
		buf_puts(out, "revoked");
	else if (json_is_true(json_object_get(machine, "frozen")))
		make_places(json_object_get(machine, "frozen_from"), out);
	else if (json_is_true(json_object_get(machine, "idle")))
		buf_puts(out, "drained, idle");
	else if (json_is_true(json_object_get(machine, "drained")))
		buf_puts(out, "drained");
}

static const struct column columns[] = {{"NAME", "name", COLUMN_TEXT, NULL, NULL},
					{"ONLINE", "online", COLUMN_GOOD, "yes|no", NULL},
					{"SEEN", "seen_at", COLUMN_AGE, NULL, NULL},
					{"MESHES", NULL, COLUMN_MADE, NULL, make_memberships},
					{"REMARKS", NULL, COLUMN_MADE, NULL, make_remarks},
					{0}};

static const struct column details[] = {{"name", "name", COLUMN_TEXT, NULL, NULL},
					{"id", "id", COLUMN_TEXT, NULL, NULL},
					{"online", "online", COLUMN_GOOD, "yes|no", NULL},
					{"seen", "seen_at", COLUMN_TIME, NULL, NULL},
					{"joined", "created_at", COLUMN_TIME, NULL, NULL},
					{"remarks", NULL, COLUMN_MADE, NULL, make_remarks},
					{0}};

static const struct column seats[] = {{"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
				      {"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
				      {"ROLE", "role", COLUMN_TEXT, NULL, NULL},
				      {"SLOT", "slot", COLUMN_NUMBER, NULL, NULL},
				      {"PORT", "base_port", COLUMN_NUMBER, NULL, NULL},
				      {"KEY", "key_changed_at", COLUMN_AGE, NULL, NULL},
				      {"ROTATION", "rotation", COLUMN_TEXT, NULL, NULL},
				      {"CURRENT", "current", COLUMN_GOOD, "yes|no", NULL},
				      {"ERROR", "error", COLUMN_FLEX, NULL, NULL},
				      {0}};

static void make_reason(const json_t *shadow, struct buf *out)
{
	if (json_is_string(json_object_get(shadow, "device")))
		buf_printf(out, "it is connected to %s (%s)", api_text(shadow, "by"),
			   api_text(shadow, "device"));
	else
		buf_printf(out, "%s of its mesh %s comes first", api_text(shadow, "by"),
			   api_text(shadow, "mesh_name"));
}

static const struct column shadows[] = {{"NOT REACHED", "prefix", COLUMN_TEXT, NULL, NULL},
					{"IN MESH", "in_mesh", COLUMN_TEXT, NULL, NULL},
					{"FOR", NULL, COLUMN_MADE, NULL, make_reason},
					{0}};

static const struct column unwells[] = {{"NOT ANNOUNCED", "prefix", COLUMN_TEXT, NULL, NULL},
					{"IN MESH", "in_mesh", COLUMN_TEXT, NULL, NULL},
					{"ITS HEALTH CHECK SAYS", "error", COLUMN_FLEX, NULL, NULL},
					{0}};

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/machines", 0, &items);

	(void)in;
	if (code == 0)
		output_list(&c->out, columns, items,
			    "no machine yet: skein token create, then skein-agent join there");
	return code;
}

/* What all its memberships have under this name, in one table; nothing where there is nothing. */
static void show_all(struct cli *c, const json_t *memberships, const char *member,
		     const struct column *rows)
{
	json_t *all = json_array(), *m, *item;
	size_t i, n;

	json_array_foreach(memberships, i, m) {
		json_array_foreach(json_object_get(m, member), n, item) {
			json_object_set(item, "in_mesh", json_object_get(m, "mesh_name"));
			json_array_append(all, item);
		}
	}
	if (json_array_size(all) > 0) {
		output_remark(&c->out, "%s", "");
		output_list(&c->out, rows, all, "");
	}
	json_decref(all);
}

static int show(struct cli *c, const struct invocation *in)
{
	const json_t *machine, *memberships;
	int code = api_find(c, API_MACHINE, in->args[0], &machine);

	if (code != 0)
		return code;
	output_record(&c->out, details, machine);
	if (c->out.json)
		return 0;
	memberships = json_object_get(machine, "memberships");
	output_remark(&c->out, "%s", "");
	output_list(&c->out, seats, memberships,
		    json_is_true(json_object_get(machine, "revoked"))
			    ? "in no mesh, and cannot join again: only skein machine delete lets it"
			    : "in no mesh: skein membership add MACHINE MESH");
	show_all(c, memberships, "shadowed", shadows);
	show_all(c, memberships, "unwell", unwells);
	return json_array_size(memberships) > 0 ? machine_show_neighbours(c, machine) : 0;
}

static int rename_one(struct cli *c, const struct invocation *in)
{
	const char *id;
	const json_t *changed;
	int code = api_find_id(c, API_MACHINE, in->args[0], &id);

	if (code == 0)
		code = api_patch(c, api_path(c, "/machines/%s", id),
				 json_pack("{s:s}", "name", in->args[1]), &changed);
	if (code == 0)
		output_done(&c->out, changed, "machine %s is now %s", in->args[0], in->args[1]);
	return code;
}

static int revoke(struct cli *c, const struct invocation *in)
{
	const char *id;
	const json_t *revoked = NULL;
	int code = api_find_id(c, API_MACHINE, in->args[0], &id);

	if (code == 0)
		code = api_post(c, api_path(c, "/machines/%s/revoke", id), NULL, &revoked);
	if (code == 0)
		output_done(&c->out, revoked,
			    "machine %s revoked; its peers drop it when they have read it: skein "
			    "status",
			    in->args[0]);
	return code;
}

static int unfreeze(struct cli *c, const struct invocation *in)
{
	const char *id;
	const json_t *machine = NULL;
	int code = api_find_id(c, API_MACHINE, in->args[0], &id);

	if (code == 0)
		code = api_post(c, api_path(c, "/machines/%s/unfreeze", id), NULL, &machine);
	if (code == 0)
		output_done(&c->out, machine,
			    "machine %s goes on; if the copy of it does so too, it is frozen again",
			    in->args[0]);
	return code;
}

static int delete (struct cli *c, const struct invocation *in)
{
	const char *id;
	int code = api_find_id(c, API_MACHINE, in->args[0], &id);

	if (code == 0)
		code = api_delete(c, api_path(c, "/machines/%s", id));
	if (code == 0)
		output_done(&c->out, NULL, "machine %s deleted", in->args[0]);
	return code;
}

/* ---- those of the time that a restored backup does not know ---- */

static const struct column unknown_columns[] = {{"NAME", "name", COLUMN_TEXT, NULL, NULL},
						{"MESH", "mesh_name", COLUMN_TEXT, NULL, NULL},
						{"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
						{"SEEN", "seen_at", COLUMN_AGE, NULL, NULL},
						{"FROM", "seen_from", COLUMN_TEXT, NULL, NULL},
						{"ID", "id", COLUMN_TEXT, NULL, NULL},
						{0}};

static int list_unknown(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/unknown-machines", 0, &items);

	(void)in;
	if (code == 0)
		output_list(&c->out, unknown_columns, items,
			    "no machine has shown itself that the controller does not know");
	return code;
}

static int forget(struct cli *c, const struct invocation *in)
{
	const char *id;
	int code = api_check_id(c, in->args[0], &id);

	if (code == 0)
		code = api_delete(c, api_path(c, "/unknown-machines/%s", id));
	if (code == 0)
		output_done(&c->out, NULL, "forgotten; its address is free after its rest");
	return code;
}

const struct verb machine_verbs[] = {
	VERB("machine list", "", 0, 0, "list the machines", NULL, struct no_options, list),
	VERB("machine show", "MACHINE", 1, 1, "show one machine and its memberships", NULL,
	     struct no_options, show),
	VERB("machine sessions", "MACHINE", 1, 1, "list its BGP sessions, as it reported last",
	     NULL, struct no_options, machine_sessions),
	VERB("machine paths", "MACHINE", 1, 1, "list how it reaches its peers, as it reported last",
	     NULL, struct no_options, machine_paths),
	VERB("machine rename", "MACHINE NAME", 2, 2, "give it another name", NULL,
	     struct no_options, rename_one),
	VERB("machine revoke", "MACHINE", 1, 1, "shut it out of all its meshes", NULL,
	     struct no_options, revoke),
	VERB("machine unfreeze", "MACHINE", 1, 1,
	     "let one go on whose identity was used in two places", NULL, struct no_options,
	     unfreeze),
	VERB("machine drain", "MACHINE", 1, 1,
	     "take it out of service: others carry what they can, no packet is lost",
	     machine_drain_options, struct machine_drain_options, machine_drain),
	VERB("machine undrain", "MACHINE", 1, 1, "bring it back into service", NULL,
	     struct no_options, machine_undrain),
	VERB("machine rotate-key", "MACHINE", 1, 1,
	     "have it go on under another key, without losing a session", machine_key_options,
	     struct machine_key_options, machine_key_rotate),
	VERB("machine delete", "MACHINE", 1, 1, "forget it and its memberships", NULL,
	     struct no_options, delete),
	VERB("machine unknown", "", 0, 0,
	     "list the machines that joined after the backup that was restored", NULL,
	     struct no_options, list_unknown),
	VERB("machine forget", "ID", 1, 1, "give back the address of an unknown one", NULL,
	     struct no_options, forget),
	VERB_END,
};
