/* Cables between network namespaces: veth pairs, their addresses and routes, by lib/net. */
#ifndef SKEIN_LAB_WIRE_H
#define SKEIN_LAB_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/netlink.h"
#include "lib/net/prefix.h"

/* A network namespace, and a netlink socket that lives in it. */
struct wire {
	int netns; /* open file; -1: closed */
	struct netlink *netlink;
};

#define WIRE_CLOSED                                                                                \
	{                                                                                          \
		.netns = -1                                                                        \
	}

/* `net`: where the namespace is bound. Caller wire_close()s, whatever comes out. */
int wire_open(struct wire *w, const char *net, struct fault *f);
void wire_close(struct wire *w);

/* A cable from `device` in one namespace to `far_device` in the other; both ends down. */
int wire_connect(struct wire *near, const char *device, struct wire *far, const char *far_device,
		 uint32_t mtu, struct fault *f);
/* Takes the device, and with it the cable; absent is success. */
int wire_disconnect(struct wire *w, const char *device, struct fault *f);
int wire_set_up(struct wire *w, const char *device, bool up, struct fault *f);
/* Waits until the device sends: for up to a second after both ends are up, the kernel drops. */
int wire_await_carrier(struct wire *w, const char *device, struct fault *f);
int wire_add_address(struct wire *w, const char *device, const struct address *a, uint8_t length,
		     struct fault *f);
/* A route by the device; `via` NULL: directly. A next hop counts as on the link, whatever its
 * address. Replaces one that is there. */
int wire_add_route(struct wire *w, const struct prefix *to, const char *device,
		   const struct address *via, struct fault *f);

#endif
