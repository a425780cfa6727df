/* A listening socket, and who else holds the port when it cannot be had. */
#ifndef SKEIN_CONTROLLER_HTTP_LISTEN_H
#define SKEIN_CONTROLLER_HTTP_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "lib/base/error.h"

/* Binds and listens. `where` ("0.0.0.0:8443") is for the message. ERR_BUSY names the program that
 * has the port, as far as this process may see it. */
int listen_open(const struct sockaddr_storage *at, const char *where, int *fd, struct fault *f);
/* The port that a socket got (for port 0). */
int listen_port(int fd);

#endif
