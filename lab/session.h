/* BGP sessions, as the machines' BIRDs tell: by the control socket of each membership. */
#ifndef SKEIN_LAB_SESSION_H
#define SKEIN_LAB_SESSION_H

#include "lab/operator.h"

struct session {
	const char *machine, *mesh; /* whose BIRD says it */
	const char *protocol;	    /* BIRD's name of it */
	const char *state;	    /* "Established", … */
	const char *since;	    /* of this state, as BIRD writes it: changes when it restarts */
	uint32_t local_as, neighbour_as;
	struct address neighbour;
};

typedef VEC(struct session) session_vec;

bool session_is_established(const struct session *s);
/* Between two ASes: siblings on a gateway. */
bool session_is_external(const struct session *s);

/* Appends the BGP sessions of one membership; texts live in the arena. */
int session_list(struct lab *lab, const struct operator_member *member, struct arena *arena,
		 session_vec *out, struct fault *f);
/* Of all memberships; one whose BIRD does not answer is skipped. */
void session_list_all(struct lab *lab, const operator_member_vec *members, struct arena *arena,
		      session_vec *out);
/* Sessions between meshes that are established at both ends. */
unsigned session_count_external(const session_vec *v);
/* How many the file makes necessary: one per peering on each gateway that is in both meshes. */
unsigned session_wanted_external(const struct lab_file *file);
/* Waits until every machine's BIRDs answer and every session is established and watched by BFD,
 * those that the file's peerings and gateways make necessary among them. ERR_TIMEOUT names the
 * first that is not. */
int session_await_all(struct lab *lab, struct mono deadline, struct fault *f);

#endif
