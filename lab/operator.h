/* The lab's operator: its controller, and what `skein` says to it. */
#ifndef SKEIN_LAB_OPERATOR_H
#define SKEIN_LAB_OPERATOR_H

#include <jansson.h>

#include "lab/lab.h"

/* XDG_CONFIG_HOME of the operator, on the controller. */
#define OPERATOR_CONFIG_HOME "/run/operator"

/* Makes and runs the controller in its place, logs `skein` in. */
int operator_start_controller(struct lab *lab, struct fault *f);
/* Runs `skein` with these words at the controller; what it says goes to `out` (may be NULL). */
int operator_skein(struct lab *lab, const char *const *words, const char *input, struct buf *out,
		   struct fault *f);

/* A membership as the controller has it. */
struct operator_member {
	const char *id, *machine, *mesh, *role;
	struct address address;
	uint32_t asn; /* of the mesh */
	uint8_t slot; /* of a router; 0: none */
	bool current; /* the machine has applied the newest state */
	const char *error;
};

typedef VEC(struct operator_member) operator_member_vec;

/* All of them; texts live in the arena. */
int operator_members(struct lab *lab, struct arena *arena, operator_member_vec *out,
		     struct fault *f);
/* NULL when the machine is not in the mesh. `mesh` NULL: its first. */
const struct operator_member *operator_find_member(const operator_member_vec *v,
						   const char *machine, const char *mesh);
/* Whose address it is; NULL: nobody's. */
const struct operator_member *operator_find_address(const operator_member_vec *v,
						    const struct address *a);

#endif
