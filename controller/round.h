/* One mesh on its way from rows to what is published: rendered, compared with what was there, given
 * revisions, signed. */
#ifndef SKEIN_CONTROLLER_ROUND_H
#define SKEIN_CONTROLLER_ROUND_H

#include "controller/renderer.h"

/* On the render thread, with its reading store. On an error what is published stays. A mesh that is
 * gone is none. */
int round_run(const struct renderer_options *options, struct store *s, row_t mesh, struct fault *f);

#endif
