/* What the kernel has learned of the ways of this machine's packets: where a router on the way has
 * said (ICMP) that it carries less than the first link does. It forgets that after a while
 * (net.ipv4.route.mtu_expires, ten minutes), and sends no notice when it learns or forgets. */
#ifndef SKEIN_NET_PATH_MTU_H
#define SKEIN_NET_PATH_MTU_H

#include "lib/base/vec.h"
#include "lib/net/netlink.h"
#include "lib/net/prefix.h"

struct path_mtu {
	struct address to;
	uint32_t mtu; /* of whole packets */
};

typedef VEC(struct path_mtu) path_mtu_vec;

/* All that is known for IPv4, by address. Linux before 5.3 does not tell, and there it is nothing.
 */
int path_mtu_list(struct netlink *n, path_mtu_vec *out, struct fault *f);
/* Of a sorted list; 0: nothing is known of this way. */
uint32_t path_mtu_find(const path_mtu_vec *v, const struct address *to);

/* A socket whose packets ask the routers on the way: they may not be cut, and go out whatever the
 * kernel knows already. `mark` is that of WireGuard's own packets. The caller close()s. */
int path_mtu_open(uint32_t mark, int *fd, struct fault *f);
/* Sends one packet of `size` bytes, IP header included: zeros, which WireGuard drops unread. What
 * comes of it is in the list later; that it could not be sent says nothing. */
void path_mtu_probe(int fd, const struct address *to, uint16_t port, uint32_t size);

#endif
