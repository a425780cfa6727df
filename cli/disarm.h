/* What another machine says, on its way to a terminal: characters, line ends, and those changes of
 * colour that Skein makes itself. Whatever else it has becomes '?'. It comes in pieces, which may
 * end anywhere. */
#ifndef SKEIN_CLI_DISARM_H
#define SKEIN_CLI_DISARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DISARM_KEPT 8

struct disarm {
	FILE *to;
	bool colour;
	char kept[DISARM_KEPT + 1]; /* the beginning of what is not whole yet */
	size_t nkept;
};

void disarm_init(struct disarm *d, FILE *to, bool colour);
void disarm_put(struct disarm *d, const char *data, size_t n);
/* What is not whole by now will not be. Leaves the terminal's own colour. */
void disarm_end(struct disarm *d);

#endif
