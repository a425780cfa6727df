/* BGP sessions, as machines told of them last. */
#include "controller/sqlite/record.h"

#define COLUMNS "membership, peer, name, state, bfd, since, error"

enum { PUT, DROP, CLEAR, LIST };

static const struct statement sql[] = {
	[PUT] = {STATEMENT(SESSION, PUT),
		 "INSERT INTO session (" COLUMNS ") SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
		 " WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM membership m JOIN membership p"
		 " ON p.mesh = m.mesh WHERE m.row = ?1 AND p.idx = ?2)"
		 " ON CONFLICT (membership, name) DO UPDATE SET peer = excluded.peer,"
		 " state = excluded.state, bfd = excluded.bfd, since = excluded.since,"
		 " error = excluded.error"},
	[DROP] = {STATEMENT(SESSION, DROP),
		  "DELETE FROM session WHERE membership = ? AND name = ?"},
	[CLEAR] = {STATEMENT(SESSION, CLEAR), "DELETE FROM session WHERE membership = ?"},
	[LIST] = {STATEMENT(SESSION, LIST),
		  "SELECT row, " COLUMNS " FROM session WHERE membership IN"
		  " (SELECT row FROM membership WHERE machine = ?) AND row > ?"
		  " ORDER BY row LIMIT ?"},
};

static const struct field fields[] = {
	FIELD(struct bgp_session, number, membership, FIXED),
	FIELD(struct bgp_session, number, peer, CHANGES),
	FIELD(struct bgp_session, text, name, FIXED),
	FIELD(struct bgp_session, text, state, CHANGES),
	FIELD(struct bgp_session, text, bfd, CHANGES),
	FIELD(struct bgp_session, number, since, CHANGES),
	FIELD(struct bgp_session, text, error, CHANGES),
};

static const struct record record = {
	sizeof(struct bgp_session),
	fields,
	sizeof(fields) / sizeof(fields[0]),
	offsetof(struct bgp_session, row),
	0,
	0,
	0,
};

int store_session_put(struct store *s, const struct bgp_session *x, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[PUT], f);
	record_bind(&q, &record, x);
	return query_run(&q, NULL);
}

int store_session_drop(struct store *s, row_t membership, const char *name, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[DROP], f);
	query_bind_number(&q, membership);
	query_bind_text(&q, name);
	return query_run(&q, NULL);
}

int store_session_clear(struct store *s, row_t membership, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[CLEAR], f);
	query_bind_number(&q, membership);
	return query_run(&q, NULL);
}

int store_session_list(struct store *s, struct arena *a, row_t machine, const struct page *p,
		       struct bgp_session **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[LIST], machine, p, a, out, n, f);
}
