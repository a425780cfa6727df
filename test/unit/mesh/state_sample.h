/* A small mesh as two good images: what tests break, fuzzers start from, and golden files hold.
 *
 *	10.9.0.0/29: .1 plain, .2 and .3 gateways (slots 1, 2), .4 router (slot 3), .5 left again
 *
 * The membership image is .2's: a gateway with every section in use. */
#ifndef SKEIN_TEST_UNIT_MESH_STATE_SAMPLE_H
#define SKEIN_TEST_UNIT_MESH_STATE_SAMPLE_H

#include "lib/mesh/state.h"

struct state_sample {
	struct buf view, membership;
	uint8_t signing_key[64], signer[32]; /* from a fixed seed */
	uint8_t mesh[16], own[16];
};

void state_sample_make(struct state_sample *out);
void state_sample_fini(struct state_sample *s);
/* Reads every byte of every record and follows every reference, as its users do: whatever the
 * checker let through and should not have becomes a sanitizer's report here. Returns a sum, so that
 * the compiler keeps it. */
uint64_t state_sample_walk(const struct state_image *s);

#endif
