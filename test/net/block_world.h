/* The fleet of the block's test (block_world.c draws it), its instruments, and short ways to use
 * them. */
#ifndef SKEIN_TEST_NET_BLOCK_WORLD_H
#define SKEIN_TEST_NET_BLOCK_WORLD_H

#include "lab/attack.h"
#include "lab/operator.h"
#include "lab/tap.h"

#define BLOCK_SETTLE_MS 20000

struct world {
	struct lab lab;
	struct arena arena;
	operator_member_vec members;
	struct sink *sink; /* everywhere */
	struct tap *tap;   /* everywhere */
	uint32_t mark;	   /* of the last packets that were sent */
};

int block_build(struct world *w);
int block_end(struct world *w);

/* An address by its name: "a1@red", "g2@underlay", "depot" (a host), "192.168.31.1". */
struct address block_address(const struct world *w, const char *name);
/* `wg0t3`: the device over which a machine of that mesh only sends to a router, by the router's
 * slot. */
const char *block_trunk(const struct world *w, const char *router, const char *mesh, char out[16]);
/* Runs a line of shell on a machine; what it says, in the arena. A failure fails the case. */
const char *block_sh(struct world *w, const char *machine, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same; true when it succeeded. */
bool block_try(struct world *w, const char *machine, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Until the line succeeds, BLOCK_SETTLE_MS at most; else the case fails. */
void block_await(struct world *w, const char *machine, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Until every machine's sessions stand, as when the fleet was made; else the case fails. */
void block_await_sessions(struct world *w);
/* One answer at least to echo requests, within `ms`. `from` NULL: as the machine chooses. */
bool block_reaches(struct world *w, const char *at, const char *from, const char *to, int64_t ms);

/* Posts from `at`; *refused as attack_post(). The mark is w->mark after. */
void block_post(struct world *w, const char *at, const struct letter *what, unsigned count,
		unsigned *refused);
/* Puts a forged packet on the cable of `victim` ("underlay", or a host behind it, is the sender),
 * or on a mesh device of the sender. */
void block_forge(struct world *w, const char *at, const char *device, const char *victim,
		 struct forgery *what, unsigned count);

/* How many with this mark left the places by the devices (patterns, as of a shell). */
size_t block_count_leaving(struct world *w, uint32_t mark, const char *place, const char *device);
/* Waits, 2 s at most, until one has. */
bool block_await_leaving(struct world *w, uint32_t mark, const char *place, const char *device);
/* The devices by which it left the places, for a message; in the arena. */
const char *block_describe(struct world *w, uint32_t mark, const char *place);

/* A counter of the agent on a machine: "guard:pair", "fence:control". */
uint64_t block_counter(struct world *w, const char *machine, const char *counter);

#endif
