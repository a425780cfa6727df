/* Cables: veth pairs between two network namespaces, their addresses and routes, by netlink. */
#ifndef SKEIN_LAB_WIRE_H
#define SKEIN_LAB_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/prefix.h"

struct wire; /* a netlink socket that lives in one network namespace */

/* `net`: where the namespace is bound. Caller wire_close()s. */
int wire_open(const char *net, struct wire **out, struct fault *f);
void wire_close(struct wire *w); /* accepts NULL */

/* A cable from `device` here to `far_device` in the namespace bound at `far`; both ends down. */
int wire_connect(struct wire *w, const char *device, const char *far, const char *far_device,
		 uint32_t mtu, struct fault *f);
int wire_set_up(struct wire *w, const char *device, bool up, struct fault *f);
/* ERR_EXISTS when it is there. */
int wire_add_address(struct wire *w, const char *device, const struct address *a, uint8_t length,
		     struct fault *f);
/* A route by the device; `via` NULL: directly. A next hop counts as on the link, whatever its
 * address. Replaces one that is there. */
int wire_add_route(struct wire *w, const struct prefix *to, const char *device,
		   const struct address *via, struct fault *f);

#endif
