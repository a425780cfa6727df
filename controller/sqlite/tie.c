/* How far machines have told how they see their neighbours. */
#include "controller/sqlite/record.h"

enum { GET, SET };

static const struct statement sql[] = {
	[GET] = {STATEMENT(TIE, GET), "SELECT stream, sequence FROM tie WHERE membership = ?"},
	[SET] = {STATEMENT(TIE, SET), "INSERT OR REPLACE INTO tie (membership, stream, sequence)"
				      " VALUES (?, ?, ?)"},
};

int store_tie_get(struct store *s, row_t membership, struct tie_mark *out, struct fault *f)
{
	struct query q;

	*out = (struct tie_mark){0};
	query_start(&q, s, &sql[GET], f);
	query_bind_number(&q, membership);
	if (query_next(&q)) {
		out->stream = (uint64_t)query_read_number(&q);
		out->sequence = (uint64_t)query_read_number(&q);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	return query_end(&q);
}

int store_tie_set(struct store *s, row_t membership, const struct tie_mark *in, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SET], f);
	query_bind_number(&q, membership);
	query_bind_number(&q, (int64_t)in->stream);
	query_bind_number(&q, (int64_t)in->sequence);
	return query_run(&q, NULL);
}
