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

struct forgery {
	struct address from, to;
	uint16_t port;	    /* UDP destination; 0: ATTACK_PORT */
	const char *device; /* of the sender: a mesh device, or a cable */
	const uint8_t *mac; /* of the neighbour on a cable; NULL for a mesh device */
};

/* Sends `count` of them from the place. `mark` is found again by sinks. */
int attack_send(const struct place *from, const struct forgery *what, uint32_t mark, unsigned count,
		struct fault *f);
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
