/* `skein bgp rejected`: what neighbours announced and BIRD did not take, and why. BIRD keeps it for
 * looking at where `import keep filtered` is on; of other channels their counters are all there is.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/page.h"
#include "cli/bgp/rank.h"
#include "cli/bgp/routes.h"
#include "lib/base/json.h"

#define STRAYS_MAX 1000

struct listing {
	struct bgp *b;
	struct route_items items;
	struct buf line;
	uint64_t n;
	json_t *strays;
};

static const struct bird_channel *channel_of(const struct bird_protocol *p,
					     const struct bird_route *r)
{
	for (size_t i = 0; p != NULL && i < p->channels.n; i++)
		if (strcmp(p->channels.at[i].table, r->table) == 0)
			return &p->channels.at[i];
	return NULL;
}

/* A limit that is hit keeps out what came last: whether that is why cannot be seen, unless the
 * filter takes everything. */
static void put_reason(const struct bgp *b, const struct bird_route *r, struct buf *out)
{
	const struct bird_protocol *p = bird_protocols_find(&b->protocols, r->protocol);
	const struct bird_channel *c = channel_of(p, r);
	const struct bird_limit *limit = c != NULL ? &c->limits[BIRD_LIMIT_IMPORT] : NULL;
	const bool takes_all = c != NULL && strcmp(c->import_filter, "ACCEPT") == 0;
	const char *own = rank_is_known(b) ? rank_rejection(r, p) : NULL;

	if (own != NULL)
		buf_puts(out, own);
	else if (c == NULL)
		buf_puts(out, "import filter");
	else if (!takes_all)
		buf_printf(out, "import filter %s", c->import_filter);
	if (limit != NULL && limit->hit)
		buf_printf(out, "%simport limit of %" PRIu64 ", which is hit (%s)",
			   out->len > 0 ? ", or " : "", limit->routes, limit->action);
	else if (takes_all && own == NULL)
		buf_puts(out, "the filter takes everything now: reload the session");
}

static void print_route(struct listing *l, const struct bird_route *r, const char *reason)
{
	const struct output *o = &l->b->cli->out;
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *next_hop = bird_route_attribute(r, "BGP.next_hop");

	page_line(o, PAGE_BOLD, "%s from %s", r->net, r->protocol);
	page_field(o, 2, "because", "%s", reason);
	page_field(o, 2, "heard", "%s in %s, next hop %s, AS path %s", r->since, r->table,
		   next_hop != NULL ? next_hop : "none",
		   path != NULL && path[0] != '\0' ? path : "empty");
	buf_clear(&l->line);
	bgp_put_communities(r, &l->line);
	if (l->line.len > 0)
		page_field(o, 2, "communities", "%s", buf_text(&l->line));
	for (size_t i = 0; i < r->other.n; i++)
		page_field(o, 2, i == 0 ? "also" : "", "%s", r->other.at[i]);
}

static int on_route(void *context, const struct bird_route *r)
{
	struct listing *l = context;
	const struct bgp *b = l->b;
	struct buf reason;
	json_t *item;

	buf_init(&reason);
	put_reason(b, r, &reason);
	if (b->cli->out.json) {
		item = bgp_route_json(r, true);
		json_object_set_new(item, "reason", json_text(buf_text(&reason)));
		route_items_put(&l->items, item);
	} else {
		print_route(l, r, buf_text(&reason));
	}
	l->n++;
	buf_fini(&reason);
	return ferror(b->cli->out.to) != 0 ? ERR_IO : 0;
}

static int on_stray(void *context, const char *text)
{
	struct listing *l = context;

	if (json_array_size(l->strays) >= STRAYS_MAX)
		return ERR_TOO_LARGE;
	json_array_append_new(l->strays, json_text(text));
	if (!l->b->cli->out.json)
		page_line(&l->b->cli->out, PAGE_PLAIN, "%s", text);
	return 0;
}

/* Channels that do not keep what they reject, with how often they did. */
static void print_unkept(const struct bgp *b)
{
	const struct output *o = &b->cli->out;

	for (size_t i = 0; i < b->protocols.list.n; i++) {
		const struct bird_protocol *p = &b->protocols.list.at[i];

		for (size_t k = 0; bgp_is_session(p) && k < p->channels.n; k++) {
			const struct bird_channel *c = &p->channels.at[k];
			const struct bird_counters *n = &c->changes[BIRD_IMPORT_UPDATES];

			if (c->has_counters && !c->keeps_filtered && n->filtered > 0 &&
			    n->filtered != UINT64_MAX)
				page_line(o, PAGE_PLAIN,
					  "%s, %s: %" PRIu64 " updates were rejected, and are not "
					  "kept; `import keep filtered` keeps them",
					  p->name, c->name, n->filtered);
		}
	}
}

int bgp_rejected(struct cli *c, const struct invocation *in)
{
	struct bird_routes routes;
	struct bgp b;
	struct listing l = {.b = &b, .strays = json_array()};
	int code = bgp_open_one(&b, c, in->options);

	buf_init(&l.line);
	bird_routes_init(&routes, on_route, &l);
	routes.stray = on_stray;
	if (code == 0)
		code = bgp_read_protocols(&b);
	route_items_init(&l.items, &b);
	if (code == 0)
		code = bgp_ask(&b, "show route filtered all table all", bird_routes_line, &routes);
	if (code == 0 && c->out.json) {
		route_items_end(&l.items, l.strays);
	} else if (code == 0) {
		if (l.n == 0)
			page_line(&c->out, PAGE_PLAIN, "no rejected route is kept");
		print_unkept(&b);
	}
	bird_routes_fini(&routes);
	buf_fini(&l.line);
	json_decref(l.strays);
	bgp_close(&b);
	return code;
}
