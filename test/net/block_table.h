/* The lines of the rule block, of T and of the fences, each with packets that it must pass and
 * packets that it must not. */
#ifndef SKEIN_TEST_NET_BLOCK_TABLE_H
#define SKEIN_TEST_NET_BLOCK_TABLE_H

#include "test/net/block_world.h"

/* Packets that go where the line says. */
void table_check_passing(struct world *w);
/* Packets that get nowhere: not delivered, not sent on, counted where there is a counter. The
 * machines a3 and b2 are in an attacker's hands meanwhile. */
void table_check_barred(struct world *w);
/* One row by its name, without a word: whether it is as it says. Not one of an attacker's machine.
 */
bool table_try(struct world *w, const char *line);

#endif
