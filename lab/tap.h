/* Taps: what passes the devices of a place, before its filters on the way in and after them on the
 * way out. Of all traffic they note the lab's own datagrams (lab/attack.h) and requests for TCP
 * connections; so what leaves a machine in clear cannot hide, and what is encrypted does not show.
 */
#ifndef SKEIN_LAB_TAP_H
#define SKEIN_LAB_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/net/prefix.h"

struct sighting {
	const char *place; /* its host name; borrowed until tap_close() */
	char device[16];
	bool leaving; /* false: it came in */
	uint8_t protocol;
	struct address from, to;
	uint16_t port;	 /* destination */
	uint32_t mark;	 /* of a datagram; 0: a TCP request */
	uint16_t length; /* of the whole IP packet */
};

struct tap;

int tap_open(const struct place *places, size_t n, struct tap **out, struct fault *f);
void tap_close(struct tap *t); /* accepts NULL */
/* What was seen since the tap was opened or forgot. Borrowed until the next call. */
const struct sighting *tap_look(struct tap *t, size_t *n);
void tap_forget(struct tap *t);

#endif
