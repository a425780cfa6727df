/* The peers of a membership as its devices have them now, one by one: what is told of them,
 * measured and shown. */
#ifndef SKEIN_AGENT_NEIGHBOUR_H
#define SKEIN_AGENT_NEIGHBOUR_H

#include "agent/picture.h"

struct neighbour {
	uint32_t index; /* in the mesh */
	struct address address;
	uint8_t slot; /* of the device */
	int device;
	bool router;		    /* or gateway */
	const struct wg_peer *peer; /* the picture's */
};

typedef VEC(struct neighbour) neighbour_vec;

/* By address, each once: one that is moved, or changes its key, is there twice, and the entry with
 * the later handshake counts. Who is nobody of the mesh is left out. */
void neighbours_gather(const struct picture *p, const struct membership_facts *m,
		       neighbour_vec *out);

#endif
