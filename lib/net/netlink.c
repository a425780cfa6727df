#include "lib/net/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/net/netlink_transport.h"

/* The kernel fills what a reader offers, 32 KiB at most. */
#define RECEIVE_SIZE   65536
#define SOCKET_BUFFER  (4 << 20)
#define ANSWER_SECONDS 10

struct netlink {
	int fd;
	uint32_t sequence;
	uint8_t *buffer; /* RECEIVE_SIZE */
	netlink_scrub *scrub;
};

static void set_options(int fd)
{
	static const int settings[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	const int one = 1, size = SOCKET_BUFFER;

	/* Each is an improvement, not a condition: a kernel without one works as it did before. */
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		(void)setsockopt(fd, SOL_NETLINK, settings[i], &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int netlink_open(int protocol, struct netlink **out, struct fault *f)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	struct netlink *n;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return fault_errno(f, errno, "netlink socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int code = fault_errno(f, errno, "netlink socket");

		close(fd);
		return code;
	}
	set_options(fd);
	n = mem_alloc(sizeof(*n));
	n->fd = fd;
	n->buffer = mem_alloc(RECEIVE_SIZE);
	*out = n;
	return 0;
}

int netlink_open_at(int protocol, int netns_fd, struct netlink **out, struct fault *f)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int code;

	if (home < 0)
		return fault_errno(f, errno, "own network namespace");
	if (setns(netns_fd, CLONE_NEWNET) != 0) {
		code = fault_errno(f, errno, "network namespace");
		close(home);
		return code;
	}
	code = netlink_open(protocol, out, f);
	if (setns(home, CLONE_NEWNET) != 0) {
		/* Going on in a foreign namespace would change the wrong machine. */
		perror("return to the own network namespace");
		abort();
	}
	close(home);
	return code;
}

void netlink_close(struct netlink *n)
{
	if (n == NULL)
		return;
	close(n->fd);
	free(n->buffer);
	free(n);
}

void netlink_set_scrub(struct netlink *n, netlink_scrub *scrub)
{
	n->scrub = scrub;
}

struct nl_msg *netlink_message(int type, int flags)
{
	struct nl_msg *m = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST);

	if (m == NULL) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return m;
}

uint32_t netlink_next_sequence(struct netlink *n)
{
	return ++n->sequence;
}

int netlink_send(struct netlink *n, const struct iovec *parts, size_t count, struct fault *f)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct msghdr m = {.msg_name = &kernel,
			   .msg_namelen = sizeof(kernel),
			   .msg_iov = (struct iovec *)(uintptr_t)parts,
			   .msg_iovlen = count};

	while (sendmsg(n->fd, &m, 0) < 0)
		if (errno != EINTR)
			return fault_errno(f, errno, "netlink request");
	return 0;
}

/* One datagram of the kernel. */
static int receive(struct netlink *n, size_t *len, struct fault *f)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec part = {.iov_base = n->buffer, .iov_len = RECEIVE_SIZE};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &part,
				   .msg_iovlen = 1};
		ssize_t got = recvmsg(n->fd, &m, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return fault_set(f, ERR_TIMEOUT, "the kernel did not answer within %d s",
					 ANSWER_SECONDS);
		if (got < 0)
			return fault_errno(f, errno, "netlink answer");
		if ((m.msg_flags & MSG_TRUNC) != 0)
			return fault_set(f, ERR_TOO_LARGE, "netlink answer");
		if (from.nl_pid != 0) /* some other process sent it */
			continue;
		*len = (size_t)got;
		return 0;
	}
}

int netlink_read_answer(struct netlink *n, uint32_t first, netlink_reader *each, void *context,
			struct fault *f)
{
	for (;;) {
		size_t got = 0;
		int code = receive(n, &got, f);
		int left = (int)got;

		if (code != 0)
			return code;
		for (struct nlmsghdr *h = (void *)n->buffer; nlmsg_ok(h, left);
		     h = nlmsg_next(h, &left)) {
			if (n->scrub != NULL && h->nlmsg_type >= NLMSG_MIN_TYPE)
				n->scrub(h);
			if (h->nlmsg_seq - first > n->sequence - first)
				continue;
			if (each(h, context) == NETLINK_COMPLETE)
				return 0;
		}
	}
}
