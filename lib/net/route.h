/* Routes in the kernel's tables, by rtnetlink.
 *
 * The kernel knows a route by table, prefix and metric: at most one of Skein has each such key.
 * route_plan() is pure: desired and actual, sorted and merged, give operations; route_apply() sends
 * them, many at once. */
#ifndef SKEIN_NET_ROUTE_H
#define SKEIN_NET_ROUTE_H

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/net/netlink.h"
#include "lib/net/prefix.h"

struct route_hop {
	int device;
	struct address gateway; /* family 0: none */
	uint8_t weight;		/* 1.. */
	bool onlink;
};

struct route {
	uint32_t table;
	struct prefix prefix; /* 0.0.0.0/0 for the default */
	uint32_t metric;
	uint8_t type;		/* RTN_UNICAST, RTN_UNREACHABLE, RTN_THROW, RTN_BLACKHOLE, … */
	uint8_t protocol;	/* who made it */
	uint8_t scope;		/* RT_SCOPE_UNIVERSE with a gateway, RT_SCOPE_LINK without */
	bool onlink;		/* the gateway is taken to be on the device */
	int device;		/* index; 0: none */
	struct address gateway; /* family 0: none */
	struct address source;	/* preferred; family 0: none */
	uint32_t mtu;		/* of somebody else's route: 0: the device's. Never set */
	/* Several next hops: `device` and `gateway` are unset then. Sorted by device, gateway. */
	const struct route_hop *hops; /* in the arena of route_list() */
	size_t nhops;
};

typedef VEC(struct route) route_vec;

struct route_filter {
	uint8_t family;	  /* FAMILY_IPV4 or FAMILY_IPV6 */
	uint8_t protocol; /* 0: any */
	uint32_t table;	  /* 0: any */
};

/* What the filter admits, sorted by route_compare(); without the kernel's cache of cloned routes.
 * A table that does not exist is empty. */
int route_list(struct netlink *n, const struct route_filter *filter, struct arena *arena,
	       route_vec *out, struct fault *f);

struct route_question {
	struct address to;
	struct address from; /* family 0: not said */
	int iif;	     /* arriving on this device; 0: leaving this machine */
	uint32_t mark;
};
/* What the kernel would do with a packet (rules included): table, device, gateway, source, type.
 * ERR_UNREACHABLE where it has no route; the code's fault names the address. */
int route_lookup(struct netlink *n, const struct route_question *q, struct route *out,
		 struct fault *f);

/* The route that this comes from, as it stands in its table: prefix and metric too, and all of its
 * next hops, in the arena. Errors as above. */
int route_match(struct netlink *n, const struct route_question *q, struct arena *arena,
		struct route *out, struct fault *f);

/* Gives the route these next hops (one at least), which it borrows and sorts; a single one becomes
 * the route's own. The scope follows. */
void route_set_hops(struct route *r, struct route_hop *hops, size_t n);
/* By key: table, prefix, metric. qsort-compatible. */
int route_compare(const void *a, const void *b);
/* In all that Skein sets. */
bool route_equal(const struct route *a, const struct route *b);

enum route_op_kind { ROUTE_OP_ADD, ROUTE_OP_REPLACE, ROUTE_OP_DELETE };

struct route_op {
	enum route_op_kind kind;
	const struct route *route; /* borrowed from desired; from actual for a deletion */
};

typedef VEC(struct route_op) route_op_vec;

/* Appends what turns `actual` into `desired`: additions and replacements, then deletions, so that a
 * way that moves is never missing. Both vectors get sorted. A key twice in desired: one of
 * them counts. */
void route_plan(route_vec *desired, route_vec *actual, route_op_vec *out);
/* All of them are tried. One that is added comes before another protocol's of the same table,
 * prefix and metric, which stays. Deleting what is not there succeeds. Returns the first error,
 * whose fault names the route. */
int route_apply(struct netlink *n, const struct route_op *ops, size_t count, struct fault *f);

#define ROUTE_TEXT_MAX 256
/* As `ip route` would write it, devices by index: "10.1.0.0/16 via 10.0.0.2 dev 7 table 5200 metric
 * 1024". Returns `out`. */
const char *route_format(const struct route *r, char out[ROUTE_TEXT_MAX]);

#endif
