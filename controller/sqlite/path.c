/* Ways to peers, as machines told of them last; and what a peer is called. */
#include "controller/sqlite/record.h"

#define COLUMNS "membership, peer, slot, kind, handshake, endpoint, port, latency_ms, loss_percent"

enum { PUT, DROP, CLEAR, LIST, NAME };

static const struct statement sql[] = {
	[PUT] = {STATEMENT(PATH, PUT),
		 "INSERT INTO path (" COLUMNS ") SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9"
		 " WHERE EXISTS (SELECT 1 FROM membership m JOIN membership p"
		 " ON p.mesh = m.mesh WHERE m.row = ?1 AND p.idx = ?2)"
		 " ON CONFLICT (membership, peer) DO UPDATE SET slot = excluded.slot,"
		 " kind = excluded.kind, handshake = excluded.handshake,"
		 " endpoint = excluded.endpoint, port = excluded.port,"
		 " latency_ms = excluded.latency_ms, loss_percent = excluded.loss_percent"},
	[DROP] = {STATEMENT(PATH, DROP), "DELETE FROM path WHERE membership = ? AND peer = ?"},
	[CLEAR] = {STATEMENT(PATH, CLEAR), "DELETE FROM path WHERE membership = ?"},
	[LIST] = {STATEMENT(PATH, LIST),
		  "SELECT row, " COLUMNS " FROM path WHERE membership IN"
		  " (SELECT row FROM membership WHERE machine = ?) AND row > ?"
		  " ORDER BY row LIMIT ?"},
	[NAME] = {STATEMENT(PATH, NAME), "SELECT k.name FROM membership m JOIN machine k"
					 " ON k.row = m.machine WHERE m.mesh = ? AND m.idx = ?"},
};

static const struct field fields[] = {
	FIELD(struct peer_path, number, membership, FIXED),
	FIELD(struct peer_path, number, peer, FIXED),
	FIELD(struct peer_path, number, slot, CHANGES),
	FIELD(struct peer_path, number, kind, CHANGES),
	FIELD(struct peer_path, number, handshake, CHANGES),
	FIELD(struct peer_path, prefix, endpoint, CHANGES),
	FIELD(struct peer_path, number, port, CHANGES),
	FIELD(struct peer_path, number, latency_ms, CHANGES),
	FIELD(struct peer_path, number, loss_percent, CHANGES),
};

static const struct record record = {
	sizeof(struct peer_path),
	fields,
	sizeof(fields) / sizeof(fields[0]),
	offsetof(struct peer_path, row),
	0,
	0,
	0,
};

int store_path_put(struct store *s, const struct peer_path *x, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[PUT], f);
	record_bind(&q, &record, x);
	return query_run(&q, NULL);
}

int store_path_drop(struct store *s, row_t membership, uint32_t peer, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[DROP], f);
	query_bind_number(&q, membership);
	query_bind_number(&q, peer);
	return query_run(&q, NULL);
}

int store_path_clear(struct store *s, row_t membership, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[CLEAR], f);
	query_bind_number(&q, membership);
	return query_run(&q, NULL);
}

int store_path_list(struct store *s, struct arena *a, row_t machine, const struct page *p,
		    struct peer_path **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[LIST], machine, p, a, out, n, f);
}

int store_peer_name(struct store *s, struct arena *a, row_t mesh, uint32_t index, const char **out,
		    struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[NAME], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, index);
	q.arena = a;
	*out = query_next(&q) ? query_read_arena_text(&q) : NULL;
	return query_end(&q);
}
