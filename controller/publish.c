#include "controller/publish.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "controller/history.h"
#include "controller/uthash.h"

struct machine_entry {
	struct published_machine machine; /* memberships on the heap */
	struct wall seen_at;
	UT_hash_handle hh;
};

struct mesh_entry {
	row_t mesh;
	struct edition *edition;
	struct blob *view;
	struct history history;
	UT_hash_handle hh;
};

struct publish {
	pthread_mutex_t lock;
	struct poll *poll;
	struct machine_entry *machines;
	struct mesh_entry *meshes;
	struct blob *templates;
	struct digest templates_digest;
	bool ready;
};

typedef VEC(row_t) row_vec;

static int compare_rows(const void *a, const void *b)
{
	row_t x = *(const row_t *)a, y = *(const row_t *)b;

	return (x > y) - (x < y);
}

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

	HASH_GET(hh, p->machines, &row, sizeof(row), e);
	return e;
}

static void drop_machine(struct publish *p, struct machine_entry *e)
{
	HASH_REMOVE(hh, p->machines, e);
	free(e->machine.memberships);
	free(e);
}

void publish_machine(struct publish *p, const struct published_machine *m)
{
	struct machine_entry *e = mem_alloc(sizeof(*e)), *old;

	e->machine = *m;
	e->machine.memberships = mem_resize(NULL, m->n, sizeof(*m->memberships));
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

/* ---- meshes ---- */

static struct mesh_entry *find_mesh(struct publish *p, row_t row)
{
	struct mesh_entry *e;

	HASH_GET(hh, p->meshes, &row, sizeof(row), e);
	return e;
}

/* An edition may be a million members: not while the HTTP thread waits for the lock. */
static void free_mesh(struct mesh_entry *e)
{
	if (e == NULL)
		return;
	edition_unref(e->edition);
	blob_unref(e->view);
	history_fini(&e->history);
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
			struct mesh_entry *mesh = find_mesh(p, m->mesh);
			size_t member;

			if (mesh == NULL || !edition_find(mesh->edition, m->row, &member))
				continue;
			m->view_revision = edition_mesh(mesh->edition)->view_revision;
			m->image_revision = edition_revision(mesh->edition, member);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return e != NULL ? 0 : ERR_NOT_FOUND;
}

/* The machines that have something to fetch, in order of row; the caller frees. */
static row_vec find_concerned(const struct edition *old, struct edition *new)
{
	const struct mesh_rows *rows = edition_rows(new);
	bool all =
		old == NULL || edition_mesh(old)->view_revision != edition_mesh(new)->view_revision;
	row_vec machines = {0};

	for (size_t i = 0; i < rows->nmemberships; i++) {
		size_t before;

		if (all || !edition_find(old, rows->memberships[i].row, &before) ||
		    edition_revision(old, before) != edition_revision(new, i))
			vec_push(&machines, rows->memberships[i].machine);
	}
	vec_sort(&machines, compare_rows);
	return machines;
}

void publish_edition(struct publish *p, struct edition *e, struct blob *view, struct blob *step)
{
	const struct mesh *mesh = edition_mesh(e);
	struct mesh_entry *new = mem_alloc(sizeof(*new)), *old;
	struct published_mesh before;
	row_vec concerned;

	publish_mesh_get(p, mesh->row, &before); /* only this thread exchanges it */
	concerned = find_concerned(before.edition, e);
	new->mesh = mesh->row;
	new->edition = edition_ref(e);
	new->view = blob_ref(view);
	pthread_mutex_lock(&p->lock);
	old = find_mesh(p, mesh->row);
	if (old != NULL) {
		uint64_t revision = edition_mesh(old->edition)->view_revision;

		new->history = old->history;
		old->history = (struct history){0};
		if (revision != mesh->view_revision)
			history_add(&new->history, revision, blob_ref(step), view->len);
		HASH_REMOVE(hh, p->meshes, old);
	}
	HASH_ADD(hh, p->meshes, mesh, sizeof(row_t), new);
	pthread_mutex_unlock(&p->lock);
	published_mesh_fini(&before);
	free_mesh(old);
	poll_wake_all(p->poll, concerned.at, concerned.n);
	vec_free(&concerned);
}

void publish_mesh_gone(struct publish *p, row_t mesh)
{
	struct mesh_entry *e;

	pthread_mutex_lock(&p->lock);
	e = find_mesh(p, mesh);
	if (e != NULL)
		HASH_REMOVE(hh, p->meshes, e);
	pthread_mutex_unlock(&p->lock);
	free_mesh(e);
}

void publish_mesh_get(struct publish *p, row_t mesh, struct published_mesh *out)
{
	struct mesh_entry *e;

	*out = (struct published_mesh){0};
	pthread_mutex_lock(&p->lock);
	e = find_mesh(p, mesh);
	if (e != NULL)
		*out = (struct published_mesh){edition_ref(e->edition), blob_ref(e->view)};
	pthread_mutex_unlock(&p->lock);
}

void published_mesh_fini(struct published_mesh *m)
{
	edition_unref(m->edition);
	blob_unref(m->view);
	*m = (struct published_mesh){0};
}

struct blob *publish_view_steps(struct publish *p, row_t mesh, uint64_t since, uint64_t *revision)
{
	struct mesh_entry *e;
	struct blob *b = NULL;

	pthread_mutex_lock(&p->lock);
	e = find_mesh(p, mesh);
	if (e != NULL) {
		*revision = edition_mesh(e->edition)->view_revision;
		b = history_since(&e->history, since);
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
	HASH_ITER(hh, p->meshes, e, next_e) {
		HASH_REMOVE(hh, p->meshes, e);
		free_mesh(e);
	}
	HASH_ITER(hh, p->machines, m, next_m)
		drop_machine(p, m);
	blob_unref(p->templates);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
