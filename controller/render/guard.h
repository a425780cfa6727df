/* The guard's sets and pairs of one membership (routing.md calls it one of two fences): who may
 * send to whom through this machine. */
#ifndef SKEIN_CONTROLLER_RENDER_GUARD_H
#define SKEIN_CONTROLLER_RENDER_GUARD_H

#include "controller/render/prepared.h"

struct guard_sections {
	VEC(struct state_range) sets;
	VEC(struct state_prefix) prefixes;
	VEC(struct state_guard_pair) pairs;
};

/* What the members have in common, into `r`. */
void render_prepare_guard(struct render *r, struct arena *a);
void render_guard(const struct render *r, size_t member, struct guard_sections *out);
void guard_sections_free(struct guard_sections *g);

#endif
