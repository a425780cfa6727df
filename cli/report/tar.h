/* A tar archive in memory (POSIX.1-1988 ustar, as every tar reads it): plain files, of root alone.
 * Forty lines in place of a library that brings an XML parser and its tables along. */
#ifndef SKEIN_CLI_REPORT_TAR_H
#define SKEIN_CLI_REPORT_TAR_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

/* Appends a file. ERR_TOO_LARGE for a name that the format has no room for (100 bytes behind a
 * slash and 155 before it), or 8 GiB. */
int tar_put(struct buf *out, const char *name, const void *data, size_t len, struct wall at,
	    struct fault *f);
/* Two empty blocks. */
void tar_end(struct buf *out);

#endif
