/* One mesh on its way from rows to what is published: rendered, compared with what was there, given
 * revisions, signed. */
#ifndef SKEIN_CONTROLLER_ROUND_H
#define SKEIN_CONTROLLER_ROUND_H

#include "controller/renderer.h"

/* On the render thread, with its reading store. Trouble is logged; what is published stays then. */
void round_run(const struct renderer_options *options, struct store *s, row_t mesh);

#endif
