/* The lab of the tests of bad input, what programs in it say, and whether they left anything.
 *
 *	controller	v (has joined nothing)	    m (has joined, no agent)	  w
 *	    │			│				│		  │
 *	────┴───────────────────┴────────── underlay ───────────┴─────────────────┴──
 */
#ifndef SKEIN_TEST_NET_BAD_WORLD_H
#define SKEIN_TEST_NET_BAD_WORLD_H

#include "lab/lab.h"

/* As a suite's init and fini. The tokens are variables of the environment from then on: $good,
 * $cut_off, $damaged, $foreign (unknown here), $other_pin, $elsewhere (nobody answers), $expired,
 * $revoked, $used_up; $api is none for joining. */
int bad_world_start(void);
int bad_world_stop(void);
struct lab *bad_lab(void);

/* Runs a line of /bin/sh on a machine; what it says, to either output, is appended. Returns its
 * exit status, -1 where it did not end (which has failed the test). */
int bad_run(const char *machine, const char *line, struct buf *said);
/* Everything on v, m and the controller that a refused command could have changed. */
void bad_snapshot(struct buf *out);

#endif
