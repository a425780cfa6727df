/* wireguard-go: a process per device where the kernel has no WireGuard. Started detached; the
 * device and its socket appear a little later, which the next round sees. */
#ifndef SKEIN_AGENT_WIREGUARD_GO_H
#define SKEIN_AGENT_WIREGUARD_GO_H

#include "agent/child.h"
#include "agent/config.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"
#include "lib/net/link.h"

struct wireguard_go {
	char name[LINK_NAME_MAX];
	struct id membership;
	struct child child;
};

typedef VEC(struct wireguard_go) wireguard_go_vec;

/* Takes up what runs already, by the pid files in <run_dir>/wireguard. */
void wireguard_go_adopt(wireguard_go_vec *v, const struct config *c);
int wireguard_go_start(wireguard_go_vec *v, const struct config *c, const char *name,
		       const struct id *membership, struct fault *f);
/* Forgets those that have ended: their devices are gone with them. Keeps their log short. */
void wireguard_go_sweep(wireguard_go_vec *v, const struct config *c);
/* Ends the process: the device goes with it. False where no process of ours serves it. */
bool wireguard_go_stop(wireguard_go_vec *v, const struct config *c, const char *name);
void wireguard_go_release(wireguard_go_vec *v); /* they run on */

#endif
