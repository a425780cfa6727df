/* Many machines in a mesh, put straight into a controller's database while it is paused: what the
 * enrolment of each would leave there. */
#ifndef SKEIN_TEST_CONTROLLER_CROWD_H
#define SKEIN_TEST_CONTROLLER_CROWD_H

#include <stddef.h>

#include "test/unit/controller/stand.h"

/* Machines "m-<first>" … with keys, members of the mesh of this name. False, having said why. */
bool crowd_fill(const struct stand *a, const char *mesh, size_t first, size_t n);
/* As if all its addresses but the last `left` were given out. */
bool crowd_use_up(const struct stand *a, const char *mesh, uint32_t left);
/* The token of machine `i`, and nothing else of it. */
void crowd_machine(size_t i, struct stand_machine *out);

#endif
