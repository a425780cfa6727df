#include "test/net/speaker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define SEND_MS 1000

static struct sockaddr_in socket_address(const struct address *a, uint16_t port)
{
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};

	s.sin_addr.s_addr = htonl(address_to_ipv4(a));
	return s;
}

/* Only its own network namespace makes it that machine's. */
static int make_socket(void *context)
{
	int *fd = context;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *fd < 0 ? ERR_IO : 0;
}

static bool await(int fd, short events, int64_t ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, (int)ms) == 1;
}

static int finish_connect(int fd, int64_t ms, struct fault *f)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (!await(fd, POLLOUT, ms))
		return fault_set(f, ERR_TIMEOUT, "no answer to a connection");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
		return fault_set(f, ERR_UNREACHABLE, "connect: %s", strerror(error));
	return 0;
}

int speaker_connect(struct speaker *s, const struct speaker_way *way, int64_t ms, struct fault *f)
{
	struct sockaddr_in from = socket_address(&way->from, 0);
	struct sockaddr_in to = socket_address(&way->to, way->port);
	int one = 1, code;

	s->fd = -1;
	s->have = 0;
	code = netns_inside(way->at->net, make_socket, &s->fd, f);
	if (code != 0)
		return code;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(s->fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		return fault_set(f, ERR_IO, "bind: %s", strerror(errno));
	if (connect(s->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		return fault_set(f, ERR_UNREACHABLE, "connect: %s", strerror(errno));
	return finish_connect(s->fd, ms, f);
}

void speaker_close(struct speaker *s, bool abort)
{
	const struct linger at_once = {.l_onoff = 1};

	if (s->fd < 0)
		return;
	if (abort)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(s->fd);
	s->fd = -1;
}

size_t speaker_put(uint8_t out[SPEAKER_MESSAGE_MAX], uint8_t type, const uint8_t *body, size_t len)
{
	size_t size = SPEAKER_HEADER + len;

	memset(out, 0xff, 16);
	out[16] = (uint8_t)(size >> 8);
	out[17] = (uint8_t)size;
	out[18] = type;
	if (len > 0)
		memcpy(out + SPEAKER_HEADER, body, len);
	return size;
}

bool speaker_send(struct speaker *s, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN && await(s->fd, POLLOUT, SEND_MS))
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A whole message at the front of what came. */
static size_t whole(const struct speaker *s)
{
	size_t len = s->have >= SPEAKER_HEADER ? (size_t)s->in[16] << 8 | s->in[17] : 0;

	return len >= SPEAKER_HEADER && len <= s->have ? len : 0;
}

static void take(struct speaker *s, size_t len, struct speaker_heard *out)
{
	out->type = s->in[18];
	if (out->type == SPEAKER_NOTIFICATION && len >= SPEAKER_HEADER + 2) {
		out->code = s->in[19];
		out->subcode = s->in[20];
	}
	s->have -= len;
	memmove(s->in, s->in + len, s->have);
}

bool speaker_hear(struct speaker *s, int64_t ms, struct speaker_heard *out)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	size_t len;

	*out = (struct speaker_heard){0};
	while ((len = whole(s)) == 0) {
		int64_t left = mono_ms_between(mono_now(), deadline);
		ssize_t n;

		if (left < 0 || !await(s->fd, POLLIN, left))
			return false;
		n = recv(s->fd, s->in + s->have, sizeof(s->in) - s->have, 0);
		if (n <= 0)
			return true;
		s->have += (size_t)n;
	}
	take(s, len, out);
	return true;
}

bool speaker_establish(struct speaker *s, const uint8_t *open, size_t len, int64_t ms,
		       struct speaker_heard *heard)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	uint8_t message[SPEAKER_MESSAGE_MAX];
	bool opened = false;

	if (!speaker_send(s, message, speaker_put(message, SPEAKER_OPEN, open, len)))
		return false;
	while (speaker_hear(s, mono_ms_between(mono_now(), deadline), heard)) {
		if (heard->type == SPEAKER_OPEN && !opened)
			opened = speaker_send(s, message,
					      speaker_put(message, SPEAKER_KEEPALIVE, NULL, 0));
		else if (heard->type == SPEAKER_KEEPALIVE && opened)
			return true;
		else
			return false;
	}
	return false;
}
