/* Requests over TLS that come in one piece: each is answered, whatever was read ahead. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "controller/http/tls_input.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define REQUESTS 6
#define LONG	 3000 /* of a header: more than is read ahead */

static struct stand api;

static int start(void)
{
	return stand_start(&api, NULL) ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

static int connect_to_it(void)
{
	const struct timeval limit = {.tv_sec = 10};
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(strrchr(api.base, ':') + 1, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	TEST_MUST(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void send_request(gnutls_session_t tls, size_t padding)
{
	static const char head[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Padding: ";
	char text[sizeof(head) + LONG + 4];
	size_t n = sizeof(head) - 1;

	memcpy(text, head, n);
	memset(text + n, 'p', padding);
	memcpy(text + n + padding, "\r\n\r\n", 4);
	CU_ASSERT(gnutls_record_send(tls, text, n + padding + 4) > 0);
}

/* How many answers came; each is 200, and small. */
static int count_answers(gnutls_session_t tls, int want)
{
	static const char line[] = "HTTP/1.1 200";
	char text[REQUESTS * 600] = "";
	size_t used = 0;
	int n = 0;

	while (n < want && used + 1 < sizeof(text)) {
		ssize_t got = gnutls_record_recv(tls, text + used, sizeof(text) - 1 - used);

		if (got == GNUTLS_E_INTERRUPTED)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
		text[used] = '\0';
		n = 0;
		for (const char *at = text; (at = strstr(at, line)) != NULL; at += strlen(line))
			n++;
	}
	return n;
}

static void what_comes_in_one_piece_is_answered(void)
{
	gnutls_certificate_credentials_t credentials;
	int on = 1, off = 0, fd = connect_to_it(), rc;
	gnutls_session_t tls;

	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_init(&tls, GNUTLS_CLIENT);
	gnutls_set_default_priority(tls);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(tls, fd);
	do
		rc = gnutls_handshake(tls);
	while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
	TEST_NUMBER(rc, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	for (int i = 0; i < REQUESTS; i++)
		send_request(tls, i == 2 ? LONG : i == 3 ? TLS_INPUT_SIZE : 1);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	TEST_NUMBER(count_answers(tls, REQUESTS), REQUESTS);
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
}

TEST_SUITE_WITH(controller_tls_input, start, stop,
		{"what comes in one piece is answered", what_comes_in_one_piece_is_answered});
