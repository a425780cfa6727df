/* A client that asks as fast as it is answered, over TLS connections that it keeps open. */
#ifndef SKEIN_TEST_BENCH_TLS_LOAD_H
#define SKEIN_TEST_BENCH_TLS_LOAD_H

#include <stdint.h>

struct tls_load {
	uint16_t port;	     /* on 127.0.0.1 */
	unsigned clients;    /* connections, each with one request under way; 64 at most */
	const char *request; /* whole, with its empty line */
	int status;	     /* of every answer, which has no body */
	int64_t ms;	     /* of load, once all are connected */
};

/* How many were answered. `begun` and `ended` (may be NULL) are called around the load. Ends the
 * program where an answer is another one, or none comes. */
unsigned long tls_load_run(const struct tls_load *l, void (*begun)(void *), void (*ended)(void *),
			   void *context);

#endif
