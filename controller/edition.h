/* A mesh at one moment, made ready to render any of its members: rows, plan, what members share.
 * Nobody changes it once it is published, so all threads may render from it; it lives while
 * somebody holds it. */
#ifndef SKEIN_CONTROLLER_EDITION_H
#define SKEIN_CONTROLLER_EDITION_H

#include "controller/blob.h"
#include "controller/render/prints.h"
#include "controller/store.h"

struct edition;

/* From the store, as gather_mesh(). The caller has the one reference. ERR_NOT_FOUND: the mesh is
 * gone. */
int edition_new(struct edition **out, struct store *s, row_t mesh, const struct digest *templates,
		struct fault *f);
/* From rows that are there, which are borrowed while it lives. */
int edition_of_rows(struct edition **out, const struct mesh_rows *rows,
		    const struct digest *templates, struct fault *f);
struct edition *edition_ref(struct edition *e); /* accepts NULL */
void edition_unref(struct edition *e);		/* accepts NULL */

/* While nobody else has it: its revisions are written here. */
struct mesh_rows *edition_rows(struct edition *e);
const struct mesh *edition_mesh(const struct edition *e);
const struct prints *edition_prints(const struct edition *e);
/* The place of a membership among the rows; false: it is not in it. O(log members). */
bool edition_find(const struct edition *e, row_t membership, size_t *member);
const struct membership *edition_membership(const struct edition *e, size_t member);
/* Of a member's image: the later one of what changed for it and what changed for all. 0: none
 * yet. */
uint64_t edition_revision(const struct edition *e, size_t member);

/* The body of the view, appended. */
void edition_render_view(const struct edition *e, struct buf *body);
/* The signed image of a member, appended, and its BIRD text, which the image names by its digest.
 * The same revision gives the same bytes. */
void edition_render(const struct edition *e, size_t member, const uint8_t signing_key[64],
		    struct buf *image, struct buf *text, struct digest *text_digest);

#endif
