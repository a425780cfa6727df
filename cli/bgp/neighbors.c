/* `skein bgp neighbors [NAME]`: all that BIRD says of a session, a page each. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/age.h"
#include "cli/bgp/bgp.h"
#include "cli/bgp/page.h"

static void put_list(struct buf *out, const char *text)
{
	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", text);
}

static bool has_capability(const bird_capability_vec *v, const struct bird_capability *c)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->at[i].name, c->name) == 0 && strcmp(v->at[i].detail, c->detail) == 0)
			return true;
	return false;
}

/* Those of `v` that are also, or are not, in `other`. */
static void print_capabilities(const struct output *o, const char *label,
			       const bird_capability_vec *v, const bird_capability_vec *other,
			       bool both)
{
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < v->n; i++) {
		if (has_capability(other, &v->at[i]) != both)
			continue;
		put_list(&list, v->at[i].name);
		if (v->at[i].detail[0] != '\0')
			buf_printf(&list, " (%s)", v->at[i].detail);
	}
	if (list.len > 0)
		page_field(o, 2, label, "%s", buf_text(&list));
	buf_fini(&list);
}

static void print_timers(const struct output *o, const struct bird_protocol *p)
{
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < p->timers.n; i++) {
		const struct bird_timer *t = &p->timers.at[i];

		buf_printf(&list, "%s%s %s", i > 0 ? ", " : "", t->name, t->left);
		if (t->of[0] != '\0' && strcmp(t->of, "-") != 0)
			buf_printf(&list, " of %s", t->of);
		buf_puts(&list, " s");
	}
	if (list.len > 0)
		page_field(o, 2, "timers", "%s", buf_text(&list));
	buf_fini(&list);
}

static void print_limits(const struct output *o, const struct bird_channel *c)
{
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < BIRD_LIMITS; i++) {
		const struct bird_limit *l = &c->limits[i];

		if (l->action[0] == '\0')
			continue;
		buf_printf(&list, "%s%s %" PRIu64 ", then %s%s", list.len > 0 ? "; " : "",
			   bird_limit_name((enum bird_limit_kind)i), l->routes, l->action,
			   l->hit ? ": it is hit now" : "");
	}
	if (list.len > 0)
		page_field(o, 4, "limits", "%s", buf_text(&list));
	buf_fini(&list);
}

static void print_changes(const struct output *o, const struct bird_channel *c)
{
	static const struct {
		const char *label;
		enum bird_counter_row row;
	} rows[] = {{"updates in", BIRD_IMPORT_UPDATES},
		    {"withdraws in", BIRD_IMPORT_WITHDRAWS},
		    {"updates out", BIRD_EXPORT_UPDATES},
		    {"withdraws out", BIRD_EXPORT_WITHDRAWS}};

	for (size_t i = 0; c->has_counters && i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bird_counters *n = &c->changes[rows[i].row];
		const struct {
			const char *name;
			uint64_t value;
		} columns[] = {{"received", n->received},
			       {"rejected", n->rejected},
			       {"filtered", n->filtered},
			       {"ignored", n->ignored},
			       {"over the receive limit", n->receive_limit},
			       {"over the limit", n->limit},
			       {"accepted", n->accepted}};
		struct buf list;

		buf_init(&list);
		for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++)
			if (columns[k].value != UINT64_MAX)
				buf_printf(&list, "%s%" PRIu64 " %s", list.len > 0 ? ", " : "",
					   columns[k].value, columns[k].name);
		page_field(o, 4, rows[i].label, "%s", buf_text(&list));
		buf_fini(&list);
	}
}

