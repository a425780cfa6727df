/* A request's first line and headers, read into its call: which route, who asks, with what. */
#ifndef SKEIN_CONTROLLER_HTTP_REQUEST_HEAD_H
#define SKEIN_CONTROLLER_HTTP_REQUEST_HEAD_H

#include <microhttpd.h>

#include "controller/http/request_context.h"

struct request_head {
	size_t body_max;	      /* larger ones are refused */
	size_t announced;	      /* the body's length; 0: it is not said */
	char allow[ROUTES_ALLOW_MAX]; /* the methods that the path has, of a 405; else "" */
};

/* Fills route, id, query, who, organization, client and the headers of the call, which has its
 * arena and its time. 0, or the first reason to refuse it, whose words and status the call then
 * has; the head is filled in any case. */
int request_head_read(const struct request_context *x, struct MHD_Connection *connection,
		      const char *url, const char *method, struct request_head *out,
		      struct call *c);

#endif
