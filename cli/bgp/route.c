/* `skein bgp route PREFIX|ADDRESS`: the longest match, every way to it, and why one of them is
 * used. */
#include <string.h>

#include "cli/bgp/community.h"
#include "cli/bgp/decide.h"
#include "cli/bgp/page.h"
#include "cli/bgp/rank.h"
#include "cli/bgp/routes.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#define WAYS_MAX 4096 /* to one prefix */

struct way {
	json_t *route; /* as bgp_route_json() has it, and what was added */
	struct contender contender;
	const char *table;
	bool rejected;
};

struct found {
	struct bgp *b;
	bool rejected;	 /* those that come now */
	uint8_t longest; /* of the match */
	VEC(struct way) ways;
	json_t *strays;
};

static int on_route(void *context, const struct bird_route *r)
{
	struct found *x = context;
	struct arena *a = &x->b->cli->arena;
	struct way w = {.rejected = x->rejected};

	if (x->ways.n >= WAYS_MAX)
		return ERR_TOO_LARGE;
	if (x->rejected && r->prefix.length < x->longest)
		return 0;
	if (r->prefix.length > x->longest)
		x->longest = r->prefix.length;
	contender_read(r, bird_protocols_find(&x->b->protocols, r->protocol), &w.contender);
	w.contender.best &= !x->rejected; /* BIRD marks the first of all */
	w.contender.protocol = arena_strdup(a, r->protocol);
	w.table = arena_strdup(a, r->table);
	w.route = bgp_route_json(r, x->rejected);
	vec_push(&x->ways, w);
	return 0;
}

static int on_stray(void *context, const char *text)
{
	struct found *x = context;

	if (json_array_size(x->strays) >= WAYS_MAX)
		return ERR_TOO_LARGE;
	json_array_append_new(x->strays, json_text(text));
	return 0;
}

static int ask_routes(struct found *x, const char *command)
{
	struct bird_routes routes;
	int code;

	bird_routes_init(&routes, on_route, x);
	routes.stray = on_stray;
	code = bgp_ask(x->b, command, bird_routes_line, &routes);
	bird_routes_fini(&routes);
	return code;
}

static const char *text_of(const struct way *w, const char *member)
{
	const char *text = json_string_value(json_object_get(w->route, member));

	return text != NULL ? text : "";
}

/* ---- why ---- */

static const struct way *best_of(const struct found *x, const char *table)
{
	for (size_t i = 0; i < x->ways.n; i++)
		if (x->ways.at[i].contender.best && strcmp(x->ways.at[i].table, table) == 0)
			return &x->ways.at[i];
	return NULL;
}

static void put_reason(const struct way *best, const struct way *w, json_t *out)
{
	const struct contender *a = &best->contender, *b = &w->contender;
	struct buf text;
	int better = 0;
	enum decision d = contender_decide(a, b, &better);

	buf_init(&text);
	if (better <= 0) {
		decision_put(d, a, b, &text);
	} else {
		buf_puts(&text, "by what can be seen it would be the better one (");
		decision_put(d, b, a, &text);
		buf_puts(&text, "); BIRD has decided otherwise, by an option of the session such "
				"as `prefer older` or `med metric`, or by order of arrival");
	}
	json_object_set_new(out, "than", json_text(a->protocol));
	json_object_set_new(out, "step", json_string(decision_name(d)));
	json_object_set_new(out, "rule", json_string(decision_rule(d)));
	json_object_set_new(out, "text", json_text(buf_text(&text)));
	json_object_set_new(out, "agrees", json_boolean(better <= 0));
	json_object_set_new(out, "equal_cost",
			    json_boolean(a->bgp && b->bgp && decision_is_equal_cost(d)));
	buf_fini(&text);
}

/* Gives each way its "loses": null for the best, and for what takes no part. */
static void explain(struct found *x)
{
	for (size_t i = 0; i < x->ways.n; i++) {
		struct way *w = &x->ways.at[i];
		const struct way *best = best_of(x, w->table);
		json_t *loses = json_null();

		if (!w->rejected && best != NULL && best != w) {
			loses = json_object();
			put_reason(best, w, loses);
		}
		json_object_set_new(w->route, "loses", loses);
	}
}

/* ---- for people ---- */

