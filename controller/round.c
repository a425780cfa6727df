#include "controller/round.h"

#include "controller/gather.h"
#include "controller/render/render.h"
#include "lib/base/log.h"
#include "lib/mesh/delta.h"

/* One mesh on its way from rows to signed images. */
struct round {
	struct job job; /* first: keeps the revisions */
	const struct renderer_options *options;
	struct arena arena;
	struct mesh_rows rows;
	struct mesh_plan plan;
	struct buf view;
	struct digest view_digest;
	bool view_changed;
	struct draft {
		struct buf body, text;
		struct digest digest, text_digest;
		bool changed;
	} * drafts; /* parallel to the memberships */
};

static void round_fini(struct round *o)
{
	for (size_t i = 0; o->drafts != NULL && i < o->rows.nmemberships; i++) {
		buf_fini(&o->drafts[i].body);
		buf_fini(&o->drafts[i].text);
	}
	buf_fini(&o->view);
	arena_fini(&o->arena);
}

/* Renders bodies and texts, and compares them with what was there. */
static int draft_all(struct round *o, struct fault *f)
{
	struct mesh_rows *rows = &o->rows;
	struct render *render;
	int code = plan_mesh(rows, &o->arena, &o->plan, f);

	if (code != 0)
		return code;
	render = render_prepare(rows, &o->plan, &o->arena);
	render_view(render, &o->view);
	digest_of(buf_text(&o->view), o->view.len, &o->view_digest);
	o->view_changed = rows->mesh.view_revision == 0 ||
			  !digest_equal(&o->view_digest, &rows->mesh.view_digest);
	o->drafts = arena_array(&o->arena, rows->nmemberships, sizeof(*o->drafts));
	for (size_t i = 0; i < rows->nmemberships; i++) {
		struct render_image image = {.templates = o->options->templates};
		struct membership *m = &rows->memberships[i];
		struct draft *d = &o->drafts[i];

		render_bird_text(render, i, &d->text);
		digest_of(buf_text(&d->text), d->text.len, &d->text_digest);
		image.text = d->text_digest;
		render_membership(render, i, &image, &d->body);
		digest_of(buf_text(&d->body), d->body.len, &d->digest);
		d->changed = m->image_revision == 0 || !digest_equal(&d->digest, &m->image_digest);
	}
	return 0;
}

/* On the writer thread: gives new revisions to what changed, and remembers them. What went in the
 * meantime is not found; the commit that took it away has touched the mesh again. */
static int keep_revisions(struct job *job, struct store *s)
{
	struct round *o = (struct round *)job;
	struct mesh *mesh = &o->rows.mesh;
	struct fault *f = &job->fault;
	int code = 0;

	if (o->view_changed) {
		code = store_revision_next(s, &mesh->view_revision, f);
		if (code == 0)
			code = store_mesh_rendered(s, mesh->row, mesh->view_revision,
						   &o->view_digest, f);
	}
	for (size_t i = 0; i < o->rows.nmemberships && code == 0; i++) {
		struct membership *m = &o->rows.memberships[i];

		if (!o->drafts[i].changed)
			continue;
		m->image_digest = o->drafts[i].digest;
		code = store_revision_next(s, &m->image_revision, f);
		if (code == 0)
			code = store_membership_rendered(s, m, f);
	}
	return code;
}

static bool anything_changed(const struct round *o)
{
	bool changed = o->view_changed;

	for (size_t i = 0; i < o->rows.nmemberships && !changed; i++)
		changed = o->drafts[i].changed;
	return changed;
}

static struct blob *sign(const struct round *o, const struct state_identity *id,
			 const struct buf *body)
{
	struct buf image;

	buf_init(&image);
	state_sign(id, buf_text(body), body->len, o->options->signing_key, &image);
	return blob_new(&image);
}

/* How one gets from what is published to what will be; NULL: not in less than half of the whole. */
static struct blob *step_between(const struct blob *old, const struct blob *new)
{
	struct buf step;

	buf_init(&step);
	if (old == NULL || old == new ||
	    !delta_encode((struct delta_image){old->data, old->len},
			  (struct delta_image){new->data, new->len}, new->len / 2, &step))
		return NULL;
	return blob_new(&step);
}

/* What is published already is taken again where it is still the one. */
static void fill_membership(struct round *o, size_t i, struct rendered_membership *out)
{
	struct membership *m = &o->rows.memberships[i];
	struct state_identity id = {
		.kind = STATE_KIND_MEMBERSHIP,
		.revision = m->image_revision,
		.mesh = o->rows.mesh.id.bytes,
		.membership = m->id.bytes,
	};
	struct published_files old;

	*out = (struct rendered_membership){
		.row = m->row,
		.machine = m->machine,
		.revision = m->image_revision,
		.text_digest = o->drafts[i].text_digest,
		.text = blob_new(&o->drafts[i].text),
	};
	publish_files(o->options->publish, m->row, &old);
	if (old.image != NULL && old.image_revision == m->image_revision) {
		out->image = blob_ref(old.image);
	} else {
		render_image_stamp(&o->drafts[i].body, o->rows.mesh.view_revision);
		out->image = sign(o, &id, &o->drafts[i].body);
		out->step = step_between(old.image, out->image);
	}
	published_files_fini(&old);
}

static void fill_view(struct round *o, struct rendering *r)
{
	struct mesh *mesh = &o->rows.mesh;
	struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = mesh->view_revision, .mesh = mesh->id.bytes};
	uint64_t revision = 0;
	struct blob *old = publish_view(o->options->publish, mesh->row, &revision);

	if (old != NULL && revision == mesh->view_revision) {
		r->view = old;
		return;
	}
	r->view = sign(o, &id, &o->view);
	r->step = step_between(old, r->view);
	blob_unref(old);
}

static void publish_round(struct round *o)
{
	struct rendering r = {
		.mesh = o->rows.mesh.row,
		.view_revision = o->rows.mesh.view_revision,
		.memberships = arena_array(&o->arena, o->rows.nmemberships, sizeof(*r.memberships)),
		.n = o->rows.nmemberships,
	};

	fill_view(o, &r);
	for (size_t i = 0; i < r.n; i++)
		fill_membership(o, i, &r.memberships[i]);
	publish_rendering(o->options->publish, &r);
	blob_unref(r.view);
	blob_unref(r.step);
	for (size_t i = 0; i < r.n; i++) {
		blob_unref(r.memberships[i].image);
		blob_unref(r.memberships[i].text);
		blob_unref(r.memberships[i].step);
	}
}

int round_run(const struct renderer_options *options, struct store *s, row_t mesh, struct fault *f)
{
	struct round o = {.job = {.run = keep_revisions}, .options = options};
	int code;

	arena_init(&o.arena);
	buf_init(&o.view);
	code = gather_mesh(s, mesh, &o.arena, &o.rows, f);
	if (code == ERR_NOT_FOUND) {
		publish_mesh_gone(options->publish, mesh);
		code = 0;
		goto out;
	}
	if (code == 0)
		code = draft_all(&o, f);
	if (code == 0 && anything_changed(&o) &&
	    (code = jobs_write_wait(options->jobs, &o.job)) != 0)
		fault_set(f, code, "%s", fault_text(&o.job.fault, code));
	if (code == 0)
		publish_round(&o);
	else if (code == ERR_NOT_FOUND)
		code = 0; /* it is being rendered again, see keep_revisions() */
out:
	round_fini(&o);
	return code;
}
