/* What peerings show, into what rendering prepares. */
#ifndef SKEIN_CONTROLLER_RENDER_SHOWN_H
#define SKEIN_CONTROLLER_RENDER_SHOWN_H

#include "controller/render/prepared.h"

/* Both sides of each peering, and the parts of this mesh's approved prefixes. */
void render_prepare_shown(struct render *r, struct arena *a);

#endif
