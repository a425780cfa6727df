/* Addresses of devices, by rtnetlink. */
#ifndef SKEIN_NET_IFADDR_H
#define SKEIN_NET_IFADDR_H

#include <stdbool.h>

#include "lib/net/netlink.h"
#include "lib/net/prefix.h"

struct ifaddr {
	int device; /* index */
	struct address local;
	struct address peer; /* family 0: none; with a peer, `length` is of the peer's prefix */
	uint8_t length;
	uint8_t scope;	    /* RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, … */
	bool noprefixroute; /* the kernel makes no route for it */
};

typedef VEC(struct ifaddr) ifaddr_vec;

/* Of one device, or of all for 0; both families; sorted by ifaddr_compare. */
int ifaddr_list(struct netlink *n, int device, ifaddr_vec *out, struct fault *f);
/* Adding what is there and removing what is not succeed. */
int ifaddr_add(struct netlink *n, const struct ifaddr *a, struct fault *f);
int ifaddr_delete(struct netlink *n, const struct ifaddr *a, struct fault *f);
/* By all members, the device first: qsort-compatible. */
int ifaddr_compare(const void *a, const void *b);
/* The network that the address is in: of the peer if there is one. */
struct prefix ifaddr_prefix(const struct ifaddr *a);

#endif
