/* The networks that machines said they are connected to. */
#include "controller/sqlite/record.h"

enum { CLEAR, ADD, GET };

static const struct statement sql[] = {
	[CLEAR] = {STATEMENT(NETWORKS, CLEAR), "DELETE FROM network WHERE machine = ?"},
	/* A machine may well be twice in one network. */
	[ADD] = {STATEMENT(NETWORKS, ADD), "INSERT INTO network (machine, prefix) VALUES (?, ?)"
					   " ON CONFLICT DO NOTHING"},
	[GET] = {STATEMENT(NETWORKS, GET),
		 "SELECT prefix FROM network WHERE machine = ? ORDER BY prefix"},
};

int store_networks_set(struct store *s, row_t machine, const struct prefix *at, size_t n,
		       struct fault *f)
{
	int code = record_delete(s, &sql[CLEAR], machine, f);

	if (code == ERR_NOT_FOUND)
		code = 0;
	for (size_t i = 0; i < n && code == 0; i++) {
		struct query q;

		query_start(&q, s, &sql[ADD], f);
		query_bind_number(&q, machine);
		query_bind_prefix(&q, &at[i]);
		code = query_run(&q, NULL);
	}
	return code;
}

int store_networks_get(struct store *s, struct arena *a, row_t machine, struct prefix **out,
		       size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[GET], f);
	query_bind_number(&q, machine);
	return record_prefixes(&q, a, out, n);
}
