/* Bytes that several threads share and nobody changes: a signed image, a BIRD text. */
#ifndef SKEIN_CONTROLLER_BLOB_H
#define SKEIN_CONTROLLER_BLOB_H

#include <stddef.h>

#include "lib/base/buf.h"

struct blob {
	const char *data;
	size_t len;
};

/* Takes the buffer's memory. The caller has the one reference. */
struct blob *blob_new(struct buf *from);
struct blob *blob_ref(struct blob *b); /* accepts NULL */
void blob_unref(struct blob *b);       /* accepts NULL */

#endif
