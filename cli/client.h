/* The controller's API over HTTPS, one request at a time (libcurl). */
#ifndef SKEIN_CLI_CLIENT_H
#define SKEIN_CLI_CLIENT_H

#include "cli/session.h"
#include "cli/transport.h"

/* Copies what it needs of the session. A controller with a pin is known by its key alone: a
 * certificate of its own making, renewed or expired, does not matter. Without a pin its certificate
 * must verify. Never NULL on 0; free by its own `free`. */
int client_new(const struct session *s, struct transport **out, struct fault *f);

#endif
