/* A directory on a bpffs: where BPF objects stay when nobody holds them open. */
#ifndef SKEIN_GATEWAY_BPFFS_H
#define SKEIN_GATEWAY_BPFFS_H

#include <stdbool.h>

#include "lib/base/error.h"

#define BPFFS_PATH_MAX 256

/* Makes the directory; mounts a bpffs on it, or on its nearest ancestor that exists where nothing
 * can be made there (as /sys/fs/bpf without one). ERR_PRIVILEGE, ERR_MISSING, ERR_TOO_LARGE. */
int bpffs_prepare(const char *directory, struct fault *f);
/* True when the path exists and is on a bpffs. */
bool bpffs_has(const char *path);
/* Removes the directory, all in it, and the bpffs that was mounted on it. Absent is success. */
int bpffs_remove(const char *directory, struct fault *f);
/* "directory/name" into `out`. */
int bpffs_path(char out[BPFFS_PATH_MAX], const char *directory, const char *name, struct fault *f);

#endif
