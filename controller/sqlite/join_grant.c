/* Join grants: what a join token allows, and who has used it. */
#include "controller/sqlite/record.h"

#define COLUMNS                                                                                    \
	"organization, mesh, id, secret, note, max_uses, uses, gateway, created_at, expires_at,"   \
	" revoked_at, version"
#define SELECT "SELECT row, " COLUMNS " FROM join_grant "

enum { INSERT, UPDATE, FIND, FIND_SECRET, LIST, LIST_OF, USED_BY, USE, COUNT };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(JOIN_GRANT, INSERT), "INSERT INTO join_grant (" COLUMNS ")"
						   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(JOIN_GRANT, UPDATE),
		    "UPDATE join_grant SET note = ?, max_uses = ?, gateway = ?, expires_at = ?,"
		    " revoked_at = ?, version = version + 1 WHERE row = ?"},
	[FIND] = {STATEMENT(JOIN_GRANT, FIND),
		  SELECT "WHERE id = ?1 AND (?2 = 0 OR organization = ?2)"},
	[FIND_SECRET] = {STATEMENT(JOIN_GRANT, FIND_SECRET), SELECT "WHERE secret = ?"},
	[LIST] = {STATEMENT(JOIN_GRANT, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[LIST_OF] = {STATEMENT(JOIN_GRANT, LIST_OF),
		     SELECT "WHERE organization = ? AND row > ? ORDER BY row LIMIT ?"},
	[USED_BY] = {STATEMENT(JOIN_GRANT, USED_BY),
		     "SELECT 1 FROM join_grant_use WHERE join_grant = ? AND machine = ?"},
	[USE] = {STATEMENT(JOIN_GRANT, USE),
		 "INSERT INTO join_grant_use (join_grant, machine) VALUES (?, ?)"
		 " ON CONFLICT DO NOTHING"},
	[COUNT] = {STATEMENT(JOIN_GRANT, COUNT),
		   "UPDATE join_grant SET uses = uses + 1"
		   " WHERE row = ? AND (max_uses = 0 OR uses < max_uses)"},
};

static const struct field fields[] = {
	FIELD(struct join_grant, number, organization, FIXED),
	FIELD(struct join_grant, reference, mesh, FIXED),
	FIELD(struct join_grant, bytes, id, FIXED),
	FIELD(struct join_grant, bytes, secret, FIXED),
	FIELD(struct join_grant, text, note, CHANGES),
	FIELD(struct join_grant, number, max_uses, CHANGES),
	FIELD(struct join_grant, number, uses, FIXED), /* store_join_grant_use() counts */
	FIELD(struct join_grant, flag, gateway, CHANGES),
	FIELD(struct join_grant, number, created_at, FIXED),
	FIELD(struct join_grant, number, expires_at, CHANGES),
	FIELD(struct join_grant, number, revoked_at, CHANGES),
	FIELD(struct join_grant, number, version, FIXED),
};

static const struct record record = RECORD(struct join_grant, fields);

int store_join_grant_insert(struct store *s, struct join_grant *x, struct fault *f)
{
	return record_insert(s, &record, &sql[INSERT], x, f);
}

int store_join_grant_update(struct store *s, struct join_grant *x, struct fault *f)
{
	return record_update(s, &record, &sql[UPDATE], x, f);
}

int store_join_grant_find(struct store *s, row_t organization, const struct id *id,
			  struct join_grant *out, struct fault *f)
{
	return record_find_id(s, &record, &sql[FIND], organization, id, out, f);
}

int store_join_grant_find_secret(struct store *s, const struct digest *secret,
				 struct join_grant *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[FIND_SECRET], f);
	query_bind_bytes(&q, secret, sizeof(*secret));
	return record_one(&q, &record, out);
}

int store_join_grant_list(struct store *s, struct arena *a, row_t organization,
			  const struct page *p, struct join_grant **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization, p,
			      a, out, n, f);
}

int store_join_grant_used_by(struct store *s, row_t grant, row_t machine, bool *out,
			     struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[USED_BY], f);
	query_bind_number(&q, grant);
	query_bind_number(&q, machine);
	*out = query_next(&q);
	return query_end(&q);
}

int store_join_grant_use(struct store *s, row_t grant, row_t machine, struct fault *f)
{
	struct query q;
	int64_t changed;
	int code;

	query_start(&q, s, &sql[USE], f);
	query_bind_number(&q, grant);
	query_bind_number(&q, machine);
	code = query_run(&q, &changed);
	if (code != 0 || changed == 0)
		return code; /* this machine has used it before */
	code = record_delete(s, &sql[COUNT], grant, f);
	if (code == ERR_NOT_FOUND)
		code = fault_set(f, ERR_USED_UP, "the join token has been used as often as it may");
	return code;
}
