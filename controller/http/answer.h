/* From what a handler left in its call to a response of libmicrohttpd. */
#ifndef SKEIN_CONTROLLER_HTTP_ANSWER_H
#define SKEIN_CONTROLLER_HTTP_ANSWER_H

#include <microhttpd.h>

#include "controller/call.h"

/* Takes json, bytes and blob out of the call. A negative `code` makes a problem document; a GET
 * whose ETag the client has is 304. *status is the HTTP status. `allow` is for 405, else NULL. NULL
 * when there is no memory left. */
struct MHD_Response *answer_new(struct call *c, int code, const char *allow, unsigned *status,
				size_t *size);
/* Is `etag` (with quotes) in the list of an If-None-Match or If-Match header? (RFC 9110, 13.1) */
bool answer_etag_matches(const char *header, const char *etag);

#endif
