/* The prefixes that machines said they do not reach in a mesh. */
#include "controller/sqlite/children.h"

enum { CLEAR, ADD, GET, COUNT };

static const struct statement sql[] = {
	[CLEAR] = {STATEMENT(SHADOWED, CLEAR), "DELETE FROM shadowed WHERE membership = ?"},
	[ADD] = {STATEMENT(SHADOWED, ADD),
		 "INSERT OR REPLACE INTO shadowed (membership, prefix, cover, device, other)"
		 " VALUES (?, ?, ?, nullif(?, ''), ?)"},
	[GET] = {STATEMENT(SHADOWED, GET),
		 "SELECT prefix, cover, coalesce(device, ''), coalesce(other, 0) FROM shadowed"
		 " WHERE membership = ? ORDER BY prefix"},
	[COUNT] = {STATEMENT(SHADOWED, COUNT), "SELECT count(*) FROM (SELECT 1 FROM shadowed s"
					       " JOIN membership m ON m.row = s.membership"
					       " WHERE s.prefix = ? AND m.mesh = ? LIMIT ?)"},
};

static const struct field fields[] = {
	FIELD(struct shadowed, prefix, prefix, FIXED),
	FIELD(struct shadowed, prefix, by, FIXED),
	FIELD(struct shadowed, text, device, FIXED),
	FIELD(struct shadowed, reference, other, FIXED),
};

static const struct children shadowed = {RECORD_CHILD(struct shadowed, fields), &sql[GET],
					 &sql[CLEAR], &sql[ADD]};

int store_shadowed_set(struct store *s, row_t membership, const struct shadowed *at, size_t n,
		       struct fault *f)
{
	return children_set(s, &shadowed, membership, at, n, f);
}

int store_shadowed_get(struct store *s, struct arena *a, row_t membership, struct shadowed **out,
		       size_t *n, struct fault *f)
{
	return children_get(s, &shadowed, membership, a, out, n, f);
}

int store_shadowed_count(struct store *s, row_t mesh, const struct prefix *prefix, uint32_t max,
			 uint32_t *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[COUNT], f);
	query_bind_prefix(&q, prefix);
	query_bind_number(&q, mesh);
	query_bind_number(&q, max);
	*out = query_next(&q) ? (uint32_t)query_read_number(&q) : 0;
	return query_end(&q);
}
