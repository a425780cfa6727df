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

#include "lib/base/clock.h"
#include "test/bench/bench.h"

#define CLIENTS_MAX 64
#define ANSWER_MAX  2048
#define SILENCE_MS  10000

struct client {
	gnutls_session_t tls;
	int fd;
	char answer[ANSWER_MAX];
	size_t used;
};

struct load {
	const struct tls_load *of;
	gnutls_certificate_credentials_t credentials;
	struct client clients[CLIENTS_MAX];
	char status[16]; /* how an answer begins */
	int epoll;
	unsigned long answered;
};

/* ---- one client ---- */

static void client_open(struct load *l, struct client *c)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(l->of->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, rc;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		bench_fail("nobody listens at port %u", l->of->port);
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
static void client_ask(struct load *l, struct client *c)
{
	ssize_t len = (ssize_t)strlen(l->of->request);

	c->used = 0;
	if (gnutls_record_send(c->tls, l->of->request, (size_t)len) != len)
		bench_fail("a request is not taken");
}

/* True when the answer is whole: it has no body. */
static bool client_read(struct load *l, struct client *c)
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

static void watch(struct load *l, struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		bench_fail("epoll_ctl");
}

static void turn(struct load *l)
{
	struct epoll_event events[CLIENTS_MAX];
	int n = epoll_wait(l->epoll, events, CLIENTS_MAX, SILENCE_MS);

	if (n <= 0)
		bench_fail("no answer in %d s", SILENCE_MS / 1000);
	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;

		/* Records that were read already raise no event. */
		while (client_read(l, c)) {
			l->answered++;
			client_ask(l, c);
		}
	}
}

unsigned long tls_load_run(const struct tls_load *of, void (*begun)(void *), void (*ended)(void *),
			   void *context)
{
	static struct load l;
	unsigned long before;
	struct mono until;

	l = (struct load){.of = of, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	snprintf(l.status, sizeof(l.status), "HTTP/1.1 %d", of->status);
	gnutls_certificate_allocate_credentials(&l.credentials);
	for (unsigned i = 0; i < of->clients; i++) {
		client_open(&l, &l.clients[i]);
		watch(&l, &l.clients[i]);
	}
	for (unsigned i = 0; i < of->clients; i++)
		client_ask(&l, &l.clients[i]);
	while (l.answered < of->clients) /* what comes first is there once */
		turn(&l);
	before = l.answered;
	if (begun != NULL)
		begun(context);
	until = mono_add_ms(mono_now(), of->ms);
	while (!mono_reached(until, mono_now()))
		turn(&l);
	if (ended != NULL)
		ended(context);
	for (unsigned i = 0; i < of->clients; i++)
		client_close(&l.clients[i]);
	gnutls_certificate_free_credentials(l.credentials);
	close(l.epoll);
	return l.answered - before;
}
