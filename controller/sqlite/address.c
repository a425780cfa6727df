/* The memory of which addresses are given out.
 *
 * A mesh has a counter, the lowest index that was never given out, and a table of those that came
 * back. To take one:
 *   1. those whose rest is over become ready (until = 0): each once in its life;
 *   2. the lowest ready one, if any: one seek in the index (mesh, until, idx);
 *   3. else the counter moves on by one.
 * No step looks at what is in use, so the cost is the same in an empty mesh and in a full one. The
 * alternative, the first gap among the memberships, costs what the mesh has members. */
#include "controller/sqlite/query.h"

enum { RIPEN, READY, NEVER_USED, NEXT_FREE, FREE, NEXT, REST_FREED, REST_NEXT, SKIP, TAKE };

static const struct statement sql[] = {
	[RIPEN] = {STATEMENT(ADDRESS, RIPEN), "UPDATE address_freed SET until = 0"
					      " WHERE mesh = ? AND until > 0 AND until <= ?"},
	[READY] = {STATEMENT(ADDRESS, READY),
		   "DELETE FROM address_freed WHERE mesh = ?1 AND idx ="
		   " (SELECT idx FROM address_freed WHERE mesh = ?1 AND until = 0"
		   " ORDER BY idx LIMIT 1) RETURNING idx"},
	[NEVER_USED] = {STATEMENT(ADDRESS, NEVER_USED),
			"UPDATE mesh SET next_index = next_index + 1"
			" WHERE row = ? AND next_index <= ? RETURNING next_index - 1"},
	[NEXT_FREE] = {STATEMENT(ADDRESS, NEXT_FREE),
		       "SELECT until FROM address_freed WHERE mesh = ? AND until > 0"
		       " ORDER BY until LIMIT 1"},
	/* Not one that was never given out, nor one that somebody has: it would be given twice. */
	[FREE] = {STATEMENT(ADDRESS, FREE),
		  "INSERT INTO address_freed (mesh, idx, until) SELECT ?1, ?2, ?3"
		  " WHERE EXISTS (SELECT 1 FROM mesh WHERE row = ?1 AND next_index > ?2)"
		  " AND NOT EXISTS (SELECT 1 FROM membership WHERE mesh = ?1 AND idx = ?2)"
		  " ON CONFLICT (mesh, idx) DO UPDATE SET until = excluded.until"},
	[NEXT] = {STATEMENT(ADDRESS, NEXT), "SELECT next_index FROM mesh WHERE row = ?"},
	[REST_FREED] = {STATEMENT(ADDRESS, REST_FREED),
			"UPDATE address_freed SET until = max(until, ?2) WHERE mesh = ?1"},
	[REST_NEXT] = {STATEMENT(ADDRESS, REST_NEXT),
		       "WITH RECURSIVE n (i) AS"
		       " (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)"
		       " INSERT INTO address_freed (mesh, idx, until)"
		       " SELECT row, next_index + i, ?3 FROM mesh, n WHERE row = ?1"},
	[SKIP] = {STATEMENT(ADDRESS, SKIP),
		  "UPDATE mesh SET next_index = next_index + ?2 WHERE row = ?1"},
	[TAKE] = {STATEMENT(ADDRESS, TAKE), "DELETE FROM address_freed WHERE mesh = ? AND idx = ?"},
};

static int ripen(struct store *s, row_t mesh, struct wall now, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[RIPEN], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, now.ms);
	return query_run(&q, NULL);
}

/* Runs a statement that answers one number; 0 where it answers none. */
static int one_number(struct query *q, int64_t *out)
{
	*out = 0;
	while (query_next(q))
		*out = query_read_number(q);
	return query_end(q);
}

static int take_ready(struct store *s, row_t mesh, int64_t *index, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[READY], f);
	query_bind_number(&q, mesh);
	return one_number(&q, index);
}

static int take_never_used(struct store *s, row_t mesh, uint32_t last, int64_t *index,
			   struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[NEVER_USED], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, last);
	return one_number(&q, index);
}

static int exhausted(struct store *s, row_t mesh, uint32_t last, struct fault *f)
{
	char when[WALL_TEXT_MAX];
	struct query q;
	int64_t until;
	int code;

	query_start(&q, s, &sql[NEXT_FREE], f);
	query_bind_number(&q, mesh);
	code = one_number(&q, &until);
	if (code != 0)
		return code;
	if (until == 0)
		return fault_set(f, ERR_EXHAUSTED, "all %u addresses are in use", last);
	return fault_set(f, ERR_EXHAUSTED, "all %u addresses are in use or rest; one is free at %s",
			 last, wall_format((struct wall){until}, when));
}

int store_address_take(struct store *s, row_t mesh, struct wall now, uint32_t last_index,
		       uint32_t *index, struct fault *f)
{
	int64_t found = 0;
	int code = ripen(s, mesh, now, f);

	*index = 0;
	if (code == 0)
		code = take_ready(s, mesh, &found, f);
	if (code == 0 && found == 0)
		code = take_never_used(s, mesh, last_index, &found, f);
	if (code == 0 && found == 0)
		code = exhausted(s, mesh, last_index, f);
	*index = (uint32_t)found;
	return code;
}

int store_address_free(struct store *s, row_t mesh, uint32_t index, struct wall until,
		       struct fault *f)
{
	struct query q;
	int64_t changed;
	int code;

	query_start(&q, s, &sql[FREE], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, index);
	query_bind_number(&q, until.ms > 0 ? until.ms : 0);
	code = query_run(&q, &changed);
	if (code == 0 && changed == 0)
		code = fault_set(f, ERR_CONFLICT, "address: index %u is in use, or was never given",
				 index);
	return code;
}

static int next_index(struct store *s, row_t mesh, int64_t *next, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[NEXT], f);
	query_bind_number(&q, mesh);
	return one_number(&q, next);
}

/* The lowest n of those that were never given are freed ones from now on. */
static int skip(struct store *s, row_t mesh, int64_t n, struct wall until, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[REST_NEXT], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, n);
	query_bind_number(&q, until.ms);
	code = query_run(&q, NULL);
	if (code != 0)
		return code;
	query_start(&q, s, &sql[SKIP], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, n);
	return query_run(&q, NULL);
}

int store_address_rest(struct store *s, row_t mesh, uint32_t last_index, uint32_t n,
		       struct wall until, struct fault *f)
{
	struct query q;
	int64_t next;
	int code;

	query_start(&q, s, &sql[REST_FREED], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, until.ms);
	code = query_run(&q, NULL);
	if (code == 0)
		code = next_index(s, mesh, &next, f);
	if (code != 0 || next >= last_index)
		return code;
	if (n > (last_index - next + 1) / 2)
		n = (uint32_t)((last_index - next + 1) / 2);
	return skip(s, mesh, n, until, f);
}

/* Freed or never given, it is then what an address of a membership is: below the counter, and not
 * among the freed ones. */
int store_address_reserve(struct store *s, row_t mesh, uint32_t index, struct wall until,
			  struct fault *f)
{
	struct query q;
	int64_t next;
	int code = next_index(s, mesh, &next, f);

	if (code == 0 && next <= index)
		code = skip(s, mesh, index - next + 1, until, f);
	if (code != 0)
		return code;
	query_start(&q, s, &sql[TAKE], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, index);
	return query_run(&q, NULL);
}
