/* Under the requests of lib/net/netlink.h: sending messages, and reading what answers them. */
#ifndef SKEIN_NET_NETLINK_TRANSPORT_H
#define SKEIN_NET_NETLINK_TRANSPORT_H

#include <stdint.h>
#include <sys/uio.h>

#include "lib/net/netlink.h"

/* Of the next message. */
uint32_t netlink_next_sequence(struct netlink *n);
int netlink_send(struct netlink *n, const struct iovec *parts, size_t count, struct fault *f);

/* What a reader of an answer says about one message. */
enum netlink_answer { NETLINK_MORE, NETLINK_COMPLETE };
typedef enum netlink_answer netlink_reader(const struct nlmsghdr *h, void *context);

/* Reads the answer to the requests from number `first` to the last one, until `each` says that it
 * is complete. Messages with other numbers are left over from a request that was given up. */
int netlink_read_answer(struct netlink *n, uint32_t first, netlink_reader *each, void *context,
			struct fault *f);

#endif
