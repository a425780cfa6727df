#include "test/bench/tls_load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "test/bench/bench.h"

#define ANSWER_MAX 2048
#define SILENCE_MS 10000

struct client {
	gnutls_session_t tls;
	int fd;
	char answer[ANSWER_MAX];
	size_t used;
};

struct tls_load {
	uint16_t port;
	const char *request;
	char status[16]; /* how an answer begins */
	gnutls_certificate_credentials_t credentials;
	struct client clients[TLS_LOAD_CLIENTS];
	int epoll;
	unsigned waiting; /* clients with a request under way */
	unsigned long answered;
};

/* ---- one client ---- */

static void client_open(struct tls_load *l, struct client *c)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(l->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, rc;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		bench_fail("nobody listens at port %u", l->port);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	gnutls_init(&c->tls, GNUTLS_CLIENT);
	gnutls_set_default_priority(c->tls);
	gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, l->credentials);
	gnutls_transport_set_int(c->tls, c->fd);
	do
		rc = gnutls_handshake(c->tls);
	while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
	if (rc < 0)
		bench_fail("TLS: %s", gnutls_strerror(rc));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void client_close(struct client *c)
{
	gnutls_deinit(c->tls);
	close(c->fd);
}

/* It is small, and nothing else is under way: it fits. */
static void client_ask(struct tls_load *l, struct client *c)
{
	ssize_t len = (ssize_t)strlen(l->request);

	c->used = 0;
	if (gnutls_record_send(c->tls, l->request, (size_t)len) != len)
		bench_fail("a request is not taken");
}

/* True when the answer is whole: it has no body. */
static bool client_read(struct tls_load *l, struct client *c)
{
	ssize_t got =
		gnutls_record_recv(c->tls, c->answer + c->used, sizeof(c->answer) - 1 - c->used);

	if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
		return false;
	if (got <= 0)
		bench_fail("the connection ended: %s", gnutls_strerror((int)got));
	c->used += (size_t)got;
	c->answer[c->used] = '\0';
	if (strstr(c->answer, "\r\n\r\n") == NULL)
		return false;
	if (strncmp(c->answer, l->status, strlen(l->status)) != 0)
		bench_fail("want %s, got: %s", l->status, c->answer);
	return true;
}

/* ---- all of them ---- */

static void watch(struct tls_load *l, struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		bench_fail("epoll_ctl");
}

static void turn(struct tls_load *l, bool on)
{
	struct epoll_event events[TLS_LOAD_CLIENTS];
	int n = epoll_wait(l->epoll, events, TLS_LOAD_CLIENTS, SILENCE_MS);

	if (n <= 0)
		bench_fail("no answer in %d s", SILENCE_MS / 1000);
	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;

		if (!client_read(l, c))
			continue;
		l->answered++;
		if (on)
			client_ask(l, c);
		else
			l->waiting--;
	}
}

struct tls_load *tls_load_open(uint16_t port, const char *request, int status)
{
	struct tls_load *l = mem_alloc(sizeof(*l));

	l->port = port;
	l->request = request;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	snprintf(l->status, sizeof(l->status), "HTTP/1.1 %d", status);
	gnutls_certificate_allocate_credentials(&l->credentials);
	for (unsigned i = 0; i < TLS_LOAD_CLIENTS; i++) {
		client_open(l, &l->clients[i]);
		watch(l, &l->clients[i]);
	}
	return l;
}

void tls_load_close(struct tls_load *l)
{
	for (unsigned i = 0; i < TLS_LOAD_CLIENTS; i++)
		client_close(&l->clients[i]);
	gnutls_certificate_free_credentials(l->credentials);
	close(l->epoll);
	free(l);
}

unsigned long tls_load_run(struct tls_load *l, int64_t ms)
{
	struct mono until = mono_add_ms(mono_now(), ms);

	l->answered = 0;
	for (l->waiting = 0; l->waiting < TLS_LOAD_CLIENTS; l->waiting++)
		client_ask(l, &l->clients[l->waiting]);
	while (l->waiting > 0)
		turn(l, !mono_reached(until, mono_now()));
	return l->answered;
}
