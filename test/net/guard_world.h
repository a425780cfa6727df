/* A machine for the guard's tests, in namespaces of its own: a gateway of two meshes.
 *
 *	                 +--------------------------------------+
 *	  mesh A --TUN-- mesha    own 10.100.0.1    own 10.101.0.1 meshb --TUN-- mesh B
 *	10.100.0.0/16    |                                      |  10.101.0.0/16
 *	  router --TUN-- trunka                            lan --TUN-- 192.168.7.0/24
 *	                 |    lo 203.0.113.1 (its underlay)     |
 *	                 +--------------------------------------+
 *
 * The TUN's far ends are the test's: what it writes has been decrypted, what it reads was
 *forwarded. Peering 1: 172.20.1.0/24, 10.100.0.2 of A and 172.21.1.0/24, 10.101.0.2 of B; peering
 *2: 172.20.2.0/24 and 172.21.2.0/24. The LAN is an own prefix in A, for 10.100.0.5 only. Speakers:
 * 10.100.0.2 over trunka, 10.100.0.3 over mesha, 10.101.0.2 over meshb (BGP port 1790 there). */
#ifndef SKEIN_TEST_NET_GUARD_WORLD_H
#define SKEIN_TEST_NET_GUARD_WORLD_H

#include "gateway/guard.h"
#include "test/net/packet.h"

enum world_device { MESHA, TRUNKA, MESHB, LAN, DEVICES };

/* Where a packet came out: bits. */
enum world_exit {
	NOWHERE = 0,
	TO_MESHA = 1 << MESHA,
	TO_TRUNKA = 1 << TRUNKA,
	TO_MESHB = 1 << MESHB,
	TO_LAN = 1 << LAN,
	TO_SELF = 1 << DEVICES,
};

/* CUnit's set-up and tear-down of a suite. */
int world_make(void);
int world_break(void);

const char *world_directory(void); /* of the guard's pins */
uint32_t world_ifindex(enum world_device d);
/* The input that the drawing describes; static. The other one lets the same packets pass, by
 * other classes. */
const struct guard_input *world_input(void);
const struct guard_input *world_input_other(void);
int world_send(enum world_device d, const struct packet_spec *spec, uint16_t id);
/* Sends, and waits until it came out where `want` says (a second at most), or, for NOWHERE, until a
 * packet sent after it did. Returns where it came out. */
unsigned world_trace(enum world_device d, const struct packet_spec *spec, unsigned want);

#endif
