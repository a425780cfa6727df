/* What agents ask for all the time, in memory: who is in which mesh, and the newest signed images
 * and BIRD texts. The writer thread says what machines are (publish_machine), the render thread
 * what their images are (publish_rendering); the HTTP thread answers from here, without SQL.
 *
 * A change of what GET /machine says wakes the machine's long poll. */
#ifndef SKEIN_CONTROLLER_PUBLISH_H
#define SKEIN_CONTROLLER_PUBLISH_H

#include "controller/blob.h"
#include "controller/http/poll.h"
#include "controller/model.h"
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
/* The machine has asked, now; and when it last did since the start (ms 0: never). */
void publish_machine_asked(struct publish *p, row_t machine, struct wall now);
struct wall publish_machine_seen(struct publish *p, row_t machine);

struct rendered_membership {
	row_t row, machine;
	uint64_t revision;
	struct digest text_digest;
	struct blob *image, *text;
	struct blob *step; /* from the image that is published to this one; NULL: none */
};

struct rendering {
	row_t mesh;
	uint64_t view_revision;
	struct blob *view;
	struct blob *step; /* as above */
	struct rendered_membership *memberships;
	size_t n;
};

/* Takes the place of the mesh's last rendering. The blobs get references of their own. */
void publish_rendering(struct publish *p, const struct rendering *r);
void publish_mesh_gone(struct publish *p, row_t mesh);
/* The mesh's view, and its revision; NULL while it is not rendered. Caller blob_unref()s. */
struct blob *publish_view(struct publish *p, row_t mesh, uint64_t *revision);
/* The templates, and their hash. */
void publish_templates(struct publish *p, struct blob *templates);
struct blob *publish_templates_get(struct publish *p, struct digest *digest);

/* What one membership gets; blobs are referenced. ERR_NOT_FOUND while it is not rendered. */
struct published_files {
	uint64_t view_revision, image_revision;
	struct digest text_digest;
	struct blob *view, *image, *text;
};
int publish_files(struct publish *p, row_t membership, struct published_files *out);
void published_files_fini(struct published_files *files);
/* The delta from revision `since` of its view, or of its own image, to the newest, which *revision
 * says. Caller blob_unref()s. NULL: there is none, or nothing newer. */
struct blob *publish_steps(struct publish *p, row_t membership, bool view, uint64_t since,
			   uint64_t *revision);

/* All meshes have been rendered once since the start. Until then agents are told to come back. */
void publish_set_ready(struct publish *p);
bool publish_is_ready(struct publish *p);

#endif
