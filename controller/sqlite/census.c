/* What the database has, by numbers: for who wants to know how large an installation is. */
#include "controller/sqlite/query.h"

#define SQL_MAX 200

enum { TABLES_OF };

static const struct statement sql[] = {
	[TABLES_OF] = {STATEMENT(CENSUS, TABLES_OF),
		       "SELECT name FROM sqlite_schema"
		       " WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
		       " ORDER BY name"},
};

static int count(struct store *s, const char *table, int64_t *rows, struct fault *f)
{
	char text[SQL_MAX];

	sqlite3_snprintf(sizeof(text), text, "SELECT count(*) FROM \"%w\"", table);
	return store_pragma(s, text, rows, f);
}

int store_census(struct store *s, struct arena *a, store_count_vec *out, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[TABLES_OF], f);
	q.arena = a;
	while (query_next(&q))
		vec_push(out, (struct store_count){query_read_arena_text(&q), 0});
	code = query_end(&q);
	for (size_t i = 0; i < out->n && code == 0; i++)
		code = count(s, out->at[i].table, &out->at[i].rows, f);
	return code;
}

int store_schema_version(struct store *s, int64_t *out, struct fault *f)
{
	return store_pragma(s, "PRAGMA user_version", out, f);
}
