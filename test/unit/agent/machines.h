/* The machines of the reference fleet as the agent's plan sees them: rows rendered to images, a
 * kernel that is a value, and operations applied to it. */
#ifndef SKEIN_TEST_UNIT_AGENT_MACHINES_H
#define SKEIN_TEST_UNIT_AGENT_MACHINES_H

#include "agent/plan/move.h"
#include "agent/plan/operations.h"
#include "test/unit/render/fleet.h"

struct meshes { /* prod 10.100.0.0/16 and staging 10.101.0.0/16, and what a peering shows */
	struct fleet prod, staging;
};

/* The peering of the two: all of prod, and one prefix of staging. */
void meshes_peer(struct meshes *m);
void meshes_fini(struct meshes *m);

#define MACHINE_MEMBERSHIPS 2

struct machine_case {
	struct meshes meshes;
	struct config config;
	struct observation seen;
	struct plan_membership memberships[MACHINE_MEMBERSHIPS];
	struct state_image images[MACHINE_MEMBERSHIPS][2];
	struct buf bytes[MACHINE_MEMBERSHIPS][2];
	char opened[4][LINK_NAME_MAX];
	struct plan_input in;
	const char *name;
	move_vec moves; /* what the last round told the next */
	int next_index; /* of the next device that is made */
};

/* A machine by its name in the fleet: a1 (plain, a network behind it), b2 (router), gw1 (gateway of
 * both), m (plain in both). */
void machine_init(struct machine_case *c, const char *name);
/* The same, where `change` does what else would be meshes_peer(), before all is planned. */
void machine_init_in(struct machine_case *c, const char *name, void (*change)(struct meshes *m));
void machine_fini(struct machine_case *c);
/* Adds a link of somebody else's, with an address ("192.0.2.1/24") and main's route to its network.
 */
void machine_link(struct machine_case *c, const char *name, const char *address);
/* One more for the link that came last. */
void machine_address(struct machine_case *c, const char *address);

/* Renders its images anew, after a change of `meshes`. */
void machine_update(struct machine_case *c);
void machine_wait(struct machine_case *c, int64_t ms);
bool machine_has(struct machine_case *c, const char *device, unsigned index);
/* A handshake of the peer on the device, now, from there. */
void machine_greet(struct machine_case *c, const char *device, unsigned index, const char *address);
void machine_greet_from(struct machine_case *c, const char *device, unsigned index,
			const char *address, uint16_t port);
/* BIRD learns a way in place of what it had ("172.20.5.0/24", by a peer on a device), or (`device`
 * NULL) has none any more. */
void machine_learn(struct machine_case *c, uint32_t table, const char *prefix, const char *via,
		   const char *device);
/* The agent was killed and starts: it remembers nothing. */
void machine_restart(struct machine_case *c);

/* One round: plans, applies to `seen`. Returns the number of operations. */
size_t machine_round(struct machine_case *c, struct buf *operations);
/* Rounds until nothing is left to do; a failure of the test beyond five. */
void machine_settle(struct machine_case *c);
/* Everything desired, as text. */
void machine_describe(struct machine_case *c, struct buf *out);

#endif
