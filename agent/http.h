/* Requests to the controller: over several URLs, pinned, marked so that no prefix of a mesh
 * swallows them, with the last address that worked remembered for the day that the name does not
 * resolve. One request is made synchronously (join, leave) or on the loop (run). */
#ifndef SKEIN_AGENT_HTTP_H
#define SKEIN_AGENT_HTTP_H

#include <jansson.h>
#include <uv.h>

#include "lib/base/buf.h"
#include "lib/base/secret.h"
#include "lib/mesh/token.h"

#define HTTP_ETAG_MAX 80

struct controller_address {
	char url[TOKEN_URL_MAX + 1];
	char last[64]; /* the address that last answered; "" none */
};

struct http_where { /* who the controller is */
	struct controller_address at[TOKEN_URLS_MAX];
	size_t n;
	uint8_t pin[32]; /* zero: the system's authorities */
	uint32_t mark;	 /* of the sockets; 0: none */
	bool changed;	 /* a `last` is new: the owner stores it */
};

/* A body that is made as it is sent, in chunks (RFC 9112, 7.1), with a trailer. */
struct http_upload {
	/* Up to `size` bytes; 0: that was all; HTTP_UPLOAD_WAIT: none yet, until http_go_on();
	 * HTTP_UPLOAD_BREAK: there will not be all. */
	size_t (*read)(void *context, char *to, size_t size);
	const char *const *names; /* of the trailer; NULL ends them */
	/* The value of one of them; NULL: it has none. Borrowed until the next call. */
	const char *(*trailer)(void *context, const char *name);
	void *context;
};

#define HTTP_UPLOAD_WAIT  ((size_t)-1)
#define HTTP_UPLOAD_BREAK ((size_t)-2)

struct http_request {
	const char *method; /* "GET", … */
	const char *path;   /* "/machine", below /api/v1 */
	const void *body;   /* JSON; NULL: none */
	size_t body_len;
	const struct http_upload *upload; /* in its place; borrowed until `done`; NULL: none */
	const char *bearer;		  /* NULL: none */
	const char *if_none_match;	  /* NULL or "": none */
	bool deltas;			  /* A-IM: skein-delta, with if_none_match (RFC 3229) */
	const char *signature;		  /* Skein-Signature; NULL: none */
	const char *start;		  /* Skein-Start; NULL: none */
	unsigned wait_s;		  /* Prefer: wait=N; 0: none */
	unsigned limit_s;		  /* for all of it; 0: the usual */
	size_t answer_max;
};

struct http_answer {
	/* 0, or what went wrong: also for a status of 300 and above but 304. ERR_UNREACHABLE: the
	 * request was never sent; ERR_TIMEOUT, ERR_IO: perhaps it was, and the answer is lost. */
	int code;
	long status; /* 0: nobody answered */
	char etag[HTTP_ETAG_MAX];
	struct buf body;
	struct fault fault;
};

void http_answer_fini(struct http_answer *a);

/* Tries each URL in order until one answers. Returns out->code. Caller http_answer_fini()s. */
int http_perform(struct http_where *where, const struct http_request *r, struct http_answer *out);

/* The same on a loop. The request is copied; `done` gets the answer, borrowed for the call. */
struct http;
struct transfer;
typedef void http_done(void *context, struct http_answer *answer);
struct http *http_new(uv_loop_t *loop, struct http_where *where); /* borrows both */
struct transfer *http_start(struct http *h, const struct http_request *r, http_done *done,
			    void *context);
/* An upload that waited has something to send, or its end. From within `done` on it is gone. */
void http_go_on(struct transfer *t);
/* Cancels what is under way without calling back; frees once the loop has closed its handles. */
void http_free(struct http *h);

#endif
