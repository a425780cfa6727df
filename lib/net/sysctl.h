/* Settings below /proc/sys/net of the network namespace that the calling thread is in. */
#ifndef SKEIN_NET_SYSCTL_H
#define SKEIN_NET_SYSCTL_H

#include "lib/base/error.h"

/* net/ipv4/conf/<device>/<name>. `device` may have dots (a VLAN) and may be "all" or "default".
 * ERR_NOT_FOUND where the device is gone. */
int sysctl_read_conf(const char *device, const char *name, int *out, struct fault *f);
/* Writes only what differs. */
int sysctl_write_conf(const char *device, const char *name, int value, struct fault *f);
/* net/ipv4/<name> (fib_multipath_hash_policy). */
int sysctl_read_ipv4(const char *name, int *out, struct fault *f);
int sysctl_write_ipv4(const char *name, int value, struct fault *f);

#endif
