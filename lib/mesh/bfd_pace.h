/* BFD at a pace that its sessions can bear.
 *
 * Each session costs a packet each way an interval, however long nothing happens; BIRD 2.0.12 has
 * one thread for all of an instance, and needs about 25 µs of processor for a packet sent and one
 * received (docs/scaling.md). A thread that is late declares neighbours dead that are well, and all
 * of them at once. So what a mesh asks for is doubled until the instance sends BFD_PACKETS_MAX a
 * second at most: a tenth of a processor. The far ends follow by themselves, for BFD takes the
 * longer interval of the two (RFC 5880, 6.8.7). Doubled, so that it changes seldom while a mesh
 * grows. */
#ifndef SKEIN_MESH_BFD_PACE_H
#define SKEIN_MESH_BFD_PACE_H

#include <stdint.h>

#define BFD_PACKETS_MAX	    4000  /* a second, each way, of one instance */
#define BFD_INTERVAL_MIN_MS 50	  /* that a mesh may ask for, as */
#define BFD_INTERVAL_MAX_MS 60000 /* this, which is the longest in any case */

/* In ms, from what is asked for, for so many sessions. */
uint32_t bfd_pace_ms(uint32_t asked_ms, uint64_t sessions);

#endif
