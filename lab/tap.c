#include "lab/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/attack.h"
#include "lib/base/vec.h"

#define TAPS_MAX      64
#define SIGHTINGS_MAX 8192
#define DEVICES_MAX   64
#define HEADERS	      (sizeof(struct iphdr) + sizeof(struct udphdr) + sizeof(struct attack_mark))
#define SYN_ONLY      0x02
#define SYN_ACK	      0x12

struct device {
	int index;
	char name[16];
};

struct end {
	int fd;
	char place[64];
	struct device devices[DEVICES_MAX];
	size_t ndevices;
};

struct tap {
	struct end *ends;
	size_t n;
	VEC(struct sighting) seen;
};

/* In the kernel: of some hundred packets a second only those that are noted wake anybody. */
static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 2),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 28),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ATTACK_COOKIE, 4, 5),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 4),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 33),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN_ACK),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN_ONLY, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, HEADERS),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static void list_devices(struct end *e)
{
	struct if_nameindex *all = if_nameindex();

	e->ndevices = 0;
	for (size_t i = 0; all != NULL && all[i].if_index != 0 && e->ndevices < DEVICES_MAX; i++) {
		struct device *d = &e->devices[e->ndevices++];

		d->index = (int)all[i].if_index;
		snprintf(d->name, sizeof(d->name), "%s", all[i].if_name);
	}
	if_freenameindex(all);
}

static int open_end(void *context)
{
	struct sock_filter copy[sizeof(filter) / sizeof(filter[0])];
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), copy};
	struct end *e = context;

	memcpy(copy, filter, sizeof(copy));
	list_devices(e);
	/* All protocols: a socket of one is not shown what leaves. */
	e->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->fd < 0 ||
	    setsockopt(e->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
		return -errno;
	return bind(e->fd,
		    (struct sockaddr *)&(struct sockaddr_ll){.sll_family = AF_PACKET,
							     .sll_protocol = htons(ETH_P_ALL)},
		    sizeof(struct sockaddr_ll)) == 0
		       ? 0
		       : -errno;
}

int tap_open(const struct place *places, size_t n, struct tap **out, struct fault *f)
{
	struct tap *t;

	*out = NULL;
	if (n > TAPS_MAX)
		return fault_set(f, ERR_RANGE, "%zu taps", n);
	t = mem_alloc(sizeof(*t));
	t->ends = mem_alloc((n + 1) * sizeof(*t->ends));
	for (size_t i = 0; i < n; i++) {
		struct end *e = &t->ends[i];
		int error;

		e->fd = -1;
		snprintf(e->place, sizeof(e->place), "%s", places[i].hostname);
		t->n = i + 1;
		error = netns_inside(places[i].net, open_end, e, f);
		if (error != 0) {
			tap_close(t);
			return fault_errno(f, -error, "tap in %s", places[i].hostname);
		}
	}
	*out = t;
	return 0;
}

void tap_close(struct tap *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (t->ends[i].fd >= 0)
			close(t->ends[i].fd);
	vec_free(&t->seen);
	free(t->ends);
	free(t);
}

/* A device that came after the tap has no name here. */
static void name_device(const struct end *e, int index, char out[16])
{
	for (size_t i = 0; i < e->ndevices; i++)
		if (e->devices[i].index == index) {
			snprintf(out, 16, "%s", e->devices[i].name);
			return;
		}
	snprintf(out, 16, "#%d", index);
}

static void note(struct tap *t, const struct end *e, const uint8_t *packet, size_t len,
		 const struct sockaddr_ll *at)
{
	struct attack_mark mark;
	struct tcphdr tcp;
	struct udphdr udp;
	struct iphdr ip;
	struct sighting s = {.place = e->place, .leaving = at->sll_pkttype == PACKET_OUTGOING};

	if (ntohs(at->sll_protocol) != ETH_P_IP || len < HEADERS || t->seen.n == SIGHTINGS_MAX)
		return;
	memcpy(&ip, packet, sizeof(ip));
	s.protocol = ip.protocol;
	s.from = address_ipv4(ntohl(ip.saddr));
	s.to = address_ipv4(ntohl(ip.daddr));
	s.length = ntohs(ip.tot_len);
	if (ip.protocol == IPPROTO_UDP) {
		memcpy(&udp, packet + sizeof(ip), sizeof(udp));
		memcpy(&mark, packet + sizeof(ip) + sizeof(udp), sizeof(mark));
		s.port = ntohs(udp.dest);
		s.mark = mark.mark;
	} else {
		memset(&tcp, 0, sizeof(tcp));
		memcpy(&tcp, packet + sizeof(ip), 4); /* the ports */
		s.port = ntohs(tcp.dest);
	}
	name_device(e, at->sll_ifindex, s.device);
	vec_push(&t->seen, s);
}

const struct sighting *tap_look(struct tap *t, size_t *n)
{
	for (size_t i = 0; i < t->n; i++) {
		struct sockaddr_ll at;
		socklen_t size = sizeof(at);
		uint8_t packet[HEADERS];
		ssize_t len;

		while ((len = recvfrom(t->ends[i].fd, packet, sizeof(packet), MSG_TRUNC,
				       (struct sockaddr *)&at, &size)) >= 0) {
			note(t, &t->ends[i], packet, (size_t)len, &at);
			size = sizeof(at);
		}
	}
	*n = t->seen.n;
	return t->seen.at;
}

void tap_forget(struct tap *t)
{
	size_t n;

	tap_look(t, &n);
	t->seen.n = 0;
}
