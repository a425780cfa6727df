/* How a request reaches the controller: HTTPS in life (client.h), a script in a test. */
#ifndef SKEIN_CLI_TRANSPORT_H
#define SKEIN_CLI_TRANSPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/error.h"

#define ETAG_MAX 64

struct request {
	const char *method;
	const char *path;     /* "/api/v1/meshes?limit=10" */
	const json_t *body;   /* NULL: none */
	const char *if_match; /* NULL: none */
};

struct answer {
	json_t *json; /* caller json_decref()s; NULL: no content */
	char etag[ETAG_MAX];
};

/* An answer that comes as it is made, of any length. */
struct stream {
	/* A piece of it; false: no more is wanted. */
	bool (*take)(void *context, const char *data, size_t n);
	void *context;
	/* How it ended; "" where nothing was said. From outside: disarmed, and no longer. */
	char exit[8], error[FAULT_TEXT_MAX];
};

struct transport {
	/* 0, or the code of what went wrong, with words: no connection, or a problem document. */
	int (*call)(struct transport *t, const struct request *q, struct answer *a,
		    struct fault *f);
	/* The same, and the body of a success goes to the stream; what its trailer says is in it
	 * after that. ERR_TRUNCATED: there was no trailer. */
	int (*stream)(struct transport *t, const struct request *q, struct stream *s,
		      struct fault *f);
	void (*free)(struct transport *t);
};

#endif
