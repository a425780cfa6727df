/* Changes to a fleet at work: whom they do not concern loses no packet, whom they concern at most
 * one on each flow.
 *
 *	prod 10.136.0.0/16                                       staging 10.137.0.0/16
 *	a1  a2  c1      r1 ── east 172.21.6.10    g1 and g2      b1
 *	                r2 ── west 172.21.6.10    in both
 *
 * c1 leaves, joins anew, becomes a gateway, ceases to be one, is shut out; g1 and r1 are drained,
 * cut off and brought back. Both hosts have the same address. A flow is a pair of ports; a packet
 * every 5 ms on each, both ways.
 *
 * The tunnels of the lab are programs, all of them on one computer: when that is busy they lose
 * packets, and a round trip takes as long as a handshake may. So a loss counts when the control, a
 * probe over the plain underlay, lost nothing and never stalled for 50 ms, nor did any flow that
 * the change does not concern, nor one over tunnels of the other mesh, where it has one. Else the
 * change is made again, after its opposite: three times, and where none was conclusive, the test
 * has failed. */
#ifndef SKEIN_TEST_NET_HITLESS_WORLD_H
#define SKEIN_TEST_NET_HITLESS_WORLD_H

#include <limits.h>

#include "test/net/modes_world.h"

#define HITLESS_PREFIX	"172.21.6.0/24"
#define HITLESS_REST_MS 40000
#define HITLESS_CONTROL UINT_MAX

int hitless_open(void);
int hitless_close(void);
struct modes *hitless(void);

/* To another machine, or (to NULL) to the prefix. */
struct hitless_flow {
	const char *from, *from_mesh, *to, *to_mesh;
	unsigned most; /* packets that it may lose; HITLESS_CONTROL: it says how busy the computer
			  is */
};

struct hitless_change {
	const struct hitless_flow *flows; /* ends with a zeroed one */
	void (*there)(void);
	void (*back)(void); /* before another attempt */
};

/* Again, after its opposite, where an attempt was not conclusive. */
void hitless_make(const struct hitless_change *c);

/* Until what was changed is in service everywhere. */
void hitless_settle(void);

#endif
