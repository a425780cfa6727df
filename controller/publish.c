#include "controller/publish.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "controller/history.h"

struct machine_entry {
	struct published_machine machine; /* memberships on the heap */
	struct wall seen_at;
	UT_hash_handle hh;
};

struct mesh_entry {
	row_t mesh;
	uint64_t revision;
	struct blob *view;
	struct history history;
	row_t *memberships; /* rendered in it */
	size_t n;
	UT_hash_handle hh;
};

struct membership_entry {
	struct rendered_membership files;
	struct history history;
	row_t mesh;
	UT_hash_handle hh;
};

struct publish {
	pthread_mutex_t lock;
	struct poll *poll;
	struct machine_entry *machines;
	struct mesh_entry *meshes;
	struct membership_entry *memberships;
	struct blob *templates;
	struct digest templates_digest;
	bool ready;
};

typedef VEC(row_t) row_vec;

struct publish *publish_new(struct poll *poll)
{
	struct publish *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	p->poll = poll;
	return p;
}

/* ---- machines ---- */

static struct machine_entry *find_machine(struct publish *p, row_t row)
{
	struct machine_entry *e;

	HASH_FIND(hh, p->machines, &row, sizeof(row), e);
	return e;
}

static void drop_machine(struct publish *p, struct machine_entry *e)
{
	/* NOLINTNEXTLINE(clang-analyzer-*): it cannot follow uthash */
	HASH_DEL(p->machines, e);
	free(e->machine.memberships);
	free(e);
}

void publish_machine(struct publish *p, const struct published_machine *m)
{
	struct machine_entry *e = mem_alloc(sizeof(*e)), *old;

	e->machine = *m;
	e->machine.memberships = mem_resize(NULL, m->n + 1, sizeof(*m->memberships));
	if (m->n > 0)
		memcpy(e->machine.memberships, m->memberships, m->n * sizeof(*m->memberships));
	pthread_mutex_lock(&p->lock);
	old = find_machine(p, m->row);
	if (old != NULL) {
		e->seen_at = old->seen_at;
		drop_machine(p, old);
	}
	HASH_ADD(hh, p->machines, machine.row, sizeof(row_t), e);
	pthread_mutex_unlock(&p->lock);
	poll_wake(p->poll, m->row);
}

void publish_machine_gone(struct publish *p, row_t machine)
{
	struct machine_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_machine(p, machine);
	if (e != NULL)
		drop_machine(p, e);
	pthread_mutex_unlock(&p->lock);
	poll_wake(p->poll, machine);
}

void publish_machine_asked(struct publish *p, row_t machine, struct wall now)
{
	struct machine_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_machine(p, machine);
	if (e != NULL)
		e->seen_at = now;
	pthread_mutex_unlock(&p->lock);
}

struct wall publish_machine_seen(struct publish *p, row_t machine)
{
	struct wall seen = {0};
	struct machine_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_machine(p, machine);
	if (e != NULL)
		seen = e->seen_at;
	pthread_mutex_unlock(&p->lock);
	return seen;
}

/* ---- renderings ---- */

static struct mesh_entry *find_mesh(struct publish *p, row_t row)
{
	struct mesh_entry *e;

	HASH_FIND(hh, p->meshes, &row, sizeof(row), e);
	return e;
}

static struct membership_entry *find_membership(struct publish *p, row_t row)
{
	struct membership_entry *e;

	HASH_FIND(hh, p->memberships, &row, sizeof(row), e);
	return e;
}

static void drop_membership(struct publish *p, struct membership_entry *e)
{
	HASH_DEL(p->memberships, e);
	blob_unref(e->files.image);
	blob_unref(e->files.text);
	history_fini(&e->history);
	free(e);
}

static void drop_mesh(struct publish *p, struct mesh_entry *e)
{
	HASH_DEL(p->meshes, e);
	blob_unref(e->view);
	history_fini(&e->history);
	free(e->memberships);
	free(e);
}

