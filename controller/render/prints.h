/* Prints: whether a member's image has changed, known without rendering it.
 *
 * What is rendered for a member comes of what all share and of what is its own. So there are two
 * digests: one for the mesh, one for each member; where both are as they were, text and image are
 * so, too (a test holds that over random changes). The other way round it is only nearly so: a
 * change that concerns some counts for all where to know better would mean to render them. */
#ifndef SKEIN_CONTROLLER_RENDER_PRINTS_H
#define SKEIN_CONTROLLER_RENDER_PRINTS_H

#include "controller/render/render.h"

struct prints;

/* In the arena; borrows `r`. O(members + announcements). */
struct prints *prints_make(const struct render *r, const struct digest *templates, struct arena *a);
const struct digest *prints_shared(const struct prints *p);
/* O(1) for a member that has nothing but its address; else what it has to itself is rendered. */
void prints_member(const struct prints *p, size_t member, struct digest *out);

#endif
