/* BIRD's control socket: one command at a time, its reply line by line.
 *
 * A reply line starts with four digits and '-' (more follows) or ' ' (the last one); a line that
 * starts with a space instead has the code of the line before, one with '+' comes unasked. Codes:
 * 0xxx done, 1xxx and 2xxx tables, 8xxx refused, 9xxx not understood (BIRD's doc/reply_codes).
 *
 * Nothing here waits, unless bird_call() is used: an event loop starts a command, polls bird_fd()
 * for bird_events() and calls bird_step(). */
#ifndef SKEIN_NET_BIRD_H
#define SKEIN_NET_BIRD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"

#define BIRD_LINE_MAX	 8192 /* BIRD itself cuts at 512 */
#define BIRD_COMMAND_MAX 1024

struct bird_line {
	int code;
	bool last;
	const char *text; /* without code and newline; borrowed until the callback returns */
	size_t len;
};

/* One line of a reply, without its newline: code and text. `code_before`: of the line before, 0 if
 * there is none. False for what is no such line. */
bool bird_line_parse(const char *text, int code_before, struct bird_line *out);

/* Returns 0, or a negative code that ends the reading: the connection is of no use then but to be
 * closed. */
typedef int bird_line_fn(void *context, const struct bird_line *line);

struct bird;

/* Connects without waiting. ERR_NOT_FOUND: no such socket; ERR_UNREACHABLE: nobody listens. */
int bird_open(const char *path, struct bird **out, struct fault *f);
void bird_close(struct bird *b); /* accepts NULL */
int bird_fd(const struct bird *b);
short bird_events(const struct bird *b); /* POLLIN, POLLOUT */
/* "2.0.12", once the greeting was read; "" before. */
const char *bird_version(const struct bird *b);

/* Begins a command, which is one line without newline. `each` (may be NULL) sees every line of the
 * reply but the greeting. ERR_BUSY while another one runs. */
int bird_start(struct bird *b, const char *command, bird_line_fn *each, void *context,
	       struct fault *f);
/* Goes as far as possible without waiting. 1: the reply is complete; 0: not yet; negative: the
 * reply was a refusal (ERR_REMOTE with BIRD's text; ERR_NOT_FOUND for a route or protocol that
 * is not there, ERR_INVALID for a configuration with a mistake, ERR_FORBIDDEN for a command that a
 * restricted connection may not give; the connection goes on), or the connection broke (ERR_IO,
 * ERR_TOO_LARGE, ERR_INVALID). Handles a bounded amount in one call. */
int bird_step(struct bird *b, struct fault *f);
/* Code of the last complete reply's last line. */
int bird_code(const struct bird *b);
/* bird_start(), and steps until the reply is complete: 0; or ERR_TIMEOUT. */
int bird_call(struct bird *b, const char *command, struct mono deadline, bird_line_fn *each,
	      void *context, struct fault *f);
/* A whole visit: open, call, close. */
int bird_ask(const char *path, const char *command, struct mono deadline, bird_line_fn *each,
	     void *context, struct fault *f);

/* A symbol of BIRD's configuration that needs no quotes: letter or '_', then letters, digits, '_';
 * 64 at most. */
bool bird_name_valid(const char *name);

#endif
