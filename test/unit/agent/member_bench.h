/* A membership on disk, of a small mesh, and updates for it as a controller signs them. */
#ifndef SKEIN_TEST_UNIT_AGENT_MEMBER_BENCH_H
#define SKEIN_TEST_UNIT_AGENT_MEMBER_BENCH_H

#include <sodium.h>

#include "agent/member.h"
#include "test/unit/render/fleet.h"

struct member_bench {
	struct fleet fleet;
	struct config config;
	uint8_t signer[32];
	uint8_t key[crypto_sign_SECRETKEYBYTES];
	struct member *member;
	size_t index; /* of the member in the fleet */
};

/* Of two machines; nothing is stored but the key. */
void member_bench_init(struct member_bench *b);
void member_bench_fini(struct member_bench *b);
/* A whole set; `text` is membership.conf. Caller member_bench_drop()s. */
void member_bench_make(struct member_bench *b, uint64_t revision, uint64_t view_revision,
		       const char *text, struct member_update *u);
void member_bench_drop(struct member_update *u);
/* The images of `to` become the steps from those of `from`. */
void member_bench_make_steps(const struct member_update *from, struct member_update *to);
/* One more machine in the mesh, of which the view and the membership image come to know. */
void member_bench_grow(struct member_bench *b);

#endif
