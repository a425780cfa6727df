/* `skein bgp route PREFIX|ADDRESS`: the longest match, every way to it, and why one of them is
 * used. */
#include <string.h>

#include "cli/bgp/routes.h"
#include "cli/bgp/ways.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

#define WAYS_MAX 4096 /* to one prefix */

static int on_route(void *context, const struct bird_route *r)
{
	struct ways *x = context;
	struct arena *a = &x->b->cli->arena;
	struct way w = {.rejected = x->rejected};

	if (x->list.n >= WAYS_MAX)
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
	vec_push(&x->list, w);
	return 0;
}

static int on_stray(void *context, const char *text)
{
	struct ways *x = context;

	if (json_array_size(x->strays) >= WAYS_MAX)
		return ERR_TOO_LARGE;
	json_array_append_new(x->strays, json_text(text));
	return 0;
}

static int ask_routes(struct ways *x, const char *command)
{
	struct bird_routes routes;
	int code;

	bird_routes_init(&routes, on_route, x);
	routes.stray = on_stray;
	code = bgp_ask(x->b, command, bird_routes_line, &routes);
	bird_routes_fini(&routes);
	return code;
}

const char *way_text(const struct way *w, const char *member)
{
	const char *text = json_string_value(json_object_get(w->route, member));

	return text != NULL ? text : "";
}

/* ---- why ---- */

const struct way *ways_best(const struct ways *x, const char *table)
{
	for (size_t i = 0; i < x->list.n; i++)
		if (x->list.at[i].contender.best && strcmp(x->list.at[i].table, table) == 0)
			return &x->list.at[i];
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
static void explain(struct ways *x)
{
	for (size_t i = 0; i < x->list.n; i++) {
		struct way *w = &x->list.at[i];
		const struct way *best = ways_best(x, w->table);
		json_t *loses = json_null();

		if (!w->rejected && best != NULL && best != w) {
			loses = json_object();
			put_reason(best, w, loses);
		}
		json_object_set_new(w->route, "loses", loses);
	}
}

/* ---- asking ---- */

/* What was rejected stands beside the others: of the same prefix, and of longer ones that would
 * have been the match. */
static int ask_rejected(struct ways *x, const struct prefix *query, const char *table)
{
	char text[PREFIX_TEXT_MAX];

	x->rejected = true;
	return ask_routes(x, arena_printf(&x->b->cli->arena,
					  "show route filtered all%s where net ~ [ %s- ]", table,
					  prefix_format(query, text)));
}

static int ask(struct ways *x, const struct prefix *query, const char *given,
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
	if (code == 0 && x->list.n == 0)
		code = fault_set(&c->fault, ERR_NOT_FOUND, "BIRD at %s has no route to %s",
				 x->b->at.socket, given);
	return code;
}

int bgp_route(struct cli *c, const struct invocation *in)
{
	const struct bgp_table_options *o = in->options;
	struct prefix query;
	struct bgp b;
	struct ways x = {.b = &b, .strays = json_array()};
	struct route_items items;
	int code = bgp_open_one(&b, c, &o->where);

	if (code == 0)
		code = prefix_parse(in->args[0], &query, &c->fault);
	if (code == 0)
		code = ask(&x, &query, in->args[0], o->table);
	explain(&x);
	if (code == 0 && c->out.json) {
		route_items_init(&items, &b);
		for (size_t i = 0; i < x.list.n; i++)
			route_items_put(&items, json_incref(x.list.at[i].route));
		route_items_end(&items, x.strays);
	} else if (code == 0) {
		ways_print(&x, in->args[0]);
	}
	for (size_t i = 0; i < x.list.n; i++)
		json_decref(x.list.at[i].route);
	vec_free(&x.list);
	json_decref(x.strays);
	bgp_close(&b);
	return code;
}
