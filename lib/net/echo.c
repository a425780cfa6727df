#include "lib/net/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define REQUESTS_MAX 64

struct conversation {
	const struct echo_question *question;
	struct echo_answer *out;
	int fd;
	uint16_t id;
	struct mono sent[REQUESTS_MAX];
};

/* Over the header, which is all there is (RFC 1071). */
static uint16_t checksum(const struct icmphdr *h)
{
	uint16_t words[sizeof(*h) / 2];
	uint32_t sum = 0;

	memcpy(words, h, sizeof(*h));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static struct sockaddr_in to_socket(const struct address *a)
{
	struct sockaddr_in s = {.sin_family = AF_INET};

	memcpy(&s.sin_addr, a->bytes, sizeof(s.sin_addr));
	return s;
}

/* Connected, so that it hears nobody else. */
static int open_socket(struct conversation *c, struct fault *f)
{
	const struct sockaddr_in from = to_socket(&c->question->from);
	const struct sockaddr_in to = to_socket(&c->question->to);

	c->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (c->fd < 0)
		return fault_errno(f, errno, "socket for ICMP");
	if (c->question->from.family != FAMILY_NONE &&
	    bind(c->fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		return fault_errno(f, errno, "source of ICMP");
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno == EACCES)
		return fault_errno(f, errno, "destination of ICMP");
	return 0;
}

/* A kernel without a way to send it is an answer too: nobody answers. */
static void send_request(struct conversation *c, unsigned number)
{
	struct icmphdr h = {.type = ICMP_ECHO};

	h.un.echo.id = c->id;
	h.un.echo.sequence = htons((uint16_t)number);
	h.checksum = checksum(&h);
	c->sent[number] = mono_now();
	if (send(c->fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h))
		c->out->sent++;
}

static void hear(struct conversation *c, unsigned numbers)
{
	unsigned char packet[512];
	struct icmphdr h;
	struct iphdr ip;
	ssize_t n;

	while (!c->out->answered && (n = recv(c->fd, packet, sizeof(packet), 0)) > 0) {
		size_t before;

		if ((size_t)n < sizeof(ip))
			continue;
		memcpy(&ip, packet, sizeof(ip));
		before = (size_t)ip.ihl * 4;
		if ((size_t)n < before + sizeof(h))
			continue;
		memcpy(&h, packet + before, sizeof(h));
		if (h.type != ICMP_ECHOREPLY || h.un.echo.id != c->id ||
		    ntohs(h.un.echo.sequence) >= numbers)
			continue;
		c->out->answered = true;
		c->out->rtt_us = (mono_now().ns - c->sent[ntohs(h.un.echo.sequence)].ns) / 1000;
	}
}

static void listen_until(struct conversation *c, struct mono deadline, unsigned numbers)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	while (!c->out->answered && !mono_reached(deadline, mono_now())) {
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (poll(&p, 1, (int)(left > 0 ? left : 0) + 1) <= 0)
			return;
		hear(c, numbers);
	}
}

int echo_ask(const struct echo_question *q, struct echo_answer *out, struct fault *f)
{
	const unsigned count = q->count < REQUESTS_MAX ? q->count : REQUESTS_MAX;
	struct conversation c = {.question = q, .out = out, .fd = -1};
	int code = open_socket(&c, f);

	*out = (struct echo_answer){0};
	if (getrandom(&c.id, sizeof(c.id), 0) != (ssize_t)sizeof(c.id))
		c.id = (uint16_t)getpid();
	for (unsigned i = 0; code == 0 && i < count && !out->answered; i++) {
		const int ms = i + 1 < count ? q->interval_ms : q->wait_ms;

		send_request(&c, i);
		listen_until(&c, mono_add_ms(c.sent[i], ms), i + 1);
	}
	if (c.fd >= 0)
		close(c.fd);
	return code;
}
