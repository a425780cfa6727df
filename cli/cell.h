/* One cell of a table: the text of a member, as its column wants it. */
#ifndef SKEIN_CLI_CELL_H
#define SKEIN_CLI_CELL_H

#include <stddef.h>

#include "cli/output.h"

/* Caller frees. Without control characters. */
char *cell_make(const struct output *o, const struct column *c, const json_t *item);
/* In columns: every character has one (names are ASCII; what else comes is a note or an error). */
size_t cell_width(const char *text);
/* A byte that goes on with a character of UTF-8. */
bool cell_continues(char c);

#endif
