/* Which BIRD is asked: one that is named by its socket, or those of the agent that runs here, one
 * per membership. The agent says which there are; when it is gone, its directory does, without
 * names of meshes. */
#ifndef SKEIN_CLI_BGP_INSTANCE_H
#define SKEIN_CLI_BGP_INSTANCE_H

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"

#define INSTANCE_RUN_DIR     "/run/skein"
#define INSTANCE_RUN_DIR_ENV "SKEIN_RUN_DIR"

/* The agent's: of this machine, or what the environment says. */
const char *instance_run_dir(void);

struct instance {
	const char *socket;
	const char *mesh;	/* NULL: not known */
	const char *membership; /* NULL: it is none of Skein's */
};

typedef VEC(struct instance) instance_vec;

/* Appends those that `socket` or `mesh` (a name, or a membership's id) select; all of this machine
 * if both are NULL. Texts live in the arena, or are borrowed from the arguments. ERR_NOT_FOUND when
 * there is none, with what there is. */
int instance_find(const char *socket, const char *mesh, struct arena *a, instance_vec *out,
		  struct fault *f);
/* The same, and there must be one: ERR_USAGE names those to choose from. */
int instance_find_one(const char *socket, const char *mesh, struct arena *a, struct instance *out,
		      struct fault *f);

#endif
