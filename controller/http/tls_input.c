#include "controller/http/tls_input.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static ssize_t take(struct tls_input *in, void *to, size_t size)
{
	size_t n = in->end - in->first;

	n = n < size ? n : size;
	memcpy(to, in->bytes + in->first, n);
	in->first += n;
	return (ssize_t)n;
}

/* As recv(): what it says by errno, GnuTLS looks up there. */
static ssize_t pull(gnutls_transport_ptr_t context, void *to, size_t size)
{
	struct tls_input *in = context;
	ssize_t got;

	if (in->first < in->end)
		return take(in, to, size);
	if (size >= TLS_INPUT_SIZE)
		return recv(in->fd, to, size, 0);
	got = recv(in->fd, in->bytes, sizeof(in->bytes), 0);
	if (got <= 0)
		return got;
	in->first = 0;
	in->end = (size_t)got;
	return take(in, to, size);
}

static int await(gnutls_transport_ptr_t context, unsigned ms)
{
	const struct tls_input *in = context;
	struct pollfd p = {.fd = in->fd, .events = POLLIN};

	return in->first < in->end ? 1
				   : poll(&p, 1, ms == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)ms);
}

void tls_input_attach(struct tls_input *in, gnutls_session_t session, int fd)
{
	in->fd = fd;
	in->first = in->end = 0;
	gnutls_transport_set_ptr2(session, in, (gnutls_transport_ptr_t)(intptr_t)fd);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, await);
}
