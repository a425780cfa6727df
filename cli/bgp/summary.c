/* `skein bgp summary`: every BGP session of this machine, a line each. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/bgp.h"
#include "cli/bgp/page.h"

/* What is wrong, then whose it is. */
static void put_note(const json_t *item, struct buf *out)
{
	const char *state = json_string_value(json_object_get(item, "state"));
	const char *note = json_string_value(json_object_get(item, "note"));
	const char *description = json_string_value(json_object_get(item, "description"));

	if (!json_is_true(json_object_get(item, "up")) && state != NULL)
		buf_printf(out, "%s%s", state, note != NULL ? ", " : "");
	buf_puts(out, note != NULL ? note : "");
	if (description != NULL)
		buf_printf(out, "%s%s", out->len > 0 ? "; " : "", description);
}

static const struct column columns[] = {{"NEIGHBOR", "name", COLUMN_TEXT, NULL, NULL},
					{"ADDRESS", "address", COLUMN_FLEX, NULL, NULL},
					{"AS", "as", COLUMN_NUMBER, NULL, NULL},
					{"STATE", "up", COLUMN_GOOD, "Established|down", NULL},
					{"FOR", NULL, COLUMN_MADE, NULL, bgp_put_age},
					{"IN", "imported", COLUMN_NUMBER, NULL, NULL},
					{"REJ", "rejected", COLUMN_NUMBER, NULL, NULL},
					{"OUT", "exported", COLUMN_NUMBER, NULL, NULL},
					{"BEST", "best", COLUMN_NUMBER, NULL, NULL},
					{"NOTE", NULL, COLUMN_MADE, NULL, put_note},
					{0}};

struct sum {
	size_t sessions, down;
	struct buf names; /* of those that are down */
};

static void count_session(struct sum *s, const struct bird_protocol *p)
{
	s->sessions++;
	if (bird_protocol_is_up(p))
		return;
	buf_printf(&s->names, "%s%s", s->down > 0 ? ", " : "", p->name);
	s->down++;
}

static void print_instance(struct cli *c, const struct bgp *b, const json_t *neighbors)
{
	const struct bird_status *s = &b->status;

	page_line(&c->out, PAGE_BOLD, "%s%sBIRD %s, router id %s, at %s",
		  b->at.mesh != NULL ? b->at.mesh : "", b->at.mesh != NULL ? ": " : "", s->version,
		  s->router_id, b->at.socket);
	if (strcmp(s->state, "Daemon is up and running") != 0)
		page_line(&c->out, PAGE_BAD, "%s", s->state);
	output_list(&c->out, columns, neighbors, "no BGP session is configured");
	for (size_t i = 0; i < s->other.n; i++)
		page_line(&c->out, PAGE_PLAIN, "%s", s->other.at[i]);
}

/* Appends it to `instances`, for JSON; or prints it. */
static int show_instance(struct cli *c, const struct instance *at, json_t *instances, struct sum *s)
{
	json_t *neighbors = json_array(), *object;
	struct bgp b;
	int code = bgp_open(&b, c, at);

	if (code == 0)
		code = bgp_read_protocols(&b);
	for (size_t i = 0; code == 0 && i < b.protocols.list.n; i++) {
		const struct bird_protocol *p = &b.protocols.list.at[i];

		if (!bgp_is_session(p))
			continue;
		json_array_append_new(neighbors, bgp_summary_json(&b, p));
		count_session(s, p);
	}
	if (code == 0 && c->out.json) {
		object = bgp_instance_json(&b);
		json_object_set(object, "neighbors", neighbors);
		json_array_append_new(instances, object);
	} else if (code == 0) {
		print_instance(c, &b, neighbors);
	}
	bgp_close(&b);
	json_decref(neighbors);
	return code;
}

int bgp_summary(struct cli *c, const struct invocation *in)
{
	const struct bgp_check_options *o = in->options;
	json_t *instances = json_array(), *all;
	instance_vec found = {0};
	struct sum sum = {0};
	int code = instance_find(o->where.socket, o->where.mesh, &c->arena, &found, &c->fault);

	buf_init(&sum.names);
	for (size_t i = 0; code == 0 && i < found.n; i++) {
		if (i > 0)
			output_remark(&c->out, "%s", "");
		code = show_instance(c, &found.at[i], instances, &sum);
	}
	if (code == 0 && c->out.json) {
		all = json_pack("{s:s, s:O}", "schema", BGP_SCHEMA, "instances", instances);
		output_json(&c->out, all);
		json_decref(all);
	}
	if (code == 0 && o->check && sum.down > 0)
		code = fault_set(&c->fault, ERR_CHECK, "%zu of %zu sessions are not up: %s",
				 sum.down, sum.sessions, buf_text(&sum.names));
	buf_fini(&sum.names);
	vec_free(&found);
	json_decref(instances);
	return code;
}
