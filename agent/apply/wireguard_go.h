/* wireguard-go: a process per device where the kernel has no WireGuard. Started detached; the
 * device and its socket appear a little later, which the next round sees. */
#ifndef SKEIN_AGENT_APPLY_WIREGUARD_GO_H
#define SKEIN_AGENT_APPLY_WIREGUARD_GO_H

#include "agent/child.h"
#include "agent/config.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"
#include "lib/net/link.h"

struct served_device {
	char name[LINK_NAME_MAX];
	struct id membership;
	struct child child;
};

struct served {
	VEC(struct served_device) list;
};

/* Takes up what runs already, by the pid files in <run_dir>/wireguard. */
void served_adopt(struct served *s, const struct config *c);
int served_start(struct served *s, const struct config *c, const char *name,
		 const struct id *membership, struct fault *f);
/* Forgets those that have ended: their devices are gone with them. */
void served_sweep(struct served *s, const struct config *c);
/* Ends the process: the device goes with it. False where no process of ours serves it. */
bool served_stop(struct served *s, const struct config *c, const char *name);
void served_release(struct served *s); /* they run on */

#endif
