/* Raw IP packets and TUN devices, for tests that need to say exactly what arrives. */
#ifndef SKEIN_TEST_NET_PACKET_H
#define SKEIN_TEST_NET_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX 2048

/* Zeroed fields give the plain thing: UDP, a whole packet, a payload of 16 bytes. */
struct packet_spec {
	const char *source, *destination;
	uint8_t protocol;  /* IPPROTO_UDP, IPPROTO_TCP (a SYN), IPPROTO_ICMP (a request); 0: UDP */
	uint16_t from, to; /* ports */
	uint16_t fragment; /* the field as a whole: IP_MF, offset in units of 8 */
	uint8_t payload;   /* bytes behind the IP header; 0: as the protocol needs */
	const char *options; /* of IP, `noptions` bytes, a multiple of 4 */
	uint8_t noptions;
	uint8_t icmp; /* type of an error that quotes a packet */
	const char *quote_source, *quote_destination;
	uint8_t version;    /* 0: 4 */
	uint8_t ihl;	    /* 0: what fits */
	uint8_t cut;	    /* bytes that are missing at the end, whatever the header says */
	uint16_t ethertype; /* 0: IPv4 */
};

/* Returns the length, without the TUN's header. `id` goes into the identification field. */
size_t packet_build(const struct packet_spec *spec, uint16_t id, uint8_t out[PACKET_MAX]);

/* A TUN device in the present network namespace, up, non-blocking. Descriptor, or -1. */
int tun_open(const char *name);
/* 0, or a negative errno. */
int tun_send(int tun, const struct packet_spec *spec, uint16_t id);
/* The next packet without its TUN header; 0 when there is none. */
size_t tun_receive(int tun, uint8_t out[PACKET_MAX]);

#endif
