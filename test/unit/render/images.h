/* What the renderer makes of a fleet, as its agents read it. */
#ifndef SKEIN_TEST_UNIT_RENDER_IMAGES_H
#define SKEIN_TEST_UNIT_RENDER_IMAGES_H

#include "lib/mesh/state.h"
#include "test/unit/render/fleet.h"

struct images {
	struct buf view_body, image_body, view_bytes, image_bytes;
	struct state_image view, image; /* unsigned, and checked */
};

/* The view, and the image of one member, after fleet_plan(); what the reader finds wrong is a
 * failure of the test. Caller images_fini()s. */
void images_make(struct images *x, const struct fleet *f, size_t member);
void images_fini(struct images *x);

#endif
