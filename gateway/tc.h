/* A BPF program on a device's ingress, that stays when its loader is gone.
 *
 * By tcx (Linux 6.6 and later) where there is one: a link, pinned as link-<ifindex>, first in its
 * place. Else as a filter of clsact; a filter needs no pin, but filter-<ifindex> remembers that it
 * is ours. Names are by index, for a device that was made anew is another one. */
#ifndef SKEIN_GATEWAY_TC_H
#define SKEIN_GATEWAY_TC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

enum tc_way {
	TC_ANY,
	TC_LINK,
	TC_FILTER
}; /* ANY: the link where the kernel can, else the filter */

/* Does nothing when it is there; replaces another program of ours without a gap. ERR_NOT_FOUND: no
 * such device. */
int tc_attach(const char *directory, int program, uint32_t ifindex, enum tc_way way,
	      struct fault *f);
/* Absent is success. */
int tc_detach(const char *directory, uint32_t ifindex, struct fault *f);
/* From every device that `directory` knows; with `gone_only`, forgets devices that are no more. */
int tc_sweep(const char *directory, bool gone_only, struct fault *f);

#endif
