/* What requests share, and how many there are: so that a server that stops knows when it may. */
#ifndef SKEIN_CONTROLLER_HTTP_REQUEST_CONTEXT_H
#define SKEIN_CONTROLLER_HTTP_REQUEST_CONTEXT_H

#include <pthread.h>

#include "controller/http/connections.h"
#include "controller/http/routes.h"
#include "controller/http/server.h"
#include "controller/http/share.h"

#define REQUESTS_OF_TOKEN 16 /* with another thread at a time */

struct request_context {
	struct server_options options;
	struct routes *routes;
	struct connections *connections;
	struct share *share;
	/* Requests that are not answered yet, and those of them that are with another thread; none
	 * is sent away once `stopping`. */
	pthread_mutex_t lock;
	pthread_cond_t fewer;
	size_t open, away;
	bool stopping;
};

void request_context_init(struct request_context *x);
void request_context_fini(struct request_context *x);
/* Sends none away any more, waits until all are back, and, for a little while, until all are
 * answered. */
void request_context_drain(struct request_context *x);

/* One more, and one less that is not answered yet. */
void request_context_open(struct request_context *x);
void request_context_close(struct request_context *x);
/* One goes to another thread: false when it must not any more; and is back. */
bool request_context_send(struct request_context *x);
void request_context_return(struct request_context *x);

#endif
