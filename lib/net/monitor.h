/* Tells that something in the kernel changed, and which kind of thing; what exactly, the caller
 * observes for itself. So nothing is lost when the kernel's queue overflows: all kinds changed
 * then. */
#ifndef SKEIN_NET_MONITOR_H
#define SKEIN_NET_MONITOR_H

#include "lib/base/error.h"

enum monitor_kind {
	MONITOR_LINK = 1,
	MONITOR_ADDRESS = 2,
	MONITOR_ROUTE = 4,	/* of anybody but BIRD */
	MONITOR_ROUTE_BIRD = 8, /* protocol RTPROT_BIRD */
	MONITOR_RULE = 16,
	MONITOR_NETCONF = 32, /* forwarding, rp_filter of a device */
	MONITOR_NFT = 64,     /* tables, chains, rules of nftables: a socket of its own */
};

struct monitor;

/* `kinds`: either MONITOR_NFT alone, or any of the others. In the network namespace of the calling
 * thread. The caller's own changes are seen too. */
int monitor_open(unsigned kinds, struct monitor **out, struct fault *f);
void monitor_close(struct monitor *m);	 /* accepts NULL */
int monitor_fd(const struct monitor *m); /* poll it for reading */
/* Reads what is there without waiting, at most a bounded number of messages (the descriptor stays
 * readable if there is more); returns the kinds that changed. */
unsigned monitor_read(struct monitor *m);

#endif
