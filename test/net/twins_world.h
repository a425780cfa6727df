/* A small fleet whose machines are joined one by one: for what happens to who is who.
 *
 *	mesh prod 10.122.0.0/16:   ta   tb   tc   td      (those of them that have joined)
 *
 * SKEIN_LAB_KEEP=1 leaves it standing. */
#ifndef SKEIN_TEST_NET_TWINS_WORLD_H
#define SKEIN_TEST_NET_TWINS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/lab.h"

#define TWINS_MS 30000 /* what agents need at most */

int twins_make(void);
int twins_end(void);
struct lab *twins_lab(void);

/* A shell script on a machine, or on LAB_CONTROLLER, with the programs in PATH. Its exit status, or
 * a negative code. */
int twins_sh(const char *machine, const char *script);
/* What it prints on both outputs, without the last newline: a static buffer until the next call. */
const char *twins_text(const char *machine, const char *script);
/* Runs it until it succeeds; a failure of the test, with its name, after TWINS_MS. */
void twins_await(const char *machine, const char *script);
/* Joins it and starts its agent. */
void twins_join(const char *machine);
/* Starts the agent that is joined. */
void twins_start(const char *machine);
/* Kills all processes of a name on a machine; there is one at least. */
void twins_kill(const char *machine, const char *program);
/* What one machine has on its disk, another one has, too: who joined as the one is both. */
void twins_copy(const char *from, const char *to);
/* Starts the controller that is there, and waits until it answers. */
void twins_start_controller(void);

#endif
