/* This machine's memberships, as their verified state on the disk has them. */
#ifndef SKEIN_CLI_HOP_MACHINE_H
#define SKEIN_CLI_HOP_MACHINE_H

#include "cli/hop/hop.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"
#include "lib/mesh/state_file.h"

#define HOP_STATE_DIR	  "/var/lib/skein/agent"
#define HOP_STATE_DIR_ENV "SKEIN_STATE_DIR"

struct hop_membership {
	struct id id;
	char text[ID_TEXT_MAX];
	struct state_file view_file, image_file;
	const struct state_image *view, *image; /* of the files */
	const struct state_self *self;
	const struct state_mesh *mesh;
	struct prefix cidr;
	struct address own;
	uint32_t table; /* T */
	struct hop_agent agent;
};

struct hop_machine {
	const char *name;
	VEC(struct hop_membership) memberships; /* by number */
	struct hop_agent agent;
};

/* `agent`: it is asked, too. Whatever it returns, hop_machine_close() follows. A membership whose
 * state is not there, or does not verify, is left out. Errors as hop_gather(). */
int hop_machine_open(struct hop_machine *m, bool agent, struct arena *a, struct fault *f);
void hop_machine_close(struct hop_machine *m);
/* By the mesh that has the address; NULL: none has. */
struct hop_membership *hop_membership_of(const struct hop_machine *m, const struct address *in);
/* By an alias of a link ("skein:<id>"); NULL: it is no link of ours. */
struct hop_membership *hop_membership_by_alias(const struct hop_machine *m, const char *alias);
/* Index in the view; 0: nobody has the address. */
uint32_t hop_peer_index(const struct hop_membership *m, const struct address *a);

/* ---- what the state says (intent.c) ---- */

/* The membership that knows the way to an address, what it is, and who has it. NULL: none does. */
struct hop_membership *hop_intent_find(const struct hop_machine *m, const struct address *to,
				       struct arena *a, struct hop_intent *out);
/* Whether the guards of a membership let the pair pass: "pass", "icmp-error", "drop"; *peering in
 * the arena, NULL within a mesh. */
const char *hop_intent_guard(const struct hop_membership *m, const struct address *from,
			     const struct address *to, struct arena *a, const char **peering);

#endif