static void print_attributes(const struct output *o, const struct way *w)
{
	static const char *const shown[] = {
		"BGP.as_path",	 "BGP.origin",	      "BGP.local_pref",	     "BGP.med",
		"BGP.community", "BGP.ext_community", "BGP.large_community", "BGP.next_hop",
		"Type"};
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(w->route, "attributes"), i, a) {
		const char *name = json_string_value(json_object_get(a, "name"));
		bool known = false;

		for (size_t k = 0; k < sizeof(shown) / sizeof(shown[0]); k++)
			known |= strcmp(name, shown[k]) == 0;
		if (!known)
			page_field(o, 4, "", "%s: %s", name,
				   json_string_value(json_object_get(a, "value")));
	}
	json_array_foreach(json_object_get(w->route, "other"), i, a)
		page_field(o, 4, i == 0 ? "also" : "", "%s", json_string_value(a));
}

static void print_communities(const struct output *o, const struct way *w)
{
	const json_t *c;
	struct buf list;
	size_t i;

	buf_init(&list);
	json_array_foreach(json_object_get(w->route, "communities"), i, c) {
		const char *name = community_name(json_string_value(c));

		buf_printf(&list, "%s%s", i > 0 ? " " : "", json_string_value(c));
		if (name != NULL)
			buf_printf(&list, " (%s)", name);
	}
	if (list.len > 0)
		page_field(o, 4, "communities", "%s", buf_text(&list));
	buf_fini(&list);
}

static void print_number(const struct output *o, const struct way *w, const char *label,
			 const char *member)
{
	const json_t *n = json_object_get(w->route, member);

	if (json_is_integer(n))
		page_field(o, 4, label, "%" JSON_INTEGER_FORMAT, json_integer_value(n));
}

static void print_hops(const struct output *o, const struct way *w)
{
	const json_t *hops = json_object_get(w->route, "hops"), *h;
	size_t i;

	if (json_array_size(hops) == 0)
		page_field(o, 4, "leads", "nowhere: %s", text_of(w, "type"));
	json_array_foreach(hops, i, h) {
		const char *gateway = json_string_value(json_object_get(h, "gateway"));
		const char *device = json_string_value(json_object_get(h, "device"));
		const char *more = json_string_value(json_object_get(h, "more"));

		page_field(o, 4, i == 0 ? "via" : "", "%s%s%s%s%s", gateway != NULL ? gateway : "",
			   gateway != NULL && device != NULL ? " on " : "",
			   device != NULL ? device : "", more != NULL ? " " : "",
			   more != NULL ? more : "");
	}
}

static void print_bgp(const struct found *x, const struct way *w)
{
	const struct output *o = &x->b->cli->out;
	const json_t *local = json_object_get(w->route, "local_pref");
	struct buf rank;
	char digits[32];

	page_field(o, 4, "AS path", "%s, origin %s",
		   text_of(w, "as_path")[0] != '\0' ? text_of(w, "as_path") : "empty",
		   text_of(w, "origin"));
	buf_init(&rank);
	if (json_is_integer(local)) {
		snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(local));
		if (!rank_is_known(x->b) || !rank_put(digits, &rank))
			buf_clear(&rank);
		page_field(o, 4, "local pref", "%s%s%s", digits, rank.len > 0 ? ": " : "",
			   buf_text(&rank));
	}
	buf_fini(&rank);
	print_number(o, w, "MED", "med");
	print_communities(o, w);
}

static void print_way(const struct found *x, const struct way *w)
{
	const struct output *o = &x->b->cli->out;
	const struct bird_protocol *p =
		bird_protocols_find(&x->b->protocols, w->contender.protocol);
	const json_t *loses = json_object_get(w->route, "loses");
	const char *mark = w->rejected ? "r" : w->contender.best ? "*" : " ";
	const bool unsynced = json_is_true(json_object_get(w->route, "not_in_kernel"));

	page_line(o, w->contender.best ? PAGE_GOOD : PAGE_PLAIN, "%s %s%s%s%s%s", mark,
		  w->contender.protocol, p != NULL && p->neighbour_text[0] != '\0' ? ", " : "",
		  p != NULL ? p->neighbour_text : "",
		  p != NULL && p->description[0] != '\0' ? ", " : "",
		  p != NULL ? p->description : "");
	if (w->contender.best)
		page_field(o, 4, "best", "%s",
			   unsynced ? "but not in the kernel" : "by BIRD's mark");
	else if (w->rejected)
		page_field(o, 4, "rejected", "by the import filter, or a limit");
	else if (json_is_object(loses))
		page_field(o, 4, "loses to", "%s: %s (%s)%s",
			   json_string_value(json_object_get(loses, "than")),
			   json_string_value(json_object_get(loses, "text")),
			   json_string_value(json_object_get(loses, "rule")),
			   json_is_true(json_object_get(loses, "equal_cost"))
				   ? "; as near as the best: a kernel protocol that merges paths "
				     "uses both"
				   : "");
	print_hops(o, w);
	if (w->contender.bgp)
		print_bgp(x, w);
	page_field(o, 4, "since", "%s, preference %" JSON_INTEGER_FORMAT, text_of(w, "since"),
		   json_integer_value(json_object_get(w->route, "preference")));
	print_attributes(o, w);
}

