/* Problem documents (RFC 9457): what a negative code and a fault look like over HTTP. */
#ifndef SKEIN_CONTROLLER_HTTP_PROBLEM_H
#define SKEIN_CONTROLLER_HTTP_PROBLEM_H

#include <jansson.h>

#include "lib/base/error.h"

#define PROBLEM_BASE	     "https://skein.invalid/problems/"
#define PROBLEM_CONTENT_TYPE "application/problem+json"
#define PROBLEM_NAME_MAX     64

/* The HTTP status that fits a code; 500 for what is nobody's input. */
int problem_status(int code);
/* {"type", "title", "status", "detail", and the members of `extra`}; a new reference. `name` NULL:
 * by the code. Of an internal error (status 500) the detail stays inside. `extra` is borrowed. */
json_t *problem_new(int code, int status, const char *name, const struct fault *f,
		    const json_t *extra);

#endif
