/* From an HTTP answer that is no success to a code and one sentence (RFC 9457). */
#ifndef SKEIN_CLI_PROBLEM_H
#define SKEIN_CLI_PROBLEM_H

#include <jansson.h>

#include "lib/base/error.h"

/* `document` may be NULL or not be a problem document at all: then the status has to do. */
int problem_read(long status, const json_t *document, struct fault *f);
/* What to do next about a code; NULL where the fault says it itself. */
const char *problem_hint(int code);

#endif
