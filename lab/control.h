/* The lab's operator: its controller, and what `skein` says to it. */
#ifndef SKEIN_LAB_CONTROL_H
#define SKEIN_LAB_CONTROL_H

#include <jansson.h>

#include "lab/lab.h"

/* XDG_CONFIG_HOME of the operator, on the controller. */
#define CONTROL_CONFIG_HOME "/run/operator"

/* Makes and runs the controller in its place, logs `skein` in. */
int control_start(struct lab *lab, struct fault *f);
/* Runs `skein` with these words at the controller; what it says goes to `out` (may be NULL). */
int control_skein(struct lab *lab, const char *const *words, const char *input, struct buf *out,
		  struct fault *f);
/* The items of a list: `skein WORDS --json`. NULL with `f` set; caller json_decref()s. */
json_t *control_list(struct lab *lab, const char *const *words, struct fault *f);

/* A membership as the controller has it. */
struct control_member {
	const char *id, *machine, *mesh, *role;
	struct address address;
	uint32_t asn; /* of the mesh */
	uint8_t slot; /* of a router; 0: none */
	bool current; /* the machine has applied the newest state */
	const char *error;
};

typedef VEC(struct control_member) control_member_vec;

/* All of them; texts live in the arena. */
int control_members(struct lab *lab, struct arena *arena, control_member_vec *out, struct fault *f);
/* NULL when the machine is not in the mesh. `mesh` NULL: its first. */
const struct control_member *control_find_member(const control_member_vec *v, const char *machine,
						 const char *mesh);
/* Whose address it is; NULL: nobody's. */
const struct control_member *control_find_address(const control_member_vec *v,
						  const struct address *a);

#endif
