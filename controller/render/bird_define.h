/* The first part of membership.conf: defines and prefix sets. */
#ifndef SKEIN_CONTROLLER_RENDER_BIRD_DEFINE_H
#define SKEIN_CONTROLLER_RENDER_BIRD_DEFINE_H

#include "controller/render/prepared.h"

/* What all members have alike, into r->defines. */
void render_prepare_bird(struct render *r, struct arena *a);
/* The defines of one member; `granted` as render_granted() says. */
void render_bird_defines(const struct render *r, size_t member, const struct prefix_list *granted,
			 struct buf *out);

#endif
