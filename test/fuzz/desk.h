/* A controller for fuzzers, without threads: a database with a few things of known ids, and who is
 * who. What a call does to the database is undone after it, so that the next one finds the same.
 *
 *	…01 mesh prod 10.1.0.0/16	…11 machine web	…21 web in prod
 *	…02 mesh stage 10.2.0.0/16	…12 machine gw	…22 gw in prod, …23 gw in stage: gateways
 *	…03 mesh spare 10.3.0.0/16
 *	…31 10.9.0.0/24, approved for …21		…41 the peering of prod and stage
 *	…51 a join token				…61 an API token, administrator
 *
 * An id is 01890a5d-ac96-774b-bcce-0000000000NN. The tokens' secrets are zero bytes, those of the
 * machines are bytes of 0x11 and of 0x12. */
#ifndef SKEIN_TEST_FUZZ_DESK_H
#define SKEIN_TEST_FUZZ_DESK_H

#include "controller/controller.h"

#define DESK_NOW ((struct wall){1763726400000}) /* 2025-11-21T12:00:00Z */

struct desk {
	struct config config;
	struct controller controller;
	struct store *store; /* in a transaction that is never committed */
	row_t organization;
	struct principal admin, machine; /* machine: gw */
	uint8_t identity_key[64];	 /* of who enrols: its request is signed with it */
};

/* Made once, and there until the program ends. */
struct desk *desk_get(void);
/* Around a call: what it did is undone, and gw may say news as if it had said none. */
void desk_begin(struct desk *d);
void desk_settle(struct desk *d);

#endif
