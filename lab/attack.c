#include "lab/attack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/checksum.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"

#define SINKS_MAX  64
#define MARKS_MAX  256
#define LETTER_MAX 1500
#define LISTEN_MS  100

struct payload {
	struct attack_mark mark;
	uint8_t padding[ATTACK_SIZE - sizeof(struct iphdr) - sizeof(struct udphdr) - 8];
};

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	struct payload payload;
};

_Static_assert(sizeof(struct datagram) == ATTACK_SIZE, "no holes in a datagram");

/* "Use another router": type 5, code 1 (RFC 792). */
static void make_redirect(struct datagram *d)
{
	struct icmphdr icmp = {.type = ICMP_REDIRECT, .code = ICMP_REDIR_HOST};

	d->ip.protocol = IPPROTO_ICMP;
	d->ip.check = 0;
	d->ip.check = checksum_of(&d->ip, sizeof(d->ip));
	icmp.un.gateway = d->ip.saddr;
	memset(&d->payload, 0, sizeof(d->payload));
	memcpy(&d->udp, &icmp, sizeof(icmp));
	icmp.checksum = checksum_of(&d->udp, sizeof(d->udp) + sizeof(d->payload));
	memcpy(&d->udp, &icmp, sizeof(icmp));
}

/* Over the datagram's ports, which stand at the same place. The checksum is wrong: fences look at
 * the packet before anybody checks it, and no server is to begin a handshake over it. */
static void make_syn(struct datagram *d)
{
	struct tcphdr syn = {
		.source = d->udp.source, .dest = d->udp.dest, .doff = 5, .syn = 1, .window = 1};

	d->ip.protocol = IPPROTO_TCP;
	d->ip.check = 0;
	d->ip.check = checksum_of(&d->ip, sizeof(d->ip));
	memcpy(&d->udp, &syn, sizeof(d->udp));
	memcpy(&d->payload, (const uint8_t *)&syn + sizeof(d->udp), sizeof(syn) - sizeof(d->udp));
}

static void forge(const struct forgery *what, uint32_t mark, struct datagram *d)
{
	memset(d, 0, sizeof(*d));
	d->ip.version = 4;
	d->ip.ihl = 5;
	d->ip.tot_len = htons(sizeof(*d));
	d->ip.ttl = 64;
	d->ip.protocol = IPPROTO_UDP;
	memcpy(&d->ip.saddr, what->from.bytes, 4);
	memcpy(&d->ip.daddr, what->to.bytes, 4);
	d->ip.check = checksum_of(&d->ip, sizeof(d->ip));
	d->udp.source = htons(what->source_port != 0 ? what->source_port : ATTACK_PORT);
	d->udp.dest = htons(what->port != 0 ? what->port : ATTACK_PORT);
	d->udp.len = htons(sizeof(d->udp) + sizeof(d->payload)); /* checksum 0: not used */
	d->payload.mark = (struct attack_mark){htonl(ATTACK_COOKIE), mark};
	if (what->redirect)
		make_redirect(d);
	if (what->protocol == IPPROTO_TCP)
		make_syn(d);
}

struct raw_call {
	const char *device;
	int fd, index;
};

static int open_raw(void *context)
{
	struct raw_call *call = context;

	/* Protocol 0: it sends only, and is shown nothing. */
	call->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	call->index = (int)if_nametoindex(call->device);
	return 0;
}

int attack_send(const struct place *from, const struct forgery *what, uint32_t mark, unsigned count,
		struct fault *f)
{
	struct raw_call call = {.device = what->device, .fd = -1};
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	struct datagram datagram;
	int code = netns_inside(from->net, open_raw, &call, f);

	if (code != 0)
		goto out;
	if (call.fd < 0 || call.index == 0) {
		code = fault_set(f, ERR_NOT_FOUND, "no device %s to send on", what->device);
		goto out;
	}
	to.sll_ifindex = call.index;
	if (what->mac != NULL) {
		to.sll_halen = 6;
		memcpy(to.sll_addr, what->mac, 6);
	}
	forge(what, mark, &datagram);
	for (unsigned i = 0; i < count && code == 0; i++)
		if (sendto(call.fd, &datagram, sizeof(datagram), 0, (struct sockaddr *)&to,
			   sizeof(to)) != (ssize_t)sizeof(datagram))
			code = fault_errno(f, errno, "sending on %s", what->device);
out:
	if (call.fd >= 0)
		close(call.fd);
	return code;
}

struct post_call {
	const struct letter *what;
	int fd;
};

static int open_post(void *context)
{
	struct post_call *call = context;
	const struct letter *what = call->what;
	struct sockaddr_in own = {.sin_family = AF_INET};
	int whole = IP_PMTUDISC_DO, listens = 1;

	if (what->from.family != FAMILY_NONE)
		memcpy(&own.sin_addr, what->from.bytes, 4);
	call->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (call->fd < 0 || bind(call->fd, (struct sockaddr *)&own, sizeof(own)) != 0)
		return -errno;
	if (what->socket_mark != 0 && setsockopt(call->fd, SOL_SOCKET, SO_MARK, &what->socket_mark,
						 sizeof(what->socket_mark)) != 0)
		return -errno;
	if (what->size != 0 &&
	    (setsockopt(call->fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole)) != 0 ||
	     setsockopt(call->fd, IPPROTO_IP, IP_RECVERR, &listens, sizeof(listens)) != 0))
		return -errno;
	return 0;
}

