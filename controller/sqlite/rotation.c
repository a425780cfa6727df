/* The rotation of keys (controller/rotation.h). What is asked for all the time has an index of its
 * own, so that no question looks at all members of a mesh. */
#include "controller/sqlite/membership.h"
#include "lib/base/vec.h"

/* Both terms: SQLite takes an index of some rows only where its condition is said word for word. */
#define OFFERED_ONES "rotation > 0 AND rotation = 2"

enum { SET, MESHES, OFFERED, COUNT, BELOW, OLD, BEGUN };

static const struct statement sql[] = {
	[SET] = {STATEMENT(ROTATION, SET), "UPDATE membership SET next_key = ?, rotation = ?,"
					   " rotation_at = ?, rotation_view = ? WHERE row = ?"},
	[MESHES] = {STATEMENT(ROTATION, MESHES),
		    "SELECT DISTINCT mesh FROM membership WHERE " OFFERED_ONES},
	[OFFERED] = {STATEMENT(ROTATION, OFFERED),
		     "SELECT " MEMBERSHIP_SELECT " FROM membership m"
		     " WHERE " OFFERED_ONES " AND m.mesh = ? ORDER BY m.rotation_at LIMIT ?"},
	[COUNT] = {STATEMENT(ROTATION, COUNT), "SELECT count(*) FROM (SELECT 1 FROM membership"
					       " WHERE rotation > 0 AND rotation IN (1, 2, 3)"
					       " AND mesh = ? AND rotation_at > ? LIMIT ?)"},
	[BELOW] = {STATEMENT(ROTATION, BELOW),
		   "SELECT m.applied_view, m.machine, k.seen_at FROM membership m"
		   " CROSS JOIN machine k ON k.row = m.machine"
		   " WHERE m.mesh = ? AND m.applied_view < ? AND NOT k.frozen"
		   " ORDER BY m.applied_view"},
	[OLD] = {STATEMENT(ROTATION, OLD),
		 "SELECT m.row, m.machine, k.seen_at FROM membership m"
		 " CROSS JOIN machine k ON k.row = m.machine"
		 " WHERE m.mesh = ? AND m.rotation = 0 AND m.public_key IS NOT NULL"
		 " AND m.key_changed_at < ? AND NOT k.frozen ORDER BY m.key_changed_at"},
	[BEGUN] = {STATEMENT(ROTATION, BEGUN), "UPDATE mesh SET key_rotation_at = ? WHERE row = ?"},
};

int store_rotation_set(struct store *s, const struct membership *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SET], f);
	if (m->has_next_key)
		query_bind_bytes(&q, &m->next_key, sizeof(m->next_key));
	else
		query_bind_null(&q);
	query_bind_number(&q, m->rotation);
	query_bind_number(&q, m->rotation_at.ms);
	query_bind_number(&q, (int64_t)m->rotation_view);
	query_bind_number(&q, m->row);
	return query_change(&q);
}

/* Ends the query; what was gathered goes into the arena. */
static int give_rows(struct query *q, struct arena *a, row_t *rows, size_t found, row_t **out,
		     size_t *n)
{
	int code = query_end(q);

	*n = code == 0 ? found : 0;
	*out = arena_copy(a, rows, *n * sizeof(*rows));
	return code;
}

int store_rotation_meshes(struct store *s, struct arena *a, row_t **out, size_t *n, struct fault *f)
{
	VEC(row_t) rows = {0};
	struct query q;
	int code;

	query_start(&q, s, &sql[MESHES], f);
	while (query_next(&q))
		vec_push(&rows, query_read_number(&q));
	code = give_rows(&q, a, rows.at, rows.n, out, n);
	vec_free(&rows);
	return code;
}

int store_rotation_offered(struct store *s, struct arena *a, row_t mesh, int limit,
			   struct membership **out, size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[OFFERED], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, limit);
	return record_list(&q, &membership_record, a, out, n);
}

int store_rotation_count(struct store *s, row_t mesh, struct wall since, uint32_t max,
			 uint32_t *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[COUNT], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, since.ms);
	query_bind_number(&q, max);
	*out = query_next(&q) ? (uint32_t)query_read_number(&q) : 0;
	return query_end(&q);
}

/* The machine of the current row, and when it was seen: the next two columns. */
static bool is_heard(struct query *q, const struct store_hearing *h)
{
	row_t machine = query_read_number(q);
	struct wall seen_at = {query_read_number(q)};

	return h->heard(h->context, machine, seen_at);
}

int store_rotation_level(struct store *s, row_t mesh, uint64_t view, const struct store_hearing *h,
			 uint64_t *out, struct fault *f)
{
	bool found = false;
	struct query q;

	*out = view;
	query_start(&q, s, &sql[BELOW], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, (int64_t)view);
	while (!found && query_next(&q)) {
		uint64_t applied = (uint64_t)query_read_number(&q);

		found = is_heard(&q, h);
		if (found)
			*out = applied;
	}
	return query_end(&q);
}

int store_rotation_old(struct store *s, struct arena *a, row_t mesh, struct wall before, int limit,
		       const struct store_hearing *h, row_t **out, size_t *n, struct fault *f)
{
	VEC(row_t) rows = {0};
	struct query q;
	int code;

	query_start(&q, s, &sql[OLD], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, before.ms);
	while (rows.n < (size_t)limit && query_next(&q)) {
		row_t row = query_read_number(&q);

		if (is_heard(&q, h))
			vec_push(&rows, row);
	}
	code = give_rows(&q, a, rows.at, rows.n, out, n);
	vec_free(&rows);
	return code;
}

int store_rotation_begun(struct store *s, row_t mesh, struct wall now, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[BEGUN], f);
	query_bind_number(&q, now.ms);
	query_bind_number(&q, mesh);
	return query_change(&q);
}
