/* Command lines for a program, one after the other: each with its exit status and what it says. */
#ifndef SKEIN_TEST_NET_STEPS_H
#define SKEIN_TEST_NET_STEPS_H

#include <stddef.h>

#include "lib/base/buf.h"

struct step {
	const char *line; /* words, with a space between two */
	int status;
	const char *says; /* part of what it prints, to either output; NULL: whatever */
};

/* What it says is appended to `said` (may be NULL). The exit status; -1, and a failure of the test,
 * if it could not be run to its end. */
int steps_run(const char *program, const char *line, struct buf *said);
/* All of them; a failure for each that does otherwise. */
void steps_follow(const char *program, const struct step *steps, size_t n);

#define STEPS_FOLLOW(program, ...)                                                                 \
	steps_follow(program, (const struct step[]){__VA_ARGS__},                                  \
		     sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

#endif
