/* One machine's BIRD in a large mesh, with the controller's own text and templates, and as many
 * neighbours as the mesh has: a few BIRDs that speak from an address each. A cable stands in
 * for WireGuard. To be used inside apart_run().
 *
 *	here: the BIRD that is measured, wg0 ---- v1, in `crowd`: SPEAKERS_BIRDS BIRDs,
 *	table 5200                                     all addresses of the mesh
 *
 * Every tenth member has a prefix; two are gateways, of which the second one is of the crowd. */
#ifndef SKEIN_TEST_BENCH_SPEAKERS_H
#define SKEIN_TEST_BENCH_SPEAKERS_H

#include "lib/net/bird_parse_protocols.h"
#include "test/bench/bench.h"
#include "test/unit/render/fleet.h"

#define SPEAKERS_BIRDS 4
#define SPEAKERS_STEP  10 /* each so many-th member has a prefix */

struct speakers {
	struct fleet fleet;
	size_t own;	  /* the member that is measured: a gateway, or a plain one */
	uint32_t members; /* of the mesh now */
	bool reflector, drain;
	double slowest_ms; /* BIRD's answer while speakers_settle() waited, so far */
	pid_t bird, crowd[SPEAKERS_BIRDS];
	char dir[128];
};

/* What sessions there are, and since when. */
struct speakers_look {
	struct arena arena;
	struct bird_protocols protocols;
	size_t established;
};

/* `with reflector` the first gateway is measured, without it a plain member. All speak, one more
 * than the mesh has members; nobody listens yet. */
void speakers_init(struct speakers *s, uint32_t members, bool reflector);
void speakers_fini(struct speakers *s);

/* Starts the BIRD that is measured. */
void speakers_start(struct speakers *s);
/* The one who waited joins, or leaves again; the prefix of a tenth member is approved, or not. What
 * counts is said by the next speakers_configure(). */
void speakers_join(struct speakers *s);
void speakers_leave(struct speakers *s);
void speakers_approve(struct speakers *s, bool approved);
/* Renders anew, and has BIRD read it: in ms, until it answers. */
double speakers_configure(struct speakers *s);

/* Sessions of all neighbours, and what each of them is to hear. */
size_t speakers_sessions(const struct speakers *s);
uint64_t speakers_routes(const struct speakers *s);
/* Waits until all sessions stand and the crowd has heard exactly that: in s. */
double speakers_settle(struct speakers *s);

void speakers_look(const struct speakers *s, struct speakers_look *out);
void speakers_look_fini(struct speakers_look *l);
/* How many of the sessions of `before` are no more, or not the same ones. */
size_t speakers_lost(const struct speakers_look *before, const struct speakers_look *now);

#endif
