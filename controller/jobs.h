/* Who talks to the database: one writer thread, and a pool of readers.
 *
 * The writer takes what has come in meanwhile as one batch: begin, each job in a savepoint of its
 * own, one commit for all; only then the jobs are done, so that no answer promises what a crash can
 * take back. A job that fails leaves nothing; a commit that fails fails every job of its batch.
 * Readers run one job at a time, each in a snapshot. */
#ifndef SKEIN_CONTROLLER_JOBS_H
#define SKEIN_CONTROLLER_JOBS_H

#include "controller/store.h"

struct job {
	/* In its savepoint or snapshot. May say why in `fault`. */
	int (*run)(struct job *j, struct store *s);
	/* After the commit, of a writing job that succeeded; in the order of the jobs. NULL:
	 * nothing. */
	void (*committed)(struct job *j, struct store *s);
	/* Last; the job may be gone when this returns. */
	void (*done)(struct job *j);
	int code; /* what became of it */
	struct fault fault;
	struct job *next;
};

struct jobs;

/* Opens the stores (the writing one migrates) and starts the threads. */
int jobs_start(struct jobs **out, const char *database, int nreaders, struct fault *f);
void jobs_write(struct jobs *j, struct job *job);
void jobs_read(struct jobs *j, struct job *job);
/* Runs a writing job and waits until it is committed; returns its code. `done` is not used. */
int jobs_write_wait(struct jobs *j, struct job *job);
/* Finishes what is queued, ends the threads, closes the stores. Nothing may be added any more.
 * Accepts NULL. */
void jobs_stop(struct jobs *j);

#endif
