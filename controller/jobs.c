#include "controller/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "controller/trouble.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"

/* The longest wait of the first job of a batch is that of all its fellows: bound it. */
#define BATCH_MAX 256

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct job *first, **last;
	bool stopping;
};

struct reader {
	pthread_t thread;
	struct store *store;
	struct queue *queue;
	struct trouble *trouble;
};

struct jobs {
	struct queue writing, reading;
	struct trouble writing_trouble, reading_trouble;
	struct store *writer;
	pthread_t thread;
	bool started;
	struct reader *readers;
	int nreaders, nstarted;
};

static void queue_init(struct queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	q->last = &q->first;
}

static void queue_fini(struct queue *q)
{
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
}

static void queue_push(struct queue *q, struct job *job)
{
	job->next = NULL;
	job->code = 0;
	pthread_mutex_lock(&q->lock);
	*q->last = job;
	q->last = &job->next;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

/* At most `max` jobs in order; NULL when the queue is empty and stopping. */
static struct job *queue_take(struct queue *q, int max)
{
	struct job *first, **end = &first;

	pthread_mutex_lock(&q->lock);
	while (q->first == NULL && !q->stopping)
		pthread_cond_wait(&q->filled, &q->lock);
	first = q->first;
	for (int i = 0; i < max && *end != NULL; i++)
		end = &(*end)->next;
	q->first = *end;
	if (q->first == NULL)
		q->last = &q->first;
	*end = NULL;
	pthread_mutex_unlock(&q->lock);
	return first;
}

static void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

static void run_in_savepoint(struct job *job, struct store *s)
{
	job->code = store_savepoint(s, &job->fault);
	if (job->code != 0)
		return;
	job->code = job->run(job, s);
	if (job->code == 0)
		job->code = store_release(s, &job->fault);
	else
		store_undo(s);
}

/* Returns what became of the batch as a whole. Where a job meets trouble that undoes the whole
 * transaction (a full disk), its words say what it was. */
static int run_and_commit(struct job *batch, struct store *s, struct fault *f)
{
	const struct fault *first = NULL;
	int code = store_begin(s, f);

	if (code != 0)
		return code;
	for (struct job *job = batch; job != NULL; job = job->next) {
		run_in_savepoint(job, s);
		if (first == NULL && trouble_is(job->code))
			first = &job->fault;
	}
	code = store_commit(s, f);
	if (code != 0)
		store_rollback(s);
	if (code != 0 && first != NULL)
		*f = *first;
	return code;
}

static void run_batch(struct jobs *j, struct job *batch)
{
	struct fault f = {0};
	struct job *next;
	int code = run_and_commit(batch, j->writer, &f);

	if (code != 0)
		trouble_note(&j->writing_trouble, "the database cannot be written; reads go on", &f,
			     code);
	else if (trouble_clear(&j->writing_trouble))
		log_info("the database can be written again");
	for (struct job *job = batch; job != NULL; job = job->next) {
		if (code != 0) {
			job->code = code;
			job->fault = f;
		} else if (job->code == 0 && job->committed != NULL) {
			job->committed(job, j->writer);
		} else if (trouble_is(job->code)) {
			trouble_note(&j->reading_trouble, "the database cannot be read",
				     &job->fault, job->code);
		}
	}
	for (struct job *job = batch; job != NULL; job = next) {
		next = job->next;
		job->done(job);
	}
}

static void *write_loop(void *arg)
{
	struct jobs *j = arg;
	struct job *batch;

	while ((batch = queue_take(&j->writing, BATCH_MAX)) != NULL)
		run_batch(j, batch);
	return NULL;
}

static void *read_loop(void *arg)
{
	struct reader *r = arg;
	struct job *job;

	while ((job = queue_take(r->queue, 1)) != NULL) {
		job->code = store_snapshot_begin(r->store, &job->fault);
		if (job->code == 0) {
			job->code = job->run(job, r->store);
			store_snapshot_end(r->store);
		}
		if (trouble_is(job->code))
			trouble_note(r->trouble, "the database cannot be read", &job->fault,
				     job->code);
		job->done(job);
	}
	return NULL;
}

static int start_readers(struct jobs *j, const char *database, struct fault *f)
{
	int code = 0;

	for (int i = 0; i < j->nreaders && code == 0; i++) {
		struct reader *r = &j->readers[i];

		r->queue = &j->reading;
		r->trouble = &j->reading_trouble;
		code = store_open(&r->store, database, STORE_READ, f);
		if (code == 0 && pthread_create(&r->thread, NULL, read_loop, r) != 0)
			code = fault_set(f, ERR_INTERNAL, "a thread cannot be started");
		j->nstarted += code == 0;
	}
	return code;
}

int jobs_start(struct jobs **out, const char *database, int nreaders, struct fault *f)
{
	struct jobs *j = mem_alloc(sizeof(*j));
	int code;

	queue_init(&j->writing);
	queue_init(&j->reading);
	trouble_init(&j->writing_trouble);
	trouble_init(&j->reading_trouble);
	j->nreaders = nreaders;
	j->readers = mem_resize(NULL, (size_t)nreaders, sizeof(*j->readers));
	for (int i = 0; i < nreaders; i++)
		j->readers[i] = (struct reader){0};
	code = store_open(&j->writer, database, STORE_WRITE, f);
	if (code == 0 && pthread_create(&j->thread, NULL, write_loop, j) != 0)
		code = fault_set(f, ERR_INTERNAL, "a thread cannot be started");
	j->started = code == 0;
	if (code == 0)
		code = start_readers(j, database, f);
	if (code != 0) {
		jobs_stop(j);
		j = NULL;
	}
	*out = j;
	return code;
}

void jobs_write(struct jobs *j, struct job *job)
{
	queue_push(&j->writing, job);
}

void jobs_read(struct jobs *j, struct job *job)
{
	queue_push(&j->reading, job);
}

/* A job that wakes who waits for it. */
struct waiting {
	struct job job; /* first */
	struct job *inner;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	bool over;
};

static int waiting_run(struct job *job, struct store *s)
{
	struct job *inner = ((struct waiting *)job)->inner;
	int code = inner->run(inner, s);

	job->fault = inner->fault;
	return code;
}

static void waiting_committed(struct job *job, struct store *s)
{
	struct job *inner = ((struct waiting *)job)->inner;

	if (inner->committed != NULL)
		inner->committed(inner, s);
}

static void waiting_done(struct job *job)
{
	struct waiting *w = (struct waiting *)job;

	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_cond_signal(&w->finished);
	pthread_mutex_unlock(&w->lock);
}

int jobs_write_wait(struct jobs *j, struct job *job)
{
	struct waiting w = {
		.job = {.run = waiting_run, .committed = waiting_committed, .done = waiting_done},
		.inner = job,
	};

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.finished, NULL);
	queue_push(&j->writing, &w.job);
	pthread_mutex_lock(&w.lock);
	while (!w.over)
		pthread_cond_wait(&w.finished, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.finished);
	pthread_mutex_destroy(&w.lock);
	job->code = w.job.code;
	if (w.job.fault.code != 0)
		job->fault = w.job.fault;
	return job->code;
}

void jobs_stop(struct jobs *j)
{
	if (j == NULL)
		return;
	queue_stop(&j->reading);
	for (int i = 0; i < j->nreaders; i++) {
		if (i < j->nstarted)
			pthread_join(j->readers[i].thread, NULL);
		store_close(j->readers[i].store);
	}
	queue_stop(&j->writing);
	if (j->started)
		pthread_join(j->thread, NULL);
	store_close(j->writer);
	queue_fini(&j->reading);
	queue_fini(&j->writing);
	trouble_fini(&j->writing_trouble);
	trouble_fini(&j->reading_trouble);
	free(j->readers);
	free(j);
}
