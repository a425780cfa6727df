#include "test/unit/controller/pollers.h"

#include <arpa/inet.h>
#include <errno.h>
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
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "test/unit/controller/crowd.h"

#define WAIT_S	   60
#define START_MS   20000 /* for the last one's first answer */
#define EVENTS_MAX 256
#define PIECE	   16384

enum phase { STARTING, WAITING, FETCHING, DONE, FAILED };

struct poller {
	int fd; /* -1: none */
	gnutls_session_t tls;
	enum phase phase;
	char etag[96]; /* of what it knows of itself */
	struct buf in; /* of the answer, as far as it is there */
};

struct pollers {
	struct pollers_options options;
	gnutls_certificate_credentials_t credentials;
	int epoll;
	struct poller *at;
	const char *view_etag; /* steps are asked for from here on; NULL: not yet */
	size_t waiting, done;
};

/* ---- bytes ---- */

static bool put(struct poller *x, const char *text)
{
	size_t len = strlen(text);
	ssize_t sent = x->tls != NULL ? gnutls_record_send(x->tls, text, len)
				      : send(x->fd, text, len, MSG_NOSIGNAL);

	return sent == (ssize_t)len; /* a request fits into what a socket takes */
}

/* False when the connection is over. *more: there may be more at once. */
static bool take(struct poller *x, bool *more)
{
	char piece[PIECE];
	ssize_t got = x->tls != NULL ? gnutls_record_recv(x->tls, piece, sizeof(piece))
				     : recv(x->fd, piece, sizeof(piece), 0);

	*more = got > 0;
	if (got > 0)
		buf_append(&x->in, piece, (size_t)got);
	if (x->tls != NULL && got < 0)
		return gnutls_error_is_fatal((int)got) == 0;
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* ---- answers ---- */

/* A header's value; a static buffer. */
static const char *header(const struct poller *x, const char *name)
{
	static char value[200];
	const char *at = strstr(buf_text(&x->in), name);

	at = at != NULL ? at + strlen(name) : "";
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
	return value;
}

static bool is_whole(const struct poller *x)
{
	const char *end = strstr(buf_text(&x->in), "\r\n\r\n");
	size_t head;

	if (end == NULL)
		return false;
	head = (size_t)(end - x->in.data) + 4;
	return x->in.len >= head + strtoul(header(x, "Content-Length: "), NULL, 10);
}

static long status_of(const struct poller *x)
{
	return x->in.len > 12 ? strtol(x->in.data + 9, NULL, 10) : 0;
}

/* ---- one poller ---- */

static bool ask(struct poller *x, size_t i, const char *path, const char *further)
{
	struct stand_machine m;
	char text[1024];

	crowd_machine(i, &m);
	buf_fini(&x->in);
	snprintf(text, sizeof(text),
		 "GET /api/v1%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
		 "Skein-Start: start of %zu\r\n%s\r\n",
		 path, m.token, i, further);
	return put(x, text);
}

static bool handshake(struct pollers *p, struct poller *x)
{
	int rc;

	gnutls_init(&x->tls, GNUTLS_CLIENT);
	gnutls_set_default_priority(x->tls);
	gnutls_credentials_set(x->tls, GNUTLS_CRD_CERTIFICATE, p->credentials);
	gnutls_transport_set_int(x->tls, x->fd);
	do
		rc = gnutls_handshake(x->tls);
	while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
	return rc >= 0;
}

static bool open_one(struct pollers *p, struct poller *x)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(p->options.port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	x->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (x->fd < 0 || connect(x->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return false;
	(void)setsockopt(x->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return !p->options.tls || handshake(p, x);
}

/* There is an answer of what it knows of itself: asks for what is newer. */
static bool wait_for_news(struct poller *x, size_t i)
{
	char further[300];

	x->phase = WAITING;
	snprintf(further, sizeof(further), "If-None-Match: %s\r\nPrefer: wait=%d\r\n", x->etag,
		 WAIT_S);
	return ask(x, i, "/machine", further);
}

/* Asks what there is; go_on() has the rest. */
static bool begin(struct pollers *p, size_t i)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = &p->at[i]};
	struct poller *x = &p->at[i];

	return open_one(p, x) && ask(x, i, "/machine", "") &&
	       fcntl(x->fd, F_SETFL, O_NONBLOCK) == 0 &&
	       epoll_ctl(p->epoll, EPOLL_CTL_ADD, x->fd, &e) == 0;
}

static bool fetch(struct pollers *p, struct poller *x)
{
	char further[300];

	x->phase = FETCHING;
	snprintf(further, sizeof(further), "If-None-Match: %s\r\nA-IM: skein-delta\r\n",
		 p->view_etag);
	return ask(x, (size_t)(x - p->at), "/mesh/config", further);
}

/* A whole answer is there. False: it is none of those that there can be. */
static bool take_answer(struct pollers *p, struct poller *x)
{
	size_t i = (size_t)(x - p->at);
	long status = status_of(x);

	if (x->phase != FETCHING && status == 200)
		snprintf(x->etag, sizeof(x->etag), "%s", header(x, "ETag: "));
	if (x->phase == STARTING && status == 200) {
		p->waiting++;
		return wait_for_news(x, i);
	}
	if (x->phase == WAITING && status == 200 && p->view_etag != NULL)
		return fetch(p, x);
	if (x->phase == FETCHING && status == 226) {
		x->phase = DONE;
		p->done++;
		return true;
	}
	/* Its time was over; or its own name changed, and the view is not there yet. */
	return status == 304 && wait_for_news(x, i);
}

static void go_on(struct pollers *p, struct poller *x)
{
	bool more = true, ok = true;

	while (more && ok) {
		ok = take(x, &more);
		if (is_whole(x))
			ok = x->phase < DONE && take_answer(p, x);
	}
	if (ok)
		return;
	x->phase = FAILED; /* not counted */
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, x->fd, NULL);
}

/* Works off what comes within that time, or less. */
static void turn(struct pollers *p, int64_t ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(p->epoll, events, EVENTS_MAX, ms > 0 ? (int)ms : 0);

	for (int i = 0; i < n; i++)
		go_on(p, events[i].data.ptr);
}

/* ---- all of them ---- */

struct pollers *pollers_new(const struct pollers_options *o)
{
	struct pollers *p = mem_alloc(sizeof(*p));
	bool ok = true;

	errno = 0;
	p->options = *o;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->at = mem_resize(NULL, o->n, sizeof(*p->at));
	memset(p->at, 0, o->n * sizeof(*p->at));
	gnutls_certificate_allocate_credentials(&p->credentials);
	for (size_t i = 0; i < o->n; i++)
		p->at[i].fd = -1;
	for (size_t i = 0; i < o->n && ok; i++) {
		ok = begin(p, i);
		turn(p, 0);
	}
	for (struct mono end = mono_add_ms(mono_now(), START_MS);
	     ok && p->waiting < o->n && !mono_reached(end, mono_now());)
		turn(p, 100);
	if (ok && p->waiting == o->n)
		return p;
	stand_complain("%zu of %zu pollers wait: %s", p->waiting, o->n, strerror(errno));
	pollers_free(p);
	return NULL;
}

void pollers_free(struct pollers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->options.n; i++) {
		struct poller *x = &p->at[i];

		if (x->tls != NULL)
			gnutls_deinit(x->tls);
		if (x->fd >= 0)
			close(x->fd);
		buf_fini(&x->in);
	}
	gnutls_certificate_free_credentials(p->credentials);
	close(p->epoll);
	free(p->at);
	free(p);
}

size_t pollers_await_news(struct pollers *p, const char *view_etag, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);

	p->view_etag = view_etag;
	while (p->done < p->options.n && !mono_reached(deadline, mono_now()))
		turn(p, mono_ms_between(mono_now(), deadline));
	return p->done;
}
