/* The ways that BIRD has to one prefix: read and explained by route.c, shown by ways_print.c. */
#ifndef SKEIN_CLI_BGP_WAYS_H
#define SKEIN_CLI_BGP_WAYS_H

#include "cli/bgp/bgp.h"
#include "cli/bgp/decide.h"

struct way {
	json_t *route; /* as bgp_route_json() has it, and what was added: "loses" */
	struct contender contender;
	const char *table;
	bool rejected;
};

struct ways {
	struct bgp *b;
	bool rejected;	 /* those that come now */
	uint8_t longest; /* of the match */
	VEC(struct way) list;
	json_t *strays; /* lines that belong to none */
};

/* The one of this table that BIRD uses; NULL: none. */
const struct way *ways_best(const struct ways *x, const char *table);
/* A member of its route; "" where that is no text. */
const char *way_text(const struct way *w, const char *member);
/* For people; `query`: what was asked for. */
void ways_print(const struct ways *x, const char *query);

#endif