static void print_channel(const struct output *o, const struct bird_channel *c)
{
	page_line(o, PAGE_BOLD, "  %s", c->name);
	page_field(o, 4, "state", "%s%s%s", c->state, c->table[0] != '\0' ? ", table " : "",
		   c->table);
	if (c->has_counters && c->keeps_filtered)
		page_field(o, 4, "routes",
			   "%" PRIu64 " imported, %" PRIu64 " rejected, %" PRIu64
			   " exported, %" PRIu64 " best",
			   c->imported, c->filtered, c->exported, c->preferred);
	else if (c->has_counters)
		page_field(o, 4, "routes",
			   "%" PRIu64 " imported, %" PRIu64 " exported, %" PRIu64
			   " best; what is rejected is not kept",
			   c->imported, c->exported, c->preferred);
	page_field(o, 4, "filters", "import %s, export %s", c->import_filter, c->export_filter);
	print_limits(o, c);
	print_changes(o, c);
	if (c->next_hop[0] != '\0')
		page_field(o, 4, "next hop", "%s", c->next_hop);
	for (size_t i = 0; i < c->other.n; i++)
		page_field(o, 4, i == 0 ? "also" : "", "%s", c->other.at[i]);
}

static void print_neighbor(const struct output *o, const struct bgp *b,
			   const struct bird_protocol *p)
{
	const bool up = bird_protocol_is_up(p);
	char age[AGE_TEXT_MAX];

	page_line(o, up ? PAGE_GOOD : PAGE_BAD, "%s: %s for %s", p->name,
		  p->bgp_state[0] != '\0' ? p->bgp_state : p->state,
		  age_format(age_seconds(b->status.now, p->since), p->since, age));
	if (p->description[0] != '\0')
		page_field(o, 2, "description", "%s", p->description);
	page_field(o, 2, "neighbor", "%s, AS %" PRIu32 "%s%s", p->neighbour_text, p->neighbour_as,
		   p->neighbour_id[0] != '\0' ? ", router id " : "", p->neighbour_id);
	page_field(o, 2, "local", "AS %" PRIu32 "%s%s", p->local_as,
		   p->source[0] != '\0' ? ", from " : "", p->source);
	page_field(o, 2, "since", "%s", p->since);
	if (p->session[0] != '\0')
		page_field(o, 2, "session", "%s", p->session);
	print_timers(o, p);
	if (p->last_error[0] != '\0')
		page_field(o, 2, "last error", "%s", p->last_error);
	if (p->message[0] != '\0')
		page_field(o, 2, "message", "%s", p->message);
	print_capabilities(o, "both can", &p->local_capabilities, &p->neighbour_capabilities, true);
	print_capabilities(o, "only we can", &p->local_capabilities, &p->neighbour_capabilities,
			   false);
	print_capabilities(o, "only it can", &p->neighbour_capabilities, &p->local_capabilities,
			   false);
	for (size_t i = 0; i < p->other.n; i++)
		page_field(o, 2, i == 0 ? "also" : "", "%s", p->other.at[i]);
	for (size_t i = 0; i < p->channels.n; i++)
		print_channel(o, &p->channels.at[i]);
}

static void show(struct cli *c, const struct bgp *b, const struct bird_protocol *only)
{
	json_t *items = json_array(), *all;
	size_t n = 0;

	for (size_t i = 0; i < b->protocols.list.n; i++) {
		const struct bird_protocol *p = &b->protocols.list.at[i];

		if (!bgp_is_session(p) || (only != NULL && p != only))
			continue;
		if (c->out.json)
			json_array_append_new(items, bgp_neighbor_json(b, p));
		else if (n > 0)
			output_remark(&c->out, "%s", "");
		if (!c->out.json)
			print_neighbor(&c->out, b, p);
		n++;
	}
	if (c->out.json) {
		all = json_pack("{s:s, s:o, s:O}", "schema", BGP_SCHEMA, "instance",
				bgp_instance_json(b), "items", items);
		output_json(&c->out, all);
		json_decref(all);
	} else if (n == 0) {
		output_remark(&c->out, "no BGP session is configured");
	}
	json_decref(items);
}

int bgp_neighbors(struct cli *c, const struct invocation *in)
{
	const struct bird_protocol *only = NULL;
	struct bgp b;
	int code = bgp_open_one(&b, c, in->options);

	if (code == 0)
		code = bgp_read_protocols(&b);
	if (code == 0 && in->nargs > 0)
		code = bgp_find_neighbor(&b, in->args[0], &only);
	if (code == 0)
		show(c, &b, only);
	bgp_close(&b);
	return code;
}