int attack_post(const struct place *from, const struct letter *what, uint32_t mark, unsigned count,
		unsigned *refused, struct fault *f)
{
	const struct attack_mark head = {htonl(ATTACK_COOKIE), mark};
	size_t size = what->size != 0 ? what->size : ATTACK_SIZE;
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(what->port != 0 ? what->port : ATTACK_PORT)};
	struct post_call call = {.what = what, .fd = -1};
	uint8_t data[LETTER_MAX] = {0};
	int error;
	unsigned n = 0;

	if (size < ATTACK_SIZE || size > LETTER_MAX)
		return fault_set(f, ERR_RANGE, "a datagram of %zu bytes", size);
	error = netns_inside(from->net, open_post, &call, f);
	size -= sizeof(struct iphdr) + sizeof(struct udphdr);
	memcpy(data, &head, sizeof(head));
	memcpy(&to.sin_addr, what->to.bytes, 4);
	for (unsigned i = 0; i < count && error == 0; i++)
		n += sendto(call.fd, data, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0;
	if (refused != NULL)
		*refused = n;
	/* A path's MTU is learned for a socket that is there when the error arrives. */
	if (what->size != 0 && error == 0)
		poll(&(struct pollfd){.fd = call.fd}, 1, LISTEN_MS);
	if (call.fd >= 0)
		close(call.fd);
	if (f != NULL && f->code != 0)
		return f->code;
	return error != 0 ? fault_errno(f, -error, "socket in %s", from->hostname) : 0;
}

struct mac_call {
	const char *device;
	uint8_t *out;
};

static int ask_mac(void *context)
{
	struct mac_call *call = context;
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), code;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", call->device);
	code = ioctl(fd, SIOCGIFHWADDR, &request) == 0 ? 0 : -errno;
	memcpy(call->out, request.ifr_hwaddr.sa_data, 6);
	close(fd);
	return code;
}

int attack_read_mac(const struct place *at, const char *device, uint8_t out[6], struct fault *f)
{
	struct mac_call call = {device, out};
	int error = netns_inside(at->net, ask_mac, &call, f);

	if (f != NULL && f->code != 0)
		return f->code;
	return error != 0 ? fault_errno(f, -error, "device %s", device) : 0;
}

/* ---- sinks ---- */

struct sink {
	struct pollfd polls[SINKS_MAX];
	size_t n;
	struct {
		uint32_t mark;
		uint64_t count;
	} seen[MARKS_MAX];
	size_t nseen;
};

static int open_sink(void *context)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(ATTACK_PORT)};
	int *fd = context;

	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *fd >= 0 && bind(*fd, (struct sockaddr *)&any, sizeof(any)) == 0 ? 0 : -errno;
}

int sink_open(const struct place *places, size_t n, struct sink **out, struct fault *f)
{
	struct sink *s;

	if (n > SINKS_MAX)
		return fault_set(f, ERR_RANGE, "%zu sinks", n);
	s = mem_alloc(sizeof(*s));
	for (size_t i = 0; i < n; i++) {
		int fd = -1, error = netns_inside(places[i].net, open_sink, &fd, f);

		s->polls[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		s->n = i + 1;
		if (error != 0) {
			sink_close(s);
			return fault_errno(f, -error, "sink in %s", places[i].hostname);
		}
	}
	*out = s;
	return 0;
}

void sink_close(struct sink *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		if (s->polls[i].fd >= 0)
			close(s->polls[i].fd);
	free(s);
}

static void count(struct sink *s, uint32_t mark)
{
	size_t i = 0;

	while (i < s->nseen && s->seen[i].mark != mark)
		i++;
	if (i == MARKS_MAX)
		return;
	if (i == s->nseen)
		s->seen[s->nseen++].mark = mark;
	s->seen[i].count++;
}

uint64_t sink_count(struct sink *s, uint32_t mark)
{
	struct payload payload;

	for (size_t i = 0; i < s->n; i++) {
		ssize_t len;

		while ((len = recv(s->polls[i].fd, &payload, sizeof(payload), 0)) >= 0)
			if (len == (ssize_t)sizeof(payload) &&
			    payload.mark.cookie == htonl(ATTACK_COOKIE))
				count(s, payload.mark.mark);
	}
	for (size_t i = 0; i < s->nseen; i++)
		if (s->seen[i].mark == mark)
			return s->seen[i].count;
	return 0;
}

uint64_t sink_await(struct sink *s, uint32_t mark, uint64_t want, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	uint64_t got;

	while ((got = sink_count(s, mark)) < want) {
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (left <= 0)
			break;
		poll(s->polls, (nfds_t)s->n, (int)left);
	}
	return got;
}
