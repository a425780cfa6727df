#include "controller/round.h"

#include "lib/base/log.h"
#include "lib/mesh/delta.h"

#define KEEP_AT_ONCE 2000 /* memberships; others write in between */

/* One mesh on its way from rows to what is published. */
struct round {
	struct job job; /* first: keeps the revisions */
	const struct renderer_options *options;
	struct edition *edition;
	struct mesh_rows *rows; /* the edition's */
	struct buf view;	/* its body */
	bool view_changed, all_changed;
	struct changed {
		size_t member;
		struct digest print;
	} * changed; /* in the arena: those with something new of their own */
	size_t nchanged, kept;
	struct arena arena;
};

static void look_at_view(struct round *o)
{
	struct mesh *mesh = &o->rows->mesh;
	struct digest digest;

	edition_render_view(o->edition, &o->view);
	digest_of(buf_text(&o->view), o->view.len, &digest);
	o->view_changed = mesh->view_revision == 0 || !digest_equal(&digest, &mesh->view_digest);
	mesh->view_digest = digest;
}

static void look_at_members(struct round *o)
{
	const struct prints *prints = edition_prints(o->edition);
	struct mesh *mesh = &o->rows->mesh;
	VEC(struct changed) changed = {0};

	o->all_changed = mesh->images_revision == 0 ||
			 !digest_equal(prints_shared(prints), &mesh->images_digest);
	mesh->images_digest = *prints_shared(prints);
	for (size_t i = 0; i < o->rows->nmemberships; i++) {
		const struct membership *m = &o->rows->memberships[i];
		struct changed x = {.member = i};

		prints_member(prints, i, &x.print);
		if (m->image_revision == 0 || !digest_equal(&x.print, &m->image_digest))
			vec_push(&changed, x);
	}
	o->changed = arena_copy(&o->arena, changed.at, changed.n * sizeof(*changed.at));
	o->nchanged = changed.n;
	vec_free(&changed);
}

/* ---- revisions ---- */

static int keep_mesh(struct round *o, struct store *s, struct fault *f)
{
	struct mesh *mesh = &o->rows->mesh;
	int code = 0;

	if (o->view_changed)
		code = store_revision_next(s, &mesh->view_revision, f);
	if (o->all_changed && code == 0) {
		code = store_revision_next(s, &mesh->images_revision, f);
		mesh->images_view = mesh->view_revision;
	}
	if (code == 0 && (o->view_changed || o->all_changed))
		code = store_mesh_rendered(s, mesh, f);
	return code;
}

/* On the writer thread: gives new revisions to what changed, and remembers them: the mesh first,
 * then so many members each time. What went in the meantime is not found; the commit that took it
 * away has touched the mesh again. */
static int keep_some(struct job *job, struct store *s)
{
	struct round *o = (struct round *)job;
	struct fault *f = &job->fault;
	size_t end = o->nchanged - o->kept > KEEP_AT_ONCE ? o->kept + KEEP_AT_ONCE : o->nchanged;
	int code = o->kept == 0 ? keep_mesh(o, s, f) : 0;

	for (; o->kept < end && code == 0; o->kept++) {
		const struct changed *x = &o->changed[o->kept];
		struct membership *m = &o->rows->memberships[x->member];

		m->image_digest = x->print;
		m->image_view = o->rows->mesh.view_revision;
		code = store_revision_next(s, &m->image_revision, f);
		if (code == 0)
			code = store_membership_rendered(s, m, f);
	}
	return code;
}

static int keep_all(struct round *o, struct fault *f)
{
	int code = 0;

	if (!o->view_changed && !o->all_changed && o->nchanged == 0)
		return 0;
	do
		code = jobs_write_wait(o->options->jobs, &o->job);
	while (code == 0 && o->kept < o->nchanged);
	return code != 0 ? fault_set(f, code, "%s", fault_text(&o->job.fault, code)) : 0;
}

/* ---- what is published ---- */

static struct blob *sign_view(const struct round *o)
{
	const struct mesh *mesh = &o->rows->mesh;
	const struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = mesh->view_revision, .mesh = mesh->id.bytes};
	struct buf image;

	buf_init(&image);
	state_sign(&id, buf_text(&o->view), o->view.len, o->options->signing_key, &image);
	return blob_new(&image);
}

/* How one gets from what is published to what will be; NULL: not in less than half of the whole. */
static struct blob *step_between(const struct blob *old, const struct blob *new)
{
	struct buf step;

	buf_init(&step);
	if (!delta_encode((struct delta_image){old->data, old->len},
			  (struct delta_image){new->data, new->len}, new->len / 2, &step))
		return NULL;
	return blob_new(&step);
}

/* The view that is published already is taken again where it is still the one. */
static void publish_round(struct round *o)
{
	struct blob *view = NULL, *step = NULL;
	struct published_mesh old;

	publish_mesh_get(o->options->publish, o->rows->mesh.row, &old);
	if (old.view != NULL &&
	    edition_mesh(old.edition)->view_revision == o->rows->mesh.view_revision)
		view = blob_ref(old.view);
	else
		view = sign_view(o);
	buf_fini(&o->view);
	if (old.view != NULL && old.view != view)
		step = step_between(old.view, view);
	publish_edition(o->options->publish, o->edition, view, step);
	blob_unref(view);
	blob_unref(step);
	published_mesh_fini(&old);
}

static int run(struct round *o, struct fault *f)
{
	int code;

	o->rows = edition_rows(o->edition);
	look_at_view(o);
	look_at_members(o);
	code = keep_all(o, f);
	if (code == 0)
		publish_round(o);
	return code == ERR_NOT_FOUND ? 0 : code; /* it is being rendered again, see keep_some() */
}

int round_run(const struct renderer_options *options, struct store *s, row_t mesh, struct fault *f)
{
	struct round o = {.job = {.run = keep_some}, .options = options};
	int code = edition_new(&o.edition, s, mesh, &options->templates, f);

	if (code == ERR_NOT_FOUND) {
		publish_mesh_gone(options->publish, mesh);
		return 0;
	}
	if (code != 0)
		return code;
	arena_init(&o.arena);
	buf_init(&o.view);
	code = run(&o, f);
	buf_fini(&o.view);
	arena_fini(&o.arena);
	edition_unref(o.edition);
	return code;
}
