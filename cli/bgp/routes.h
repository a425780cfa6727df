/* Routes, as the verbs show them. */
#ifndef SKEIN_CLI_BGP_ROUTES_H
#define SKEIN_CLI_BGP_ROUTES_H

#include "cli/bgp/bgp.h"
#include "lib/net/bird_parse_routes.h"

/* New reference; `rejected`: by an import filter or limit. */
json_t *bgp_route_json(const struct bird_route *r, bool rejected);
/* Communities of all three kinds as people write them: "65001:7", "65001:1:2", "rt:1:2". */
void bgp_put_communities(const struct bird_route *r, struct buf *out);
/* "10.5.0.9 eth0", "eth0", "unreachable"; of several the first and how many more. */
void bgp_put_hop(const struct bird_route *r, struct buf *out);

/* ---- a table that is printed as it comes, so with columns of one width ---- */

struct route_rows {
	const struct output *out;
	bool rejected;
	uint64_t routes, best;
	struct buf table, net, line; /* of the row before; of this one */
};

void route_rows_init(struct route_rows *t, const struct output *o, bool rejected);
void route_rows_fini(struct route_rows *t);
void route_rows_put(struct route_rows *t, const struct bird_route *r);
/* How many there were, and what the marks mean. */
void route_rows_end(const struct route_rows *t);

/* ---- a list in JSON that is printed as it comes ---- */

/* What breaks off in the middle is not closed: half a list is no JSON. */
struct route_items {
	const struct bgp *bgp;
	bool begun, any;
};

void route_items_init(struct route_items *l, const struct bgp *b);
void route_items_put(struct route_items *l, json_t *item); /* takes it */
/* `other`: lines that belong to no route, borrowed. */
void route_items_end(struct route_items *l, const json_t *other);

int bgp_routes(struct cli *c, const struct invocation *in);
int bgp_route(struct cli *c, const struct invocation *in);
int bgp_rejected(struct cli *c, const struct invocation *in);

struct bgp_routes_options {
	struct bgp_where where;
	const char *covered, *covering, *via, *from, *community, *path, *table;
	int64_t as;
	bool best, rejected;
};

struct bgp_table_options {
	struct bgp_where where;
	const char *table;
};

extern const struct option_row bgp_routes_options[];

#endif
