/* The networks that machines said they are connected to. */
#include "controller/sqlite/children.h"

enum { CLEAR, ADD, GET };

static const struct statement sql[] = {
	[CLEAR] = {STATEMENT(NETWORKS, CLEAR), "DELETE FROM network WHERE machine = ?"},
	/* A machine may well be twice in one network. */
	[ADD] = {STATEMENT(NETWORKS, ADD), "INSERT OR REPLACE INTO network (machine, prefix)"
					   " VALUES (?, ?)"},
	[GET] = {STATEMENT(NETWORKS, GET),
		 "SELECT prefix FROM network WHERE machine = ? ORDER BY prefix"},
};

static const struct field fields[] = {FIELD_WHOLE(struct prefix, prefix)};

static const struct children networks = {RECORD_CHILD(struct prefix, fields), &sql[GET],
					 &sql[CLEAR], &sql[ADD]};

int store_networks_set(struct store *s, row_t machine, const struct prefix *at, size_t n,
		       struct fault *f)
{
	return children_set(s, &networks, machine, at, n, f);
}

int store_networks_get(struct store *s, struct arena *a, row_t machine, struct prefix **out,
		       size_t *n, struct fault *f)
{
	return children_get(s, &networks, machine, a, out, n, f);
}
