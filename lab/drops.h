/* What a machine's fences have dropped, as its agent counts it. */
#ifndef SKEIN_LAB_DROPS_H
#define SKEIN_LAB_DROPS_H

#include <stdint.h>

#include "lab/lab.h"

struct drops {
	uint64_t guard;	    /* bpf/guard, all reasons */
	uint64_t fence;	    /* the nftables table */
	uint64_t wireguard; /* the kernel's, by device: a source that allowed IPs refuse */
};

int drops_read(struct lab *lab, const char *machine, struct drops *out, struct fault *f);

#endif
