/* What a BIRD knows at one moment, as things with a state each, and what is different in another
 * one. Sessions, BFD sessions and routes are things alike; a thing is what has the same name, its
 * state is text. */
#ifndef SKEIN_CLI_BGP_SNAPSHOT_H
#define SKEIN_CLI_BGP_SNAPSHOT_H

#include "cli/bgp/bgp.h"

#define SNAPSHOT_ROUTES_MAX 200000

enum thing_kind { THING_SESSION, THING_BFD, THING_ROUTE };

struct thing {
	enum thing_kind kind;
	const char *name;     /* session, address, prefix */
	const char *table;    /* of a route; "" else */
	const char *protocol; /* that it is of */
	const char *state;    /* "Established"; "best, via 10.5.0.9 eth0, AS path 65001 i" */
	bool good;	      /* up; a best route */
};

struct snapshot {
	struct arena arena;
	VEC(struct thing) things;
};

void snapshot_init(struct snapshot *s);
void snapshot_fini(struct snapshot *s);
void snapshot_add(struct snapshot *s, const struct thing *t); /* copies its texts */
/* Asks for all sessions, and for the routes within `within` (family 0: all). ERR_TOO_LARGE: more
 * than SNAPSHOT_ROUTES_MAX of them. Sorted. */
int snapshot_take(struct snapshot *s, struct bgp *b, const struct prefix *within);
void snapshot_sort(struct snapshot *s);

enum change { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };

/* `t`: as it is, or was if it is gone. `before`: its state before; "" for a new one. */
typedef void snapshot_change_fn(void *context, enum change change, const struct thing *t,
				const char *before);

/* Of two that are sorted: each thing that is not in both with the same state. */
void snapshot_compare(const struct snapshot *was, const struct snapshot *is,
		      snapshot_change_fn *each, void *context);

#endif
