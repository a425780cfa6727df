/* The installation: one row, made by `skein-controller init`. */
#include "controller/sqlite/record.h"

enum { GET, SET, NEXT };

static const struct statement sql[] = {
	[GET] = {STATEMENT(INSTALLATION, GET),
		 "SELECT id, epoch, counter, next_asn FROM installation WHERE row = 1"},
	[SET] = {STATEMENT(INSTALLATION, SET),
		 "INSERT INTO installation (row, id, epoch, counter, next_asn)"
		 " VALUES (1, ?, ?, ?, ?)"
		 " ON CONFLICT (row) DO UPDATE SET id = excluded.id, epoch = excluded.epoch,"
		 " counter = excluded.counter, next_asn = excluded.next_asn"},
	[NEXT] = {STATEMENT(INSTALLATION, NEXT),
		  "UPDATE installation SET counter = counter + 1 WHERE row = 1"
		  " RETURNING epoch, counter"},
};

int store_installation_get(struct store *s, struct installation *out, struct fault *f)
{
	struct query q;

	*out = (struct installation){0};
	query_start(&q, s, &sql[GET], f);
	if (query_next(&q)) {
		query_read_bytes(&q, &out->id, sizeof(out->id));
		out->epoch = (uint32_t)query_read_number(&q);
		out->counter = (uint64_t)query_read_number(&q);
		out->next_asn = (uint32_t)query_read_number(&q);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	return query_end(&q);
}

int store_installation_set(struct store *s, const struct installation *in, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SET], f);
	query_bind_bytes(&q, &in->id, sizeof(in->id));
	query_bind_number(&q, in->epoch);
	query_bind_number(&q, (int64_t)in->counter);
	query_bind_number(&q, in->next_asn);
	return query_run(&q, NULL);
}

int store_revision_next(struct store *s, uint64_t *out, struct fault *f)
{
	uint64_t epoch = 0, counter = 0;
	struct query q;

	query_start(&q, s, &sql[NEXT], f);
	while (query_next(&q)) {
		epoch = (uint64_t)query_read_number(&q);
		counter = (uint64_t)query_read_number(&q);
	}
	if (counter == 0)
		query_fail(&q, ERR_NOT_FOUND);
	*out = STATE_REVISION(epoch, counter);
	return query_end(&q);
}
