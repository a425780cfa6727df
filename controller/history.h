/* The steps that led to the newest revision of an image (lib/mesh/delta.h), as far back as they are
 * kept: so many, and no more bytes than the image has, for then the whole is shorter. */
#ifndef SKEIN_CONTROLLER_HISTORY_H
#define SKEIN_CONTROLLER_HISTORY_H

#include <stdint.h>

#include "controller/blob.h"
#include "lib/base/vec.h"

#define HISTORY_STEPS 256
#define HISTORY_BYTES (1u << 20)

struct past {
	uint64_t base; /* the revision that the step starts from */
	struct blob *step;
};

struct history {		/* all zero: empty */
	VEC(struct past) steps; /* the oldest first */
	size_t bytes;
};

void history_fini(struct history *h);
/* The image went from revision `base` to another one, `len` bytes long, by this step; takes the
 * reference. NULL: by none that is known, which forgets all. */
void history_add(struct history *h, uint64_t base, struct blob *step, size_t len);
/* The steps from that revision on; caller blob_unref()s. NULL: it is not known any more. */
struct blob *history_since(const struct history *h, uint64_t revision);

#endif
