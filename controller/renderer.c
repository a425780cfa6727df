#include "controller/renderer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "controller/round.h"
#include "controller/trouble.h"
#include "lib/base/log.h"

#define RETRY_S 1

struct renderer {
	struct renderer_options options;
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t touched;
	VEC(row_t) dirty;
	VEC(row_t) failed; /* the render thread's: could not be kept or read, and are tried again */
	struct trouble trouble;
	struct blob *templates; /* to take the place of those that are published; NULL: none */
	bool stopping;
};

/* Trouble with the database passes; what else is wrong is so until the mesh changes. */
static void render_mesh(struct renderer *r, row_t mesh)
{
	struct fault f = {0};
	int code = round_run(&r->options, r->store, mesh, &f);

	if (trouble_is(code)) {
		trouble_note(&r->trouble, "meshes cannot be rendered, and are tried again", &f,
			     code);
		vec_push(&r->failed, mesh);
	} else if (code != 0) {
		log_error("a mesh cannot be rendered", LOG_D("mesh", mesh),
			  LOG_S("error", fault_text(&f, code)));
	}
}

/* Adds those that a peering joins to the first `n`: they show parts of one another. */
static void add_peered(struct renderer *r, row_t **meshes, size_t *n, struct arena *a)
{
	VEC(row_t) all = {0};
	struct peering *peerings;
	size_t npeerings;

	for (size_t i = 0; i < *n; i++) {
		vec_push(&all, (*meshes)[i]);
		if (store_peering_list(r->store, a, 0, (*meshes)[i], NULL, &peerings, &npeerings,
				       NULL) != 0)
			continue;
		for (size_t k = 0; k < npeerings; k++)
			vec_push(&all, peerings[k].mesh_a == (*meshes)[i] ? peerings[k].mesh_b
									  : peerings[k].mesh_a);
	}
	*meshes = arena_copy(a, all.at, all.n * sizeof(row_t));
	*n = all.n;
	vec_free(&all);
}

static int compare_rows(const void *a, const void *b)
{
	row_t x = *(const row_t *)a, y = *(const row_t *)b;

	return (x > y) - (x < y);
}

static void render_all(struct renderer *r, row_t *meshes, size_t n)
{
	struct arena a;

	arena_init(&a);
	add_peered(r, &meshes, &n, &a);
	if (n > 1)
		qsort(meshes, n, sizeof(*meshes), compare_rows);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || meshes[i] != meshes[i - 1])
			render_mesh(r, meshes[i]);
	arena_fini(&a);
}

/* Until a mesh is touched, or for a while, where some are to be tried again. */
static void wait_for_work(struct renderer *r)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RETRY_S;
	while (r->dirty.n == 0 && r->templates == NULL && !r->stopping) {
		if (r->failed.n == 0)
			pthread_cond_wait(&r->touched, &r->lock);
		else if (pthread_cond_timedwait(&r->touched, &r->lock, &until) == ETIMEDOUT)
			break;
	}
}

/* The rows that were touched since, and those that failed; caller frees. False when it is time to
 * end. */
static bool take_dirty(struct renderer *r, row_t **meshes, size_t *n)
{
	bool stopping;

	pthread_mutex_lock(&r->lock);
	wait_for_work(r);
	for (size_t i = 0; i < r->failed.n; i++)
		vec_push(&r->dirty, r->failed.at[i]);
	r->failed.n = 0;
	stopping = r->stopping;
	*meshes = r->dirty.at;
	*n = r->dirty.n;
	r->dirty.at = NULL;
	r->dirty.n = r->dirty.cap = 0;
	pthread_mutex_unlock(&r->lock);
	return !stopping;
}

static int render_every(struct renderer *r)
{
	struct mesh *meshes = NULL;
	struct fault f = {0};
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_mesh_list(r->store, &a, 0, NULL, &meshes, &n, &f);
	if (code != 0)
		log_error("meshes cannot be listed", LOG_S("error", fault_text(&f, code)));
	for (size_t i = 0; i < n; i++)
		render_mesh(r, meshes[i].row);
	arena_fini(&a);
	return code;
}

/* What is published goes with the images of before until these are rendered anew. A machine that
 * asks in between gets what does not go together, and asks again. */
static void take_templates(struct renderer *r)
{
	struct blob *templates;

	pthread_mutex_lock(&r->lock);
	templates = r->templates;
	r->templates = NULL;
	pthread_mutex_unlock(&r->lock);
	if (templates == NULL)
		return;
	publish_templates(r->options.publish, templates);
	blob_unref(publish_templates_get(r->options.publish, &r->options.templates));
	blob_unref(templates);
	render_every(r);
}

static void *render_loop(void *arg)
{
	struct renderer *r = arg;
	row_t *meshes = NULL;
	size_t n;

	if (render_every(r) == 0)
		publish_set_ready(r->options.publish);
	while (take_dirty(r, &meshes, &n)) {
		take_templates(r);
		render_all(r, meshes, n);
		free(meshes);
		if (r->failed.n == 0)
			trouble_clear(&r->trouble);
	}
	free(meshes);
	return NULL;
}

static void init_waiting(struct renderer *r)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->touched, &clock);
	pthread_condattr_destroy(&clock);
	trouble_init(&r->trouble);
}

int renderer_start(struct renderer **out, const struct renderer_options *o, struct fault *f)
{
	struct renderer *r = mem_alloc(sizeof(*r));
	int code;

	r->options = *o;
	*out = NULL;
	code = store_open(&r->store, o->database, STORE_READ, f);
	if (code == 0) {
		init_waiting(r);
		if (pthread_create(&r->thread, NULL, render_loop, r) != 0)
			code = fault_set(f, ERR_INTERNAL, "a thread cannot be started");
	}
	if (code == 0) {
		*out = r;
		return 0;
	}
	store_close(r->store);
	free(r);
	return code;
}

void renderer_touch(struct renderer *r, const row_t *meshes, size_t n)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < n; i++)
		vec_push(&r->dirty, meshes[i]);
	pthread_cond_signal(&r->touched);
	pthread_mutex_unlock(&r->lock);
}

void renderer_set_templates(struct renderer *r, struct blob *templates)
{
	pthread_mutex_lock(&r->lock);
	blob_unref(r->templates);
	r->templates = blob_ref(templates);
	pthread_cond_signal(&r->touched);
	pthread_mutex_unlock(&r->lock);
}

void renderer_stop(struct renderer *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->touched);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->touched);
	pthread_mutex_destroy(&r->lock);
	trouble_fini(&r->trouble);
	vec_free(&r->dirty);
	vec_free(&r->failed);
	blob_unref(r->templates);
	store_close(r->store);
	free(r);
}
