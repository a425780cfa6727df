/* What a TLS connection reads, ahead: GnuTLS asks for a record's head and then for its body, and a
 * request is one record. So its socket is read once for both. */
#ifndef SKEIN_CONTROLLER_HTTP_TLS_INPUT_H
#define SKEIN_CONTROLLER_HTTP_TLS_INPUT_H

#include <gnutls/gnutls.h>
#include <stddef.h>

#define TLS_INPUT_SIZE 512 /* a request of an agent; what is larger is read as before */

struct tls_input {
	int fd;
	size_t first, end; /* of what was read and not asked for yet */
	unsigned char bytes[TLS_INPUT_SIZE];
};

/* The session reads by it from now on; nothing was read before. Borrowed until the session ends. */
void tls_input_attach(struct tls_input *in, gnutls_session_t session, int fd);

#endif