static void print(const struct found *x, const char *query)
{
	const struct output *o = &x->b->cli->out;
	const char *table = "", *net = "";
	const json_t *stray;
	size_t i;

	for (i = 0; i < x->ways.n; i++) {
		const struct way *w = &x->ways.at[i];

		if (strcmp(table, w->table) != 0 || strcmp(net, text_of(w, "prefix")) != 0) {
			const struct way *best = best_of(x, w->table);

			if (i > 0)
				page_line(o, PAGE_PLAIN, "%s", "");
			page_line(o, PAGE_BOLD, "%s in %s%s%s%s", text_of(w, "prefix"), w->table,
				  strcmp(text_of(w, "prefix"), query) != 0
					  ? ", the longest match for "
					  : "",
				  strcmp(text_of(w, "prefix"), query) != 0 ? query : "",
				  w->rejected || best == NULL ? "; no way is usable" : "");
			table = w->table;
			net = text_of(w, "prefix");
		}
		print_way(x, w);
	}
	json_array_foreach(x->strays, i, stray)
		page_line(o, PAGE_PLAIN, "%s", json_string_value(stray));
}

/* ---- asking ---- */

/* What was rejected stands beside the others: of the same prefix, and of longer ones that would
 * have been the match. */
static int ask_rejected(struct found *x, const struct prefix *query, const char *table)
{
	char text[PREFIX_TEXT_MAX];

	x->rejected = true;
	return ask_routes(x, arena_printf(&x->b->cli->arena,
					  "show route filtered all%s where net ~ [ %s- ]", table,
					  prefix_format(query, text)));
}

static int ask(struct found *x, const struct prefix *query, const char *given,
	       const char *table_name)
{
	char text[PREFIX_TEXT_MAX];
	struct cli *c = x->b->cli;
	const char *table = "", *quoted;
	int code = 0;

	if (table_name != NULL && strcmp(table_name, "all") == 0) {
		table = " table all";
	} else if (table_name != NULL) {
		code = bgp_quote_symbol(c, table_name, &quoted);
		if (code == 0)
			table = arena_printf(&c->arena, " table %s", quoted);
	}
	if (code == 0)
		code = bgp_read_protocols(x->b);
	if (code == 0)
		code = ask_routes(x, arena_printf(&c->arena, "show route for %s all%s",
						  prefix_format(query, text), table));
	if (code == ERR_NOT_FOUND) {
		c->fault = (struct fault){0};
		code = 0;
	}
	if (code == 0)
		code = ask_rejected(x, query, table);
	if (code == 0 && x->ways.n == 0)
		code = fault_set(&c->fault, ERR_NOT_FOUND, "BIRD at %s has no route to %s",
				 x->b->at.socket, given);
	return code;
}

int bgp_route(struct cli *c, const struct invocation *in)
{
	const struct bgp_table_options *o = in->options;
	struct prefix query;
	struct bgp b;
	struct found x = {.b = &b, .strays = json_array()};
	struct route_items items;
	int code = bgp_open_one(&b, c, &o->where);

	if (code == 0)
		code = prefix_parse(in->args[0], &query, &c->fault);
	if (code == 0)
		code = ask(&x, &query, in->args[0], o->table);
	explain(&x);
	if (code == 0 && c->out.json) {
		route_items_init(&items, &b);
		for (size_t i = 0; i < x.ways.n; i++)
			route_items_put(&items, json_incref(x.ways.at[i].route));
		route_items_end(&items, x.strays);
	} else if (code == 0) {
		print(&x, in->args[0]);
	}
	for (size_t i = 0; i < x.ways.n; i++)
		json_decref(x.ways.at[i].route);
	vec_free(&x.ways);
	json_decref(x.strays);
	bgp_close(&b);
	return code;
}
