/* A client that asks as fast as it is answered, over TLS connections that it keeps open. */
#ifndef SKEIN_TEST_BENCH_TLS_LOAD_H
#define SKEIN_TEST_BENCH_TLS_LOAD_H

#include <stdint.h>

#define TLS_LOAD_CLIENTS 16 /* connections, each with one request under way */

struct tls_load;

/* To 127.0.0.1. `request` is whole, with its empty line, and borrowed; every answer has this
 * status, and no body. Here and below: ends the program where an answer is another one, or none
 * comes. */
struct tls_load *tls_load_open(uint16_t port, const char *request, int status);
void tls_load_close(struct tls_load *l);
/* Asks for so long, and takes in what is under way then. Returns how many were answered. */
unsigned long tls_load_run(struct tls_load *l, int64_t ms);

#endif
