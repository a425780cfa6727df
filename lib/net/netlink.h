/* One netlink socket, with the settings that all of Skein wants: strict checking of dump requests
 * (so that the kernel filters), extended acknowledgements (so that a refusal says why), bounded
 * waiting. Messages are built with libnl's nlmsg_* and nla_* functions, whatever the family.
 *
 * A socket belongs to the network namespace it was opened in, also after the thread has left it. */
#ifndef SKEIN_NET_NETLINK_H
#define SKEIN_NET_NETLINK_H

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <stddef.h>

#include "lib/base/error.h"

struct netlink;

/* `protocol`: NETLINK_ROUTE, NETLINK_GENERIC. Caller netlink_close()s. */
int netlink_open(int protocol, struct netlink **out, struct fault *f);
/* The same in another network namespace, given by an open file of it. The calling thread is in it
 * for a moment. Needs CAP_SYS_ADMIN. */
int netlink_open_at(int protocol, int netns_fd, struct netlink **out, struct fault *f);
void netlink_close(struct netlink *n); /* accepts NULL */

/* Called for each message of an answer. What it returns, if not 0, ends the reading and is what the
 * request returns. */
typedef int netlink_each(const struct nlmsghdr *message, void *context);

/* Sees each message as it arrives, before anything keeps it, and may blank parts of it: a private
 * key must not lie about in buffers. */
typedef void netlink_scrub(struct nlmsghdr *message);
void netlink_set_scrub(struct netlink *n, netlink_scrub *scrub);

/* A new request; the caller nlmsg_free()s it. Header of the family follows by nlmsg_append(). */
struct nl_msg *netlink_message(int type, int flags);

/* Sends and waits for the acknowledgement. An errno of the kernel becomes a code and its extended
 * acknowledgement the text. */
int netlink_do(struct netlink *n, struct nl_msg *m, struct fault *f);
/* Sends, expects one message (and no acknowledgement). */
int netlink_get(struct netlink *n, struct nl_msg *m, netlink_each *each, void *context,
		struct fault *f);
/* A dump (NLM_F_DUMP is added). `each` sees it only when it is complete and consistent: one that
 * was interrupted by a change is asked again. */
int netlink_dump(struct netlink *n, struct nl_msg *m, netlink_each *each, void *context,
		 struct fault *f);

/* Several requests in few sends, each with an acknowledgement of its own. */
struct netlink_result {
	int code;	/* 0 or negative */
	char text[120]; /* of the extended acknowledgement, or of errno */
};
/* A failed one does not keep the later ones from being tried. results[i] belongs to messages[i].
 * Returns an error only if the socket itself failed. */
int netlink_batch(struct netlink *n, struct nl_msg *const *messages, size_t count,
		  struct netlink_result *results, struct fault *f);

/* Resolves a generic netlink family; ERR_NOT_FOUND where the kernel has none of that name. */
int netlink_family(struct netlink *n, const char *name, int *id, struct fault *f);

#endif
