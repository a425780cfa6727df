/* A request that is one end of a relay: the one that asks, whose answer is what comes through, or
 * the one that answers, whose body is what goes in. */
#ifndef SKEIN_CONTROLLER_HTTP_REQUEST_RELAY_H
#define SKEIN_CONTROLLER_HTTP_REQUEST_RELAY_H

#include <microhttpd.h>

#include "controller/http/relay.h"
#include "controller/http/request_context.h"

struct request_relay {
	struct relay_party party; /* first */
	struct request_context *context;
	struct MHD_Connection *connection;
	struct MHD_Response *response; /* the reader's, while it is sent */
	enum relay_side side;
	struct relay *relay; /* NULL: it is no end of one */
};

/* Takes the reference. */
void request_relay_open(struct request_relay *p, struct request_context *x,
			struct MHD_Connection *c, enum relay_side side, struct relay *relay);
/* Accepts one that is none. */
void request_relay_close(struct request_relay *p);
/* The answer: what comes, as it comes, with a trailer that says how it ended. NULL when there is no
 * memory left. */
struct MHD_Response *request_relay_answer(struct request_relay *p, const char *type);
/* The body is whole: what its trailer says is the end. */
void request_relay_finish(struct request_relay *p);

#endif