int publish_machine_get(struct publish *p, row_t machine, struct arena *a,
			struct published_machine *out)
{
	struct machine_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_machine(p, machine);
	if (e != NULL) {
		*out = e->machine;
		out->memberships =
			arena_copy(a, e->machine.memberships, out->n * sizeof(*out->memberships));
		for (size_t i = 0; i < out->n; i++) {
			struct published_membership *m = &out->memberships[i];
			struct membership_entry *files = find_membership(p, m->row);
			struct mesh_entry *mesh = find_mesh(p, m->mesh);

			if (files == NULL || mesh == NULL)
				continue;
			m->view_revision = mesh->revision;
			m->image_revision = files->files.revision;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return e != NULL ? 0 : ERR_NOT_FOUND;
}

/* The history goes from the old entry to the new one. */
static void pass_on(struct history *from, uint64_t old_revision, struct history *to,
		    uint64_t revision, struct blob *step, size_t len)
{
	*to = *from;
	*from = (struct history){0};
	if (revision != old_revision)
		history_add(to, old_revision, blob_ref(step), len);
}

/* True when the agent has something to fetch. */
static bool put_membership(struct publish *p, row_t mesh, const struct rendered_membership *r)
{
	struct membership_entry *old = find_membership(p, r->row), *e = mem_alloc(sizeof(*e));
	bool changed = old == NULL || old->files.revision != r->revision;

	if (old != NULL) {
		pass_on(&old->history, old->files.revision, &e->history, r->revision, r->step,
			r->image->len);
		drop_membership(p, old);
	}
	e->files = *r;
	e->files.step = NULL; /* the history's */
	e->mesh = mesh;
	blob_ref(r->image);
	blob_ref(r->text);
	HASH_ADD(hh, p->memberships, files.row, sizeof(row_t), e);
	return changed;
}

/* Those of the old rendering that are not in the new one. Rows are in ascending order in neither;
 * the table tells: what was not put anew still has its old blob, and is looked for by row. */
static void drop_missing(struct publish *p, const struct mesh_entry *old, const struct rendering *r)
{
	struct kept {
		row_t row;
		UT_hash_handle hh;
	} *kept = NULL, *nodes = mem_resize(NULL, r->n + 1, sizeof(*nodes)), *found;

	for (size_t i = 0; i < r->n; i++) {
		nodes[i].row = r->memberships[i].row;
		HASH_ADD(hh, kept, row, sizeof(row_t), &nodes[i]);
	}
	for (size_t i = 0; i < old->n; i++) {
		struct membership_entry *e = find_membership(p, old->memberships[i]);

		HASH_FIND(hh, kept, &old->memberships[i], sizeof(row_t), found);
		if (found == NULL && e != NULL && e->mesh == r->mesh)
			drop_membership(p, e);
	}
	HASH_CLEAR(hh, kept);
	free(nodes);
}

static struct mesh_entry *mesh_entry_new(const struct rendering *r)
{
	struct mesh_entry *e = mem_alloc(sizeof(*e));

	e->mesh = r->mesh;
	e->revision = r->view_revision;
	e->view = blob_ref(r->view);
	e->memberships = mem_resize(NULL, r->n + 1, sizeof(row_t));
	e->n = r->n;
	for (size_t i = 0; i < r->n; i++)
		e->memberships[i] = r->memberships[i].row;
	return e;
}

void publish_rendering(struct publish *p, const struct rendering *r)
{
	struct mesh_entry *e = mesh_entry_new(r), *old;
	row_vec wake = {0};
	bool view_changed;

	pthread_mutex_lock(&p->lock);
	old = find_mesh(p, r->mesh);
	view_changed = old == NULL || old->revision != r->view_revision;
	for (size_t i = 0; i < r->n; i++)
		if (put_membership(p, r->mesh, &r->memberships[i]) || view_changed)
			vec_push(&wake, r->memberships[i].machine);
	if (old != NULL) {
		pass_on(&old->history, old->revision, &e->history, r->view_revision, r->step,
			r->view->len);
		drop_missing(p, old, r);
		drop_mesh(p, old);
	}
	HASH_ADD(hh, p->meshes, mesh, sizeof(row_t), e);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < wake.n; i++)
		poll_wake(p->poll, wake.at[i]);
	vec_free(&wake);
}

void publish_mesh_gone(struct publish *p, row_t mesh)
{
	struct mesh_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_mesh(p, mesh);
	for (size_t i = 0; e != NULL && i < e->n; i++) {
		struct membership_entry *m = find_membership(p, e->memberships[i]);

		if (m != NULL && m->mesh == mesh)
			drop_membership(p, m);
	}
	if (e != NULL)
		drop_mesh(p, e);
	pthread_mutex_unlock(&p->lock);
}

struct blob *publish_view(struct publish *p, row_t mesh, uint64_t *revision)
{
	struct mesh_entry *e;
	struct blob *b = NULL;

