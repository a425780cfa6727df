#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "test/net/packet.h"

#define PAYLOAD 16

static uint32_t sum_words(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		/* NOLINTNEXTLINE(clang-analyzer-*): it loses the bit fields of a header */
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (len & 1)
		sum += (uint32_t)(p[len - 1] << 8);
	return sum;
}

static uint16_t sum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t build_udp(const struct packet_spec *s, uint8_t *out)
{
	struct udphdr udp = {.source = htons(s->from),
			     .dest = htons(s->to),
			     .len = htons(sizeof(udp) + PAYLOAD)};

	memcpy(out, &udp, sizeof(udp)); /* checksum 0: none */
	memset(out + sizeof(udp), 0x5a, PAYLOAD);
	return sizeof(udp) + PAYLOAD;
}

static size_t build_tcp(const struct packet_spec *s, uint8_t *out)
{
	struct tcphdr tcp = {.source = htons(s->from),
			     .dest = htons(s->to),
			     .doff = sizeof(tcp) / 4,
			     .syn = 1,
			     .window = htons(1000)};
	struct {
		uint32_t source, destination;
		uint16_t protocol, length;
	} pseudo = {inet_addr(s->source), inet_addr(s->destination), htons(IPPROTO_TCP),
		    htons(sizeof(tcp))};

	tcp.check = sum_finish(sum_words(&tcp, sizeof(tcp), sum_words(&pseudo, sizeof(pseudo), 0)));
	memcpy(out, &tcp, sizeof(tcp));
	return sizeof(tcp);
}

static size_t build_icmp(const struct packet_spec *s, uint8_t *out)
{
	struct icmphdr icmp = {.type = s->icmp ? s->icmp : ICMP_ECHO};
	struct packet_spec inner = {.source = s->quote_source, .destination = s->quote_destination};
	uint8_t quoted[PACKET_MAX];
	size_t len = sizeof(icmp);

	if (s->icmp) {
		packet_build(&inner, 1, quoted);
		memcpy(out + len, quoted, sizeof(struct iphdr) + 8);
		len += sizeof(struct iphdr) + 8;
	}
	memcpy(out, &icmp, sizeof(icmp));
	icmp.checksum = sum_finish(sum_words(out, len, 0));
	memcpy(out, &icmp, sizeof(icmp));
	return len;
}

size_t packet_build(const struct packet_spec *s, uint16_t id, uint8_t out[PACKET_MAX])
{
	size_t header = sizeof(struct iphdr) + s->noptions, len;
	uint8_t protocol = s->protocol ? s->protocol : IPPROTO_UDP;
	struct iphdr ip = {.version = (s->version ? s->version : 4u) & 15,
			   .ihl = (unsigned)(s->ihl ? s->ihl : header / 4) & 15,
			   .id = htons(id),
			   .frag_off = htons(s->fragment),
			   .ttl = 64,
			   .protocol = protocol,
			   .saddr = inet_addr(s->source),
			   .daddr = inet_addr(s->destination)};

	if (protocol == IPPROTO_TCP)
		len = build_tcp(s, out + header);
	else if (protocol == IPPROTO_ICMP)
		len = build_icmp(s, out + header);
	else
		len = build_udp(s, out + header);
	if (s->payload)
		len = s->payload;
	ip.tot_len = htons((uint16_t)(header + len));
	memcpy(out, &ip, sizeof(ip));
	if (s->noptions)
		memcpy(out + sizeof(ip), s->options, s->noptions);
	ip.check = sum_finish(sum_words(out, header, 0));
	memcpy(out, &ip, sizeof(ip));
	return header + len - s->cut;
}

int tun_open(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN};
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (tun < 0 || control < 0 || ioctl(tun, TUNSETIFF, &ifr) != 0)
		goto fail;
	ifr.ifr_flags = IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &ifr) != 0)
		goto fail;
	close(control);
	return tun;
fail:
	if (tun >= 0)
		close(tun);
	if (control >= 0)
		close(control);
	return -1;
}

int tun_send(int tun, const struct packet_spec *spec, uint16_t id)
{
	uint8_t data[PACKET_MAX] = {0};
	struct tun_pi pi = {.proto = htons(spec->ethertype ? spec->ethertype : 0x0800)};
	struct iovec parts[] = {{&pi, sizeof(pi)}, {data, packet_build(spec, id, data)}};

	return writev(tun, parts, 2) < 0 ? -errno : 0;
}

size_t tun_receive(int tun, uint8_t out[PACKET_MAX])
{
	struct tun_pi pi;
	struct iovec parts[] = {{&pi, sizeof(pi)}, {out, PACKET_MAX}};
	ssize_t n = readv(tun, parts, 2);

	return n > (ssize_t)sizeof(pi) ? (size_t)n - sizeof(pi) : 0;
}
