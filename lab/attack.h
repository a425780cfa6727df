/* Forged packets: whole IPv4 datagrams put on a device as they are, past routes, rules and filters
 * of the machine that sends them; and sinks, which count what of it is delivered anywhere. */
#ifndef SKEIN_LAB_ATTACK_H
#define SKEIN_LAB_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/net/prefix.h"

/* Sinks listen here; other UDP ports are for what is looked for by counters only. */
#define ATTACK_PORT 47123

/* Bytes of each datagram, so that counters of bytes can be read as packets. */
#define ATTACK_SIZE 96

/* What the data of each begins with, so that sinks and taps (lab/tap.h) know it. */
#define ATTACK_COOKIE 0x536b4c62 /* "SkLb" */
struct attack_mark {
	uint32_t cookie; /* in network order */
	uint32_t mark;
};

struct forgery {
	struct address from, to;
	uint16_t port;	      /* destination; 0: ATTACK_PORT */
	uint16_t source_port; /* 0: ATTACK_PORT */
	uint8_t protocol;     /* 0: UDP; IPPROTO_TCP: a SYN, which no sink ever counts */
	const char *device;   /* of the sender: a mesh device, or a cable */
	const uint8_t *mac;   /* of the neighbour on a cable; NULL for a mesh device */
	bool redirect;	      /* an ICMP redirect instead of a datagram; nobody knows it again */
};

/* Sends `count` of them from the place. `mark` is found again by sinks. */
int attack_send(const struct place *from, const struct forgery *what, uint32_t mark, unsigned count,
		struct fault *f);

/* An honest datagram, through a socket: the machine's rules and routes say where it goes. */
struct letter {
	struct address from; /* family 0: as the machine chooses */
	struct address to;
	uint16_t port;	      /* UDP destination; 0: ATTACK_PORT */
	uint32_t socket_mark; /* SO_MARK */
	uint16_t size;	      /* of the whole IP packet, which may not be cut; 0: ATTACK_SIZE */
};

/* Sends `count` of them. That the machine itself refuses (no route) is no failure: *refused, which
 * may be NULL, says how often. With a size it then listens for 100 ms at most to errors that come
 * back. */
int attack_post(const struct place *from, const struct letter *what, uint32_t mark, unsigned count,
		unsigned *refused, struct fault *f);

/* The hardware address of a device. */
int attack_read_mac(const struct place *at, const char *device, uint8_t out[6], struct fault *f);

struct sink;

/* Listens on every address of each place. Caller sink_close()s. */
int sink_open(const struct place *places, size_t n, struct sink **out, struct fault *f);
void sink_close(struct sink *s);
/* How many with this mark have arrived, in all places, since it was opened. */
uint64_t sink_count(struct sink *s, uint32_t mark);
/* Waits until `want` have arrived, or the time is over; returns how many. */
uint64_t sink_await(struct sink *s, uint32_t mark, uint64_t want, int64_t ms);

#endif
