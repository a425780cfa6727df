/* One request on its way: received, handed to a job or to the poll, answered. It belongs to one
 * thread at a time; who has it last resumes the connection. */
#ifndef SKEIN_CONTROLLER_HTTP_REQUEST_H
#define SKEIN_CONTROLLER_HTTP_REQUEST_H

#include <microhttpd.h>

#include "controller/http/request_context.h"

struct request;

/* The headers are there: finds the route and who asks. Never NULL. */
struct request *request_begin(struct request_context *x, struct MHD_Connection *c, const char *url,
			      const char *method);
/* A piece of the body; *len becomes what is left of it, for later. MHD_NO ends the connection. */
enum MHD_Result request_receive(struct request *r, const char *data, size_t *len);
/* All is there, or the request came back: works on, or answers. */
enum MHD_Result request_proceed(struct request *r);
/* Refused by its headers alone, and the body is not worth waiting for. */
bool request_is_hopeless(const struct request *r);
enum MHD_Result request_answer(struct request *r);
void request_free(struct request *r);

#endif
