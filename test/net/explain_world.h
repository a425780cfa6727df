/* Where each layer of a packet's way is broken, and is to be named (test/net/explain_*.c).
 *
 *	home 10.141.0.0/16                              away 10.142.0.0/16
 *	a, d   b, r: 172.20.44.0/24 ─ g in both ──── c ── barn 172.20.43.10
 *
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#ifndef SKEIN_TEST_NET_EXPLAIN_WORLD_H
#define SKEIN_TEST_NET_EXPLAIN_WORLD_H

#include "lib/base/buf.h"

#define EXPLAIN_LAB	  TEST_BUILD "/skein-lab"
#define EXPLAIN_NAMED	  "--lab t-explain "
#define EXPLAIN_ON	  EXPLAIN_NAMED "exec "
#define EXPLAIN_ASK(rest) EXPLAIN_ON "controller skein " rest

/* A suite's init and fini. */
int explain_world_make(void);
int explain_world_end(void);

/* Mesh address of a machine, as the controller gave it: in the order of their joining, so it is
 * asked. A text that lives as long as the lab. */
const char *explain_address(const char *machine, const char *mesh);
/* Asks until it says the part, at most until it should have settled; appended to `said`, which is
 * what it said last. */
void explain_await(const char *line, int status, const char *part, struct buf *said);

#endif
