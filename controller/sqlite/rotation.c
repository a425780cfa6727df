/* The rotation of keys (controller/rotation.h). */
#include "controller/sqlite/membership.h"

enum { SET };

static const struct statement sql[] = {
	[SET] = {STATEMENT(ROTATION, SET), "UPDATE membership SET next_key = ?, rotation = ?,"
					   " rotation_at = ?, rotation_view = ? WHERE row = ?"},
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
