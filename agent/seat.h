/* What this machine is in a mesh: its role, its slot, what it may announce. A change of it reaches
 * the machines of the mesh at different moments; nothing is lost when all others are ready for more
 * before it offers more, and offers less before they are no longer ready for it. So who is to do
 * less hears of it last (fetch_set.c), and who is to do more is drained at first (picture.c). */
#ifndef SKEIN_AGENT_SEAT_H
#define SKEIN_AGENT_SEAT_H

#include "lib/base/clock.h"
#include "lib/mesh/state.h"

struct seat {
	bool known; /* it was in the mesh before */
	uint8_t role, slot;
	prefix_vec approved;
	/* ns 0: they have not, that we know */
	struct mono moved; /* when role or slot changed */
	struct mono grown; /* when it got something that others have too */
};

/* As the image has it; `moved` and `grown` are kept. */
void seat_read(struct seat *s, const struct state_image *membership);
/* The same, and notes what changed. */
void seat_follow(struct seat *s, const struct state_image *membership, struct mono now);
void seat_fini(struct seat *s);
/* Something is taken from it that others may be using now. */
bool seat_shrinks(const struct seat *from, const struct seat *to);
/* It gets something that others have too: as a gateway, or a prefix. */
bool seat_grows(const struct seat *from, const struct seat *to);

#endif
