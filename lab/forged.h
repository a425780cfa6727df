/* An attack on the fleet: a member in an attacker's hands, with root and all keys of its machine,
 * and a neighbour on the underlay without any. Each kind of packet is sent, nothing of it may be
 * delivered anywhere, and each one must be found again in a counter: of the guard, of the fence, or
 * of WireGuard. */
#ifndef SKEIN_LAB_FORGED_H
#define SKEIN_LAB_FORGED_H

#include "lab/operator.h"

#define FORGED_EACH 20 /* packets of a kind */

struct forged_kind {
	const char *what;		  /* for people */
	uint64_t sent, through;		  /* delivered, anywhere */
	uint64_t guard, fence, wireguard; /* counted as dropped */
};

#define FORGED_KINDS_MAX 16

struct forged_result {
	struct forged_kind kinds[FORGED_KINDS_MAX];
	size_t nkinds;
	bool control_arrived; /* a packet that is allowed, made and sent in the same way */
	uint64_t sent, through, counted;
};

struct forged_plan {
	const char *attacker, *neighbour,
		*victim;     /* of the first mesh; the victim's address is forged */
	const char *target;  /* of the other mesh */
	const char *gateway; /* in both */
	const char *meshes[2];
	const char *host; /* a network behind a machine of the other mesh; NULL: none */
};

/* The attacker's agent and BIRD are stopped meanwhile (it is the attacker's machine now) and the
 * agent is started again. */
int forged_run(struct lab *lab, const operator_member_vec *members, const struct forged_plan *plan,
	       struct forged_result *out, struct fault *f);

#endif
