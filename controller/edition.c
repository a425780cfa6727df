#include "controller/edition.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "controller/gather.h"
#include "controller/render/prepared.h"

struct edition {
	atomic_uint references;
	struct arena arena;
	struct mesh_rows rows;
	struct mesh_plan plan;
	struct digest templates;
	struct render *render;
	struct prints *prints;
};

static struct edition *make(const struct digest *templates)
{
	struct edition *e = mem_alloc(sizeof(*e));

	atomic_init(&e->references, 1);
	arena_init(&e->arena);
	e->templates = *templates;
	return e;
}

static int prepare(struct edition *e, struct fault *f)
{
	int code = plan_mesh(&e->rows, &e->arena, &e->plan, f);

	if (code != 0)
		return code;
	e->render = render_prepare(&e->rows, &e->plan, &e->arena);
	e->prints = prints_make(e->render, &e->templates, &e->arena);
	return 0;
}

static int give(struct edition *e, int code, struct edition **out)
{
	*out = e;
	if (code == 0)
		return 0;
	*out = NULL;
	edition_unref(e);
	return code;
}

int edition_new(struct edition **out, struct store *s, row_t mesh, const struct digest *templates,
		struct fault *f)
{
	struct edition *e = make(templates);
	int code = gather_mesh(s, mesh, &e->arena, &e->rows, f);

	return give(e, code != 0 ? code : prepare(e, f), out);
}

int edition_of_rows(struct edition **out, const struct mesh_rows *rows,
		    const struct digest *templates, struct fault *f)
{
	struct edition *e = make(templates);

	e->rows = *rows;
	return give(e, prepare(e, f), out);
}

struct edition *edition_ref(struct edition *e)
{
	if (e != NULL)
		atomic_fetch_add(&e->references, 1);
	return e;
}

void edition_unref(struct edition *e)
{
	if (e == NULL || atomic_fetch_sub(&e->references, 1) != 1)
		return;
	arena_fini(&e->arena);
	free(e);
}

struct mesh_rows *edition_rows(struct edition *e)
{
	return &e->rows;
}

const struct mesh *edition_mesh(const struct edition *e)
{
	return &e->rows.mesh;
}

const struct prints *edition_prints(const struct edition *e)
{
	return e->prints;
}

bool edition_find(const struct edition *e, row_t membership, size_t *member)
{
	*member = row_index_find(e->render->index, membership);
	return *member != SIZE_MAX;
}

const struct membership *edition_membership(const struct edition *e, size_t member)
{
	return &e->rows.memberships[member];
}

/* What changed for all, and what changed for this one: whichever was later. */
static bool shared_is_later(const struct edition *e, size_t member)
{
	return e->rows.mesh.images_revision > e->rows.memberships[member].image_revision;
}

uint64_t edition_revision(const struct edition *e, size_t member)
{
	return shared_is_later(e, member) ? e->rows.mesh.images_revision
					  : e->rows.memberships[member].image_revision;
}

void edition_render_view(const struct edition *e, struct buf *body)
{
	render_view(e->render, body);
}

void edition_render(const struct edition *e, size_t member, const uint8_t signing_key[64],
		    struct buf *image, struct buf *text, struct digest *text_digest)
{
	const struct membership *m = &e->rows.memberships[member];
	const struct state_identity id = {
		.kind = STATE_KIND_MEMBERSHIP,
		.revision = edition_revision(e, member),
		.mesh = e->rows.mesh.id.bytes,
		.membership = m->id.bytes,
	};
	struct render_image in = {
		.templates = e->templates,
		.view_revision =
			shared_is_later(e, member) ? e->rows.mesh.images_view : m->image_view,
	};
	struct buf body;

	render_bird_text(e->render, member, text);
	digest_of(buf_text(text), text->len, text_digest);
	in.text = *text_digest;
	buf_init(&body);
	render_membership(e->render, member, &in, &body);
	state_sign(&id, buf_text(&body), body.len, signing_key, image);
	buf_fini(&body);
}
