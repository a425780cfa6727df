/* The packets of the guard's test: each with the counter it moves and where it comes out. */
#ifndef SKEIN_TEST_NET_GUARD_PACKETS_H
#define SKEIN_TEST_NET_GUARD_PACKETS_H

#include "test/net/guard_world.h"

struct packet_row {
	const char *name;
	enum world_device device;
	enum guard_reason want; /* GUARD_REASON_COUNT: none, the device has no guard */
	unsigned comes_out;
	struct packet_spec packet;
};

extern const struct packet_row guard_packets[];
extern const size_t guard_npackets;
/* The row of that name; ends the test program when there is none. */
const struct packet_row *guard_packet(const char *name);

#endif
