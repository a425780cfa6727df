/* Asking the agent that runs here, by its socket (agent/control.h). */
#ifndef SKEIN_BASE_CONTROL_ASK_H
#define SKEIN_BASE_CONTROL_ASK_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* One command, the whole answer, appended. ERR_NOT_FOUND: nobody answers at `path`; ERR_PRIVILEGE:
 * not to who asks. */
int control_ask(const char *path, const char *command, int timeout_ms, struct buf *answer,
		struct fault *f);

#endif
