/* Asks what the ways to the peers carry. The kernel's WireGuard lets routers cut its packets, and
 * so hears nothing of it; wireguard-go's may not be cut, and are lost until it is known. What is
 * learned is in the next observation (lib/net/path_mtu.h). */
#ifndef SKEIN_AGENT_PATH_PROBE_H
#define SKEIN_AGENT_PATH_PROBE_H

#include "agent/plan/desired.h"
#include "lib/base/clock.h"

#define PATH_PROBES_MAX 4096 /* ways that are known at a time */

struct path_probed {
	struct address to;
	struct mono at;
	uint32_t size;
};

struct path_probe {
	int fd;			      /* 0: not open yet */
	VEC(struct path_probed) done; /* by address */
};

/* Sends what is due of d->paths: each way every four minutes, and when its first link changes; a
 * few at a time. True when any was sent: look again in a moment. */
bool path_probe_round(struct path_probe *p, const struct desired *d, struct mono now);
void path_probe_fini(struct path_probe *p);

#endif
