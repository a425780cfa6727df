/* Who has a port: so that "port 179 is taken" can say by whom. */
#ifndef SKEIN_NET_PORT_HOLDER_H
#define SKEIN_NET_PORT_HOLDER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/error.h"

enum port_protocol { PORT_UDP, PORT_TCP };

struct port_holder {
	pid_t pid;     /* 0: the kernel, or a process that cannot be seen */
	char name[32]; /* of the process; "" if unknown */
};

/* Looks for a socket bound to the port (listening, for TCP) in the network namespace of the calling
 * thread, IPv4 or IPv6. ERR_NOT_FOUND if there is none. */
int port_holder_find(enum port_protocol protocol, uint16_t port, struct port_holder *out,
		     struct fault *f);

#define PORT_HOLDER_TEXT_MAX 64
/* "bird (pid 312)", "the kernel or a hidden process". Returns `out`. */
const char *port_holder_format(const struct port_holder *h, char out[PORT_HOLDER_TEXT_MAX]);

#endif
