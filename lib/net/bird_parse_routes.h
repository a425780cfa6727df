/* Reads the reply to `show route`, with or without `all`, of BIRD 2.0 to 3, route by route: a table
 * may be large, so only the one that is being read is in memory. */
#ifndef SKEIN_NET_BIRD_PARSE_ROUTES_H
#define SKEIN_NET_BIRD_PARSE_ROUTES_H

#include "lib/base/arena.h"
#include "lib/net/bird.h"
#include "lib/net/prefix.h"

struct bird_next_hop {
	struct address gateway; /* family 0: on the link */
	const char *device;	/* "" if not said */
	bool onlink;
	unsigned weight;  /* 1.. */
	const char *more; /* further words: "mpls 100", "table master4"; "" if none */
};

struct bird_attribute {
	const char *name;  /* "BGP.as_path", "Kernel.metric", "Type": as BIRD 2 has them */
	const char *value; /* as BIRD writes it; long ones of several lines joined by a space */
};

struct bird_route {
	const char *table;
	struct prefix prefix; /* family 0 where it is no IP prefix */
	const char *net;      /* as written */
	const char *type;     /* "unicast", "unreachable", "blackhole", "prohibit" */
	const char *protocol; /* the instance's name */
	const char *since;
	struct address from; /* the neighbour it was heard from; family 0: the same or none */
	bool primary;	     /* the best: '*' */
	bool unsynced;	 /* the best, but its table's kernel protocol could not install it: '!' */
	bool stale;	 /* kept over a graceful restart */
	bool suppressed; /* loses by MED to one of the same neighbour AS */
	int preference;
	const char *metric; /* "20", "?", "-" for a next hop that cannot be reached, "" if none */
	const char *origin; /* "AS4200000002i", "i", "" */
	VEC(struct bird_next_hop) hops;
	VEC(struct bird_attribute) attributes;
	VEC(const char *) other; /* lines that are not understood */
};

/* The route and all in it are borrowed until it returns; not 0 ends the reading. */
typedef int bird_route_fn(void *context, const struct bird_route *route);
/* A line of the reply that belongs to no route. */
typedef int bird_stray_fn(void *context, const char *text);

struct bird_routes {
	bird_route_fn *each;
	void *context;
	bird_stray_fn *stray; /* set after init; NULL: they are skipped */
	/* the parser's own */
	struct arena arena, names; /* of this route; of table and net, which last longer */
	struct bird_route route;
	bool open;
};

void bird_routes_init(struct bird_routes *p, bird_route_fn *each, void *context);
bird_line_fn bird_routes_line; /* context: struct bird_routes * */
void bird_routes_fini(struct bird_routes *p);
/* The value, or NULL. */
const char *bird_route_attribute(const struct bird_route *r, const char *name);

#endif
