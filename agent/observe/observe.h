/* Reads the machine: kernel, WireGuard, the nftables table. Synchronous, each step bounded. */
#ifndef SKEIN_AGENT_OBSERVE_OBSERVE_H
#define SKEIN_AGENT_OBSERVE_OBSERVE_H

#include "agent/config.h"
#include "agent/observe/observation.h"
#include "lib/net/netlink.h"

/* Fills `out` (initialized). `started` is the caller's to fill before: links of such names count as
 * ours, and their WireGuard is read too. What cannot be read of one device is left out. `learned`:
 * BIRD's routes too, which can be many. */
int observe_machine(struct netlink *rtnl, const struct config *c, bool learned,
		    struct observation *out, struct fault *f);

#endif
