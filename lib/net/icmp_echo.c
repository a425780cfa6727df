#include "lib/net/icmp_echo.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE	    64
#define RECEIVE_MAX 2048
#define BUFFER_SIZE 65536

/* Of all ICMP that this machine gets: echo replies with our identifier. */
static int let_own_pass(const struct icmp_echo *e)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the IP header */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, offsetof(struct icmphdr, type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY << 8, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, offsetof(struct icmphdr, un.echo.id)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, e->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, RECEIVE_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(e->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int set_up(struct icmp_echo *e)
{
	const int on = 1, size = BUFFER_SIZE;

	if (e->raw && let_own_pass(e) != 0)
		return -1;
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0)
		return -1;
	return setsockopt(e->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

int icmp_echo_open(struct icmp_echo *e, struct fault *f)
{
	const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	memset(e, 0, sizeof(*e));
	e->fd = socket(AF_INET, SOCK_DGRAM | flags, IPPROTO_ICMP);
	if (e->fd < 0) {
		e->raw = true;
		if (getrandom(&e->id, sizeof(e->id), 0) != sizeof(e->id))
			return fault_errno(f, errno, "random numbers");
		e->fd = socket(AF_INET, SOCK_RAW | flags, IPPROTO_ICMP);
	}
	if (e->fd < 0)
		return fault_errno(f, errno, "a socket for ICMP echo");
	if (set_up(e) != 0) {
		int why = errno;

		icmp_echo_close(e);
		return fault_errno(f, why, "a socket for ICMP echo");
	}
	return 0;
}

void icmp_echo_close(struct icmp_echo *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

int64_t icmp_echo_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* RFC 1071; the size is even. */
static uint16_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

int icmp_echo_send(const struct icmp_echo *e, const struct icmp_echo_request *r, struct fault *f)
{
	uint8_t packet[SIZE] = {0};
	struct icmphdr head = {.type = ICMP_ECHO,
			       .un.echo = {.id = htons(e->id), .sequence = htons(r->sequence)}};
	struct in_pktinfo where = {.ipi_ifindex = r->device};
	struct sockaddr_in to = {.sin_family = AF_INET};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(where))];
	} control = {.bytes = {0}};
	struct iovec iov = {packet, sizeof(packet)};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	memcpy(packet, &head, sizeof(head));
	head.checksum = checksum(packet, sizeof(packet));
	memcpy(packet, &head, sizeof(head));
	memcpy(&to.sin_addr, r->to.bytes, sizeof(to.sin_addr));
	if (r->from.family == FAMILY_IPV4)
		memcpy(&where.ipi_spec_dst, r->from.bytes, sizeof(where.ipi_spec_dst));
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(where));
	memcpy(CMSG_DATA(c), &where, sizeof(where));
	if (sendmsg(e->fd, &m, MSG_NOSIGNAL) != (ssize_t)sizeof(packet))
		return fault_errno(f, errno, "an echo request");
	return 0;
}

static int64_t arrival(struct msghdr *m)
{
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
	}
	return icmp_echo_now();
}

/* A raw socket gives the IP header, too. */
static bool parse(const struct icmp_echo *e, const uint8_t *at, size_t len, uint16_t *sequence)
{
	struct icmphdr head;
	size_t skip = e->raw && len > 0 ? (at[0] & 0x0fu) * 4u : 0;

	if (len < skip + sizeof(head))
		return false;
	memcpy(&head, at + skip, sizeof(head));
	*sequence = ntohs(head.un.echo.sequence);
	return head.type == ICMP_ECHOREPLY && (!e->raw || ntohs(head.un.echo.id) == e->id);
}

bool icmp_echo_receive(const struct icmp_echo *e, struct icmp_echo_reply *out)
{
	uint8_t packet[RECEIVE_MAX];
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct sockaddr_in from;

	for (;;) {
		struct iovec iov = {packet, sizeof(packet)};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control.bytes,
				   .msg_controllen = sizeof(control.bytes)};
		ssize_t n = recvmsg(e->fd, &m, MSG_DONTWAIT);

		if (n < 0)
			return false;
		out->at_ns = arrival(&m);
		out->from = address_ipv4(ntohl(from.sin_addr.s_addr));
		if (parse(e, packet, (size_t)n, &out->sequence))
			return true;
	}
}
