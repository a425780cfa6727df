#include "lab/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/checksum.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"

#define RETRY_MS   250
#define HOP_MS	   300
#define HOP_TRIES  3
#define TRACE_PORT 33434

static struct sockaddr_in to_socket(const struct address *a, uint16_t port)
{
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&s.sin_addr, a->bytes, 4);
	return s;
}

struct open_call {
	int type, protocol, fd, error;
	const struct address *from;
	uint16_t port;
};

/* In the place's network namespace. */
static int open_socket(void *context)
{
	struct open_call *call = context;
	struct sockaddr_in own = {.sin_family = AF_INET};

	if (call->from != NULL && call->from->family != FAMILY_NONE)
		own = to_socket(call->from, call->port);
	call->fd = socket(AF_INET, call->type | SOCK_CLOEXEC | SOCK_NONBLOCK, call->protocol);
	if (call->fd < 0 || bind(call->fd, (struct sockaddr *)&own, sizeof(own)) != 0)
		call->error = errno;
	return 0;
}

static int open_at(const struct place *at, struct open_call *call, struct fault *f)
{
	int code;

	call->fd = -1;
	code = netns_inside(at->net, open_socket, call, f);
	if (code == 0 && call->error != 0)
		code = fault_errno(f, call->error, "socket in %s", at->hostname);
	return code;
}

/* ---- echo ---- */

struct asking {
	struct reach *pairs;
	struct pollfd *polls;
	size_t n, answered;
	uint16_t id;
};

/* Opened as late as that, and again: the address may be on its way to the machine. */
static void open_pair(const struct asking *a, size_t i)
{
	struct open_call call = {SOCK_RAW, IPPROTO_ICMP, .from = &a->pairs[i].from};

	if (open_at(a->pairs[i].at, &call, NULL) != 0 && call.fd >= 0) {
		close(call.fd);
		call.fd = -1;
	}
	a->polls[i].fd = call.fd;
	a->polls[i].events = POLLIN;
}

static void ask(const struct asking *a, size_t i)
{
	struct sockaddr_in to = to_socket(&a->pairs[i].to, 0);
	struct icmphdr request;

	if (a->polls[i].fd < 0)
		open_pair(a, i);
	memset(&request, 0, sizeof(request));
	request.type = ICMP_ECHO;
	request.un.echo.id = a->id;
	request.un.echo.sequence = htons((uint16_t)i);
	request.checksum = checksum_of(&request, sizeof(request));
	/* "no route" is an answer too: none */
	(void)!sendto(a->polls[i].fd, &request, sizeof(request), 0, (struct sockaddr *)&to,
		      sizeof(to));
}

/* A raw socket sees every ICMP packet of its namespace: ours is known by id, number and sender. */
static void hear(struct asking *a, size_t i)
{
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} reply;

	while (recv(a->polls[i].fd, &reply, sizeof(reply), 0) > 0) {
		if (reply.ip.ihl == 5 && reply.icmp.type == ICMP_ECHOREPLY &&
		    reply.icmp.un.echo.id == a->id &&
		    reply.icmp.un.echo.sequence == htons((uint16_t)i) &&
		    memcmp(&reply.ip.saddr, a->pairs[i].to.bytes, 4) == 0 &&
		    !a->pairs[i].answered) {
			a->pairs[i].answered = true;
			a->answered++;
			a->polls[i].events = 0;
		}
	}
}

static void ask_until(struct asking *a, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms), again = mono_now();

	while (a->answered < a->n && !mono_reached(deadline, mono_now())) {
		if (mono_reached(again, mono_now())) {
			for (size_t i = 0; i < a->n; i++)
				if (!a->pairs[i].answered)
					ask(a, i);
			again = mono_add_ms(mono_now(), RETRY_MS);
		}
		if (poll(a->polls, (nfds_t)a->n, RETRY_MS / 10) <= 0)
			continue;
		for (size_t i = 0; i < a->n; i++)
			if (a->polls[i].revents != 0)
				hear(a, i);
	}
}

int reach_check(struct reach *pairs, size_t n, int64_t ms, struct fault *f)
{
	struct asking a = {.pairs = pairs, .n = n};

	if (n > REACH_MAX)
		return fault_set(f, ERR_RANGE, "%zu pairs", n);
	if (getrandom(&a.id, sizeof(a.id), 0) != (ssize_t)sizeof(a.id))
		return fault_errno(f, errno, "getrandom");
	a.polls = mem_alloc((n + 1) * sizeof(*a.polls));
	for (size_t i = 0; i < n; i++) {
		a.polls[i].fd = -1;
		pairs[i].answered = false;
	}
	ask_until(&a, ms);
	for (size_t i = 0; i < n; i++)
		if (a.polls[i].fd >= 0)
			close(a.polls[i].fd);
	free(a.polls);
	return (int)a.answered;
}

/* ---- trace ---- */

/* Reads the queue of errors: who complained about our packet, and whether it is the destination. */
static bool read_complaint(int fd, const struct address *to, struct reach_hop *hop)
{
	union {
		struct cmsghdr align;
		char bytes[512];
	} control;
	char data[64];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &m, MSG_ERRQUEUE) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		const struct sock_extended_err *e = (const void *)CMSG_DATA(c);
		const struct sockaddr_in *who;

		if (c->cmsg_level != SOL_IP || c->cmsg_type != IP_RECVERR ||
		    e->ee_origin != SO_EE_ORIGIN_ICMP)
			continue;
		who = (const void *)SO_EE_OFFENDER(e);
		hop->address = address_ipv4(ntohl(who->sin_addr.s_addr));
		hop->arrived = address_equal(&hop->address, to);
		return true;
	}
	return false;
}

static void try_hop(int fd, int ttl, const struct address *to, struct reach_hop *hop)
{
	struct sockaddr_in peer = to_socket(to, TRACE_PORT);
	struct pollfd p = {.fd = fd};

	setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	for (int i = 0; i < HOP_TRIES; i++) {
		(void)!sendto(fd, "skein", 5, 0, (struct sockaddr *)&peer, sizeof(peer));
		if (poll(&p, 1, HOP_MS) == 1 && read_complaint(fd, to, hop))
			return;
	}
}

int reach_trace(const struct place *at, const struct address *from, const struct address *to,
		struct reach_hop hops[REACH_HOPS_MAX], struct fault *f)
{
	struct open_call call = {SOCK_DGRAM, 0, .from = from, .port = TRACE_PORT - 1};
	int code = open_at(at, &call, f), on = 1, n = 0;

	if (code == 0)
		setsockopt(call.fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	while (code == 0 && n < REACH_HOPS_MAX) {
		hops[n] = (struct reach_hop){0};
		try_hop(call.fd, n + 1, to, &hops[n]);
		if (hops[n++].arrived)
			break;
	}
	if (call.fd >= 0)
		close(call.fd);
	return code == 0 ? n : code;
}
