/* A place: the namespaces that make one process group a machine of its own. Network (named below
 * /run/netns, so that `ip netns exec` works), mount (its own /run, /sys, /etc/skein,
 * /var/lib/skein, so that two machines share nothing but the underlay) and UTS (its own host name).
 *
 * A namespace lives as long as something refers to it; here that is a bind mount of its nsfs file,
 * not a process: a place has no init that could die. */
#ifndef SKEIN_LAB_NETNS_H
#define SKEIN_LAB_NETNS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/error.h"

#define PLACE_PATH_MAX 128

struct place {
	char net[PLACE_PATH_MAX]; /* where the namespaces are bound */
	char mnt[PLACE_PATH_MAX];
	char uts[PLACE_PATH_MAX];
	char hostname[64];
};

/* Makes the namespaces and binds them; loopback is up. What is left of one of the same name is an
 * error. The directory of mnt must be on a private mount (place_root_make()); /etc/skein and
 * /var/lib/skein must exist (lab/tune.h). */
int place_make(const struct place *p, struct fault *f);
/* Joins the namespaces: in a child, before exec. Async-signal-safe it is not. */
int place_enter(const struct place *p, struct fault *f);
/* Unbinds; absent is success. Processes inside keep the namespaces alive. */
void place_remove(const struct place *p);
bool place_exists(const struct place *p);
/* Whether the process lives in the place's mount namespace: only what a lab started does. */
bool place_has(const struct place *p, pid_t pid);

/* A private tmpfs: the kernel binds mount namespaces only where no propagation could close a loop.
 */
int place_root_make(const char *dir, struct fault *f);
void place_root_remove(const char *dir);

/* A netlink socket, or anything else, made inside the network namespace bound at `net`: calls
 * make(context) there and comes back. For a process of one thread. */
int netns_inside(const char *net, int (*make)(void *context), void *context, struct fault *f);
/* The same inside the mount namespace too: paths are the machine's (a control socket's). */
int place_inside(const struct place *p, int (*make)(void *context), void *context, struct fault *f);

#endif
