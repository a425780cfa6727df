/* What a lab has made beyond its namespaces, written before it is made: so that the next `up` or
 * `down` can undo it, whatever became of the program that did it. */
#ifndef SKEIN_LAB_RECORD_H
#define SKEIN_LAB_RECORD_H

#include "lab/process.h"

struct record_row {
	const char *machine, *program; /* "p1", "skein-agent" */
	struct process process;
};

struct record {
	struct arena arena;
	/* fs.inotify.max_user_instances before the lab raised it, and to what; 0: it did not */
	int64_t inotify_before, inotify_raised;
	int64_t made_directories; /* bits, by the table in tune.c */
	bool whole;		  /* everything that the file says came up */
	VEC(struct record_row) rows;
};

void record_init(struct record *r);
void record_fini(struct record *r);
/* An absent file is an empty record. */
int record_load(struct record *r, const char *path, struct fault *f);
int record_save(const struct record *r, const char *path, struct fault *f);
/* Replaces an earlier one of the same machine and program. Copies the texts. */
void record_set(struct record *r, const char *machine, const char *program,
		const struct process *p);
/* NULL when there is none. */
const struct record_row *record_find(const struct record *r, const char *machine,
				     const char *program);

#endif
