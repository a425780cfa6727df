/* What members say of others: what these do by BGP that they may not. */
#include "controller/sqlite/record.h"

enum { CLEAR, ADD, LIST };

static const struct statement sql[] = {
	[CLEAR] = {STATEMENT(COMPLAINT, CLEAR), "DELETE FROM complaint WHERE membership = ?"},
	[ADD] = {STATEMENT(COMPLAINT, ADD),
		 "INSERT OR REPLACE INTO complaint (membership, offender, kind, routes)"
		 " SELECT m.row, o.row, ?3, ?4 FROM membership m"
		 " JOIN membership o ON o.mesh = m.mesh AND o.idx = ?2 WHERE m.row = ?1"},
	/* What is bare comes from the row that has the maximum. */
	[LIST] = {STATEMENT(COMPLAINT, LIST),
		  "SELECT x.name, y.name, c.kind, max(c.routes) FROM membership o"
		  " JOIN complaint c ON c.offender = o.row"
		  " JOIN membership m ON m.row = c.membership"
		  " JOIN machine x ON x.row = o.machine JOIN machine y ON y.row = m.machine"
		  " WHERE o.mesh = ? GROUP BY o.idx, c.kind ORDER BY o.idx, c.kind LIMIT ?"},
};

int store_complaints_set(struct store *s, row_t membership, const struct complaint *at, size_t n,
			 struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[CLEAR], f);
	query_bind_number(&q, membership);
	code = query_run(&q, NULL);
	for (size_t i = 0; i < n && code == 0; i++) {
		query_start(&q, s, &sql[ADD], f);
		query_bind_number(&q, membership);
		query_bind_number(&q, at[i].index);
		query_bind_number(&q, at[i].kind);
		query_bind_number(&q, at[i].routes);
		code = query_run(&q, NULL);
	}
	return code;
}

int store_complaints_list(struct store *s, struct arena *a, row_t mesh, uint32_t max,
			  struct complaint_row **out, size_t *n, struct fault *f)
{
	struct query q;
	int code;

	*out = arena_array(a, max, sizeof(**out));
	*n = 0;
	query_start(&q, s, &sql[LIST], f);
	q.arena = a;
	query_bind_number(&q, mesh);
	query_bind_number(&q, max);
	while (*n < max && query_next(&q)) {
		struct complaint_row *x = &(*out)[(*n)++];
		int64_t kind;

		x->of = query_read_arena_text(&q);
		x->by = query_read_arena_text(&q);
		kind = query_read_number(&q);
		if (kind < 0 || kind >= COMPLAINT_KINDS)
			query_damaged(&q);
		x->kind = (enum complaint_kind)kind;
		x->routes = (uint32_t)query_read_number(&q);
	}
	code = query_end(&q);
	if (code != 0)
		*n = 0;
	return code;
}