	pthread_mutex_lock(&p->lock);
	e = find_mesh(p, mesh);
	if (e != NULL) {
		b = blob_ref(e->view);
		*revision = e->revision;
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

void publish_templates(struct publish *p, struct blob *templates)
{
	pthread_mutex_lock(&p->lock);
	blob_unref(p->templates);
	p->templates = blob_ref(templates);
	digest_of(templates->data, templates->len, &p->templates_digest);
	pthread_mutex_unlock(&p->lock);
}

struct blob *publish_templates_get(struct publish *p, struct digest *digest)
{
	struct blob *b;

	pthread_mutex_lock(&p->lock);
	b = blob_ref(p->templates);
	*digest = p->templates_digest;
	pthread_mutex_unlock(&p->lock);
	return b;
}

int publish_files(struct publish *p, row_t membership, struct published_files *out)
{
	struct membership_entry *e;
	struct mesh_entry *mesh;
	int code = ERR_NOT_FOUND;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&p->lock);
	e = find_membership(p, membership);
	mesh = e != NULL ? find_mesh(p, e->mesh) : NULL;
	if (mesh != NULL) {
		*out = (struct published_files){
			.view_revision = mesh->revision,
			.image_revision = e->files.revision,
			.text_digest = e->files.text_digest,
			.view = blob_ref(mesh->view),
			.image = blob_ref(e->files.image),
			.text = blob_ref(e->files.text),
		};
		code = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return code;
}

void published_files_fini(struct published_files *files)
{
	blob_unref(files->view);
	blob_unref(files->image);
	blob_unref(files->text);
	*files = (struct published_files){0};
}

struct blob *publish_steps(struct publish *p, row_t membership, bool view, uint64_t since,
			   uint64_t *revision)
{
	struct membership_entry *e;
	struct mesh_entry *mesh;
	struct blob *b = NULL;

	pthread_mutex_lock(&p->lock);
	e = find_membership(p, membership);
	mesh = e != NULL ? find_mesh(p, e->mesh) : NULL;
	if (mesh != NULL) {
		*revision = view ? mesh->revision : e->files.revision;
		b = history_since(view ? &mesh->history : &e->history, since);
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

void publish_set_ready(struct publish *p)
{
	pthread_mutex_lock(&p->lock);
	p->ready = true;
	pthread_mutex_unlock(&p->lock);
}

bool publish_is_ready(struct publish *p)
{
	bool ready;

	pthread_mutex_lock(&p->lock);
	ready = p->ready;
	pthread_mutex_unlock(&p->lock);
	return ready;
}

void publish_free(struct publish *p)
{
	struct machine_entry *m, *next_m;
	struct mesh_entry *e, *next_e;

	if (p == NULL)
		return;
	HASH_ITER(hh, p->meshes, e, next_e)
		publish_mesh_gone(p, e->mesh);
	HASH_ITER(hh, p->machines, m, next_m)
		drop_machine(p, m);
	blob_unref(p->templates);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
