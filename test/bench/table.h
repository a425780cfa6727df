/* What benches have measured: for people, for programs, and against what was measured before. */
#ifndef SKEIN_TEST_BENCH_TABLE_H
#define SKEIN_TEST_BENCH_TABLE_H

#include <jansson.h>

#include "test/bench/bench.h"

struct table {
	json_t *rows;	   /* [{name, value, unit, against, ratio, bar, holds}] */
	json_t *reference; /* the same of before; NULL: there is none */
	size_t broken, worse;
};

/* A file that is not there, or is none, is no reference. */
void table_init(struct table *t, const char *reference);
void table_fini(struct table *t);
void table_add(struct table *t, const struct bench_row *row, const struct bench_result *r);
/* The closing lines. */
void table_end(const struct table *t);
bool table_write(const struct table *t, const char *path);
/* The same, in the place of the reference: what was not measured now stays as it is there. */
bool table_write_reference(const struct table *t, const char *path);

#endif
