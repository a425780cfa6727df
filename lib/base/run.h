/* Running another program to its end: no shell, a deadline, bounded output. */
#ifndef SKEIN_BASE_RUN_H
#define SKEIN_BASE_RUN_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define RUN_OUTPUT_MAX (1 << 20)

/* argv[0] is a path, or a name that is looked for in PATH. The program gets /dev/null as input; its
 * output and errors are appended to `output` (may be NULL), cut at RUN_OUTPUT_MAX. It is killed
 * when timeout_ms have passed (ERR_TIMEOUT). Returns 0 if it could be run to its end, whatever its
 * exit status (128 + signal when it was killed by one). ERR_MISSING where there is no such
 * program. Waits: an event loop calls this from its pool. */
int run_program(const char *const *argv, int64_t timeout_ms, struct buf *output, int *status,
		struct fault *f);
/* The same, and an exit status other than 0 is ERR_REMOTE with the last line of its output. */
int run_program_ok(const char *const *argv, int64_t timeout_ms, struct fault *f);

#endif
