/* A machine that comes to a mesh of reflectors with a BIRD of its own, which says what it likes: a
 * part of the suite `services`, whose fleet stands already. */
#ifndef SKEIN_TEST_NET_NEWCOMER_H
#define SKEIN_TEST_NET_NEWCOMER_H

#include "test/net/modes_world.h"

/* The machine leaves the mesh, and joins it anew: from the first moment of its sessions with the
 * gateway and the router its address is taken from it, and nothing else, until something is
 * approved; and nobody else's session is touched. */
void newcomer_check(struct modes *w, const char *machine, const char *gateway, const char *router);

#endif
