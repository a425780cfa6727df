#include "controller/http/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/port_holder.h"

#define BACKLOG 1024

/* It is at the same place in both families. */
static unsigned port_of(const struct sockaddr_storage *at)
{
	in_port_t port;

	memcpy(&port, (const char *)at + offsetof(struct sockaddr_in, sin_port), sizeof(port));
	return ntohs(port);
}

int listen_open(const struct sockaddr_storage *at, const char *where, int *fd, struct fault *f)
{
	socklen_t len = at->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						  : sizeof(struct sockaddr_in);
	const int on = 1;
	struct port_holder holder;
	char who[PORT_HOLDER_TEXT_MAX];

	*fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return fault_errno(f, errno, "listening on %s", where);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ss_family == AF_INET6)
		setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(*fd, (const struct sockaddr *)at, len) == 0 && listen(*fd, BACKLOG) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		port_holder_find(PORT_TCP, (uint16_t)port_of(at), &holder, NULL);
		fault_set(f, ERR_BUSY, "listening on %s: the port is held by %s", where,
			  port_holder_format(&holder, who));
	} else {
		fault_errno(f, errno, "listening on %s", where);
	}
	close(*fd);
	*fd = -1;
	return f != NULL ? f->code : ERR_IO;
}

int listen_port(int fd)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return -1;
	return (int)port_of(&at);
}
