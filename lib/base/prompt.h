/* Asking the person at the terminal. */
#ifndef SKEIN_BASE_PROMPT_H
#define SKEIN_BASE_PROMPT_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* What standard input has: a line that somebody types at a terminal, unseen, after "WHAT: " on
 * standard error; else all of it, as file_read() of "-". At most `max` bytes (ERR_TOO_LARGE).
 * ERR_USAGE where the line is ended without any. A signal that ends the program finds the terminal
 * as it was. `out` is a buf_init_secret(). */
int prompt_secret(const char *what, size_t max, struct buf *out, struct fault *f);

#endif
