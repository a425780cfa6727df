/* Communities as people write them. */
#ifndef SKEIN_CLI_BGP_COMMUNITY_H
#define SKEIN_CLI_BGP_COMMUNITY_H

#include <stddef.h>

#include "lib/base/error.h"

/* "65001:7" (RFC 1997), "65001:1:2" (RFC 8092) or a well-known name ("graceful-shutdown"), as a
 * term of BIRD's filter language. ERR_INVALID names what would be right. */
int community_term(const char *text, char *out, size_t size, struct fault *f);
/* "graceful-shutdown" for "65535:0"; NULL where it has no name. */
const char *community_name(const char *text);

#endif
