/* Everybody who can ask: read whole at start, and again when it changed. */
#include "controller/sqlite/query.h"

enum { API_TOKENS, MACHINES };

static const struct statement sql[] = {
	[API_TOKENS] = {STATEMENT(PRINCIPAL, API_TOKENS),
			"SELECT row, organization, id, secret, role, expires_at, revoked_at <> 0, 0"
			" FROM api_token"},
	[MACHINES] = {STATEMENT(PRINCIPAL, MACHINES),
		      "SELECT row, organization, id, token, ?, 0, revoked, frozen"
		      " FROM machine WHERE token IS NOT NULL"},
};

typedef VEC(struct principal_row) principal_vec;

static void read_row(struct query *q, struct principal_row *to)
{
	to->who.token = query_read_number(q);
	to->who.organization = query_read_number(q);
	query_read_bytes(q, &to->who.id, sizeof(to->who.id));
	query_read_bytes(q, &to->secret, sizeof(to->secret));
	to->who.role = (enum role)query_read_number(q);
	to->expires_at.ms = query_read_number(q);
	to->revoked = query_read_flag(q);
	to->frozen = query_read_flag(q);
}

static int read_all(struct query *q, principal_vec *to)
{
	while (query_next(q)) {
		vec_push(to, (struct principal_row){0});
		read_row(q, &to->at[to->n - 1]);
	}
	return query_end(q);
}

int store_principal_list(struct store *s, struct arena *a, struct principal_row **out, size_t *n,
			 struct fault *f)
{
	principal_vec all = {0};
	struct query q;
	int code;

	query_start(&q, s, &sql[API_TOKENS], f);
	code = read_all(&q, &all);
	if (code == 0) {
		query_start(&q, s, &sql[MACHINES], f);
		query_bind_number(&q, ROLE_MACHINE);
		code = read_all(&q, &all);
	}
	*n = code == 0 ? all.n : 0;
	*out = *n > 0 ? arena_copy(a, all.at, all.n * sizeof(*all.at)) : NULL;
	vec_free(&all);
	return code;
}
