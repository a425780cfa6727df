#include "controller/jobs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "test/test.h"

#define MANY 300

struct work {
	struct job job; /* first */
	char name[NAME_TEXT_MAX];
	bool fails;
	int committed, done;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static int ndone;

static int insert(struct job *job, struct store *s)
{
	struct work *w = (struct work *)job;
	struct organization o = {0};
	int code;

	snprintf(o.name, sizeof(o.name), "%s", w->name);
	code = store_organization_insert(s, &o, &job->fault);
	if (code == 0 && w->fails)
		code = fault_set(&job->fault, ERR_CONFLICT, "no");
	return code;
}

static void on_committed(struct job *job, struct store *s)
{
	struct organization o;
	struct work *w = (struct work *)job;

	TEST_NUMBER(store_organization_find_name(s, w->name, &o, NULL), 0);
	TEST_NUMBER(w->done, 0);
	w->committed++;
}

static void on_done(struct job *job)
{
	struct work *w = (struct work *)job;

	pthread_mutex_lock(&lock);
	w->done++;
	ndone++;
	pthread_cond_signal(&finished);
	pthread_mutex_unlock(&lock);
}

static void wait_for(int n)
{
	pthread_mutex_lock(&lock);
	while (ndone < n)
		pthread_cond_wait(&finished, &lock);
	pthread_mutex_unlock(&lock);
}

static struct jobs *open_jobs(const char *name, int readers)
{
	struct fault f = {0};
	struct store *s = NULL;
	struct jobs *j = NULL;
	char path[200];

	snprintf(path, sizeof(path), "%s/%s.db", test_dir(), name);
	if (store_open(&s, path, STORE_CREATE, &f) != 0)
		TEST_FAIL("%s", f.text);
	store_close(s);
	if (jobs_start(&j, path, readers, &f) != 0)
		TEST_FAIL("%s", f.text);
	ndone = 0;
	return j;
}

/* Every third fails; it leaves nothing, and takes nothing of its batch with it. */
static void a_job_that_fails_leaves_nothing(void)
{
	static struct work works[MANY];
	struct jobs *j = open_jobs("batch", 1);
	struct organization o;
	struct store *s = NULL;
	struct fault f = {0};
	char path[200];

	memset(works, 0, sizeof(works));
	for (int i = 0; i < MANY; i++) {
		works[i].job =
			(struct job){.run = insert, .committed = on_committed, .done = on_done};
		works[i].fails = i % 3 == 0;
		snprintf(works[i].name, sizeof(works[i].name), "o-%d", i);
		jobs_write(j, &works[i].job);
	}
	wait_for(MANY);
	jobs_stop(j);
	snprintf(path, sizeof(path), "%s/batch.db", test_dir());
	TEST_NUMBER(store_open(&s, path, STORE_READ, &f), 0);
	for (int i = 0; i < MANY; i++) {
		TEST_NUMBER(works[i].done, 1);
		TEST_NUMBER(works[i].committed, !works[i].fails);
		TEST_NUMBER(works[i].job.code, works[i].fails ? ERR_CONFLICT : 0);
		TEST_NUMBER(store_organization_find_name(s, works[i].name, &o, NULL),
			    works[i].fails ? ERR_NOT_FOUND : 0);
	}
	store_close(s);
}

static int find(struct job *job, struct store *s)
{
	struct work *w = (struct work *)job;
	struct organization o;

	return store_organization_find_name(s, w->name, &o, &job->fault);
}

static void a_reader_sees_what_was_committed(void)
{
	struct jobs *j = open_jobs("read", 3);
	struct work writing = {.job = {.run = insert}, .name = "written"};
	struct work reading[30];

	TEST_NUMBER(jobs_write_wait(j, &writing.job), 0);
	for (int i = 0; i < 30; i++) {
		reading[i] =
			(struct work){.job = {.run = find, .done = on_done}, .name = "written"};
		jobs_read(j, &reading[i].job);
	}
	wait_for(30);
	for (int i = 0; i < 30; i++)
		TEST_NUMBER(reading[i].job.code, 0);
	/* The same name again: the code and the words come back to who waits. */
	TEST_NUMBER(jobs_write_wait(j, &writing.job), ERR_EXISTS);
	CU_ASSERT_TRUE(writing.job.fault.text[0] != '\0');
	jobs_stop(j);
}

static void a_stop_finishes_what_is_queued(void)
{
	static struct work works[MANY];
	struct jobs *j = open_jobs("stop", 1);

	memset(works, 0, sizeof(works));
	for (int i = 0; i < MANY; i++) {
		works[i].job = (struct job){.run = insert, .done = on_done};
		snprintf(works[i].name, sizeof(works[i].name), "o-%d", i);
		jobs_write(j, &works[i].job);
	}
	jobs_stop(j);
	TEST_NUMBER(ndone, MANY);
}

static void a_database_that_is_not_there(void)
{
	struct fault f = {0};
	struct jobs *j = NULL;

	CU_ASSERT_NOT_EQUAL(jobs_start(&j, "/nonexistent/controller.db", 2, &f), 0);
	CU_ASSERT_PTR_NULL(j);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "/nonexistent/controller.db"));
}

TEST_SUITE(controller_jobs, {"a job that fails leaves nothing", a_job_that_fails_leaves_nothing},
	   {"a reader sees what was committed", a_reader_sees_what_was_committed},
	   {"a stop finishes what is queued", a_stop_finishes_what_is_queued},
	   {"a database that is not there", a_database_that_is_not_there});
