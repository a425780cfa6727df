/* ICMP echo (RFC 792) over one device: what `ping` does. The other side's kernel answers.
 *
 * Where this process may, it is a socket of the kernel's own for it (net.ipv4.ping_group_range),
 * and else a raw one (CAP_NET_RAW), on which a filter lets pass nothing but its own answers. Times
 * are the kernel's of arrival, so that a busy process measures the way and not itself. */
#ifndef SKEIN_NET_ICMP_ECHO_H
#define SKEIN_NET_ICMP_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/net/prefix.h"

struct icmp_echo {
	int fd; /* not blocking; readable when there is an answer */
	bool raw;
	uint16_t id;
};

struct icmp_echo_request {
	struct address from, to; /* IPv4; from of family 0: whatever the kernel takes */
	int device;		 /* 0: any */
	uint16_t sequence;
};

struct icmp_echo_reply {
	struct address from;
	uint16_t sequence;
	int64_t at_ns; /* of icmp_echo_now() */
};

/* ERR_PRIVILEGE where this process may do neither. */
int icmp_echo_open(struct icmp_echo *e, struct fault *f);
void icmp_echo_close(struct icmp_echo *e);
/* The clock by which replies are stamped: the machine's, which may be set meanwhile. */
int64_t icmp_echo_now(void);
/* 64 bytes of ICMP. The error is the kernel's: no route, no such device, no session with the peer.
 */
int icmp_echo_send(const struct icmp_echo *e, const struct icmp_echo_request *r, struct fault *f);
/* False: there is none any more. */
bool icmp_echo_receive(const struct icmp_echo *e, struct icmp_echo_reply *out);

#endif
