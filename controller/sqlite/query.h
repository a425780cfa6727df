/* One statement, run once: start, bind in order, read rows in order, end. The first error sticks;
 * after it everything does nothing and reads zero, so it is asked for once, at the end.
 *
 *	query_start(&q, s, &sql[FIND], f);
 *	query_bind_number(&q, organization);
 *	while (query_next(&q))
 *		…query_read_number(&q)…
 *	return query_end(&q); */
#ifndef SKEIN_CONTROLLER_SQLITE_QUERY_H
#define SKEIN_CONTROLLER_SQLITE_QUERY_H

#include "controller/sqlite/connection.h"

/* A prefix as a blob of 18 bytes, {family, address, length}: sorts like prefix_compare(). */
#define QUERY_PREFIX_SIZE 18

struct query {
	struct store *store;
	sqlite3_stmt *stmt;
	struct fault *fault;
	struct arena *arena; /* for texts of any length; NULL: the rows have none */
	int code;
	int next; /* parameter, or column */
};

/* Prepares the statement when this connection runs it for the first time. */
void query_start(struct query *q, struct store *s, const struct statement *st, struct fault *f);
/* What is bound is borrowed until the end. */
void query_bind_null(struct query *q);
void query_bind_number(struct query *q, int64_t value);
void query_bind_text(struct query *q, const char *value); /* NULL: null */
void query_bind_bytes(struct query *q, const void *value, size_t size);
void query_bind_copy(struct query *q, const void *value, size_t size);
void query_bind_prefix(struct query *q, const struct prefix *p); /* family 0: null; copied */
/* `after`, then `limit`; NULL: everything. */
void query_bind_page(struct query *q, const struct page *p);

/* True: there is a row to read. */
bool query_next(struct query *q);
bool query_is_null(const struct query *q); /* the column that comes next */
/* Each reads the next column; what does not fit sets ERR_IO: the file is damaged. */
int64_t query_read_number(struct query *q);
bool query_read_flag(struct query *q);
void query_read_text(struct query *q, char *to, size_t size);
const char *query_read_arena_text(struct query *q);	       /* NULL for null */
void query_read_bytes(struct query *q, void *to, size_t size); /* exactly; null: zero */
/* Up to max bytes; borrowed until the next row. */
const void *query_read_any(struct query *q, size_t max, size_t *size);
void query_read_prefix(struct query *q, struct prefix *to);

void query_fail(struct query *q, int code); /* keeps an earlier error */
void query_damaged(struct query *q);
/* Makes the statement ready for the next time; 0 or the first error. */
int query_end(struct query *q);
/* Runs to the end; *changed (may be NULL): how many rows it changed. */
int query_run(struct query *q, int64_t *changed);
/* The same for what is to change one row: ERR_NOT_FOUND when it changed none. */
int query_change(struct query *q);

#endif
