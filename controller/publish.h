/* What agents ask for all the time, in memory: who is in which mesh, and the newest signed view and
 * edition of each mesh. The writer thread says what machines are (publish_machine), the render
 * thread what their meshes are (publish_edition); the HTTP thread answers from here, without SQL.
 *
 * A change of what GET /machine says wakes the machine's long poll. */
#ifndef SKEIN_CONTROLLER_PUBLISH_H
#define SKEIN_CONTROLLER_PUBLISH_H

#include "controller/edition.h"
#include "controller/http/poll.h"
#include "lib/base/arena.h"

struct publish;

struct publish *publish_new(struct poll *poll); /* borrows the poll */
void publish_free(struct publish *p);		/* accepts NULL */

struct published_membership {
	row_t row, mesh;
	struct id id, mesh_id;
	char mesh_name[NAME_TEXT_MAX];
	struct prefix cidr;
	uint32_t number, index;
	bool has_key;
	uint8_t rotation; /* enum rotation */
	/* filled by publish_machine_get(); 0: not rendered yet */
	uint64_t view_revision, image_revision;
};

struct published_machine {
	row_t row;
	struct id id;
	char name[NAME_TEXT_MAX];
	struct published_membership *memberships; /* in order of number */
	size_t n;
};

/* Adds it or takes the place of what was there; copies. */
void publish_machine(struct publish *p, const struct published_machine *m);
void publish_machine_gone(struct publish *p, row_t machine);
/* A copy in the arena. ERR_NOT_FOUND. */
int publish_machine_get(struct publish *p, row_t machine, struct arena *a,
			struct published_machine *out);
/* An agent asks again within 60 s (its long poll), and reports as often: who has done neither for
 * so long is away. */
#define PUBLISH_ONLINE_MS 120000
/* The machine has asked, now; and when it last did since the start (ms 0: never). */
void publish_machine_asked(struct publish *p, row_t machine, struct wall now);
struct wall publish_machine_seen(struct publish *p, row_t machine);

/* The edition takes the place of the mesh's last one, with the signed view that goes with it, and
 * the step from the last view to this one (NULL: none). Gets references of its own, of all three.
 */
void publish_edition(struct publish *p, struct edition *e, struct blob *view, struct blob *step);
void publish_mesh_gone(struct publish *p, row_t mesh);

struct published_mesh {
	struct edition *edition;
	struct blob *view;
};
/* What there is of a mesh; both NULL while it is not rendered. */
void publish_mesh_get(struct publish *p, row_t mesh, struct published_mesh *out);
void published_mesh_fini(struct published_mesh *m);
/* The steps from revision `since` of a mesh's view to the newest, which *revision says. Caller
 * blob_unref()s. NULL: not known, or nothing newer. */
struct blob *publish_view_steps(struct publish *p, row_t mesh, uint64_t since, uint64_t *revision);
/* The templates, and their hash. */
void publish_templates(struct publish *p, struct blob *templates);
struct blob *publish_templates_get(struct publish *p, struct digest *digest);

/* All meshes have been rendered once since the start. Until then agents are told to come back. */
void publish_set_ready(struct publish *p);
bool publish_is_ready(struct publish *p);

#endif
