#include "controller/sqlite/record.h"

#define COLUMNS                                                                                    \
	"organization, id, name, identity, token, boot_id, run, created_at, seen_at, revoked,"     \
	" frozen, seen_from, other_from, drained, idle, version"
#define SELECT "SELECT row, " COLUMNS " FROM machine "

enum { INSERT, UPDATE, SEEN, DELETE, GET, FIND, FIND_NAME, FIND_IDENTITY, LIST, LIST_OF };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(MACHINE, INSERT),
		    "INSERT INTO machine (" COLUMNS ")"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(MACHINE, UPDATE),
		    "UPDATE machine SET name = ?, identity = ?, token = ?, boot_id = ?, run = ?,"
		    " seen_at = ?, revoked = ?, frozen = ?, seen_from = ?, other_from = ?,"
		    " drained = ?, idle = ?, version = version + 1 WHERE row = ?"},
	[SEEN] = {STATEMENT(MACHINE, SEEN),
		  "UPDATE machine SET boot_id = ?, run = ?, seen_at = ?, idle = ? WHERE row = ?"},
	[DELETE] = {STATEMENT(MACHINE, DELETE), "DELETE FROM machine WHERE row = ?"},
	[GET] = {STATEMENT(MACHINE, GET), SELECT "WHERE row = ?"},
	[FIND] = {STATEMENT(MACHINE, FIND),
		  SELECT "WHERE id = ?1 AND (?2 = 0 OR organization = ?2)"},
	[FIND_NAME] = {STATEMENT(MACHINE, FIND_NAME), SELECT "WHERE organization = ? AND name = ?"},
	[FIND_IDENTITY] = {STATEMENT(MACHINE, FIND_IDENTITY), SELECT "WHERE identity = ?"},
	[LIST] = {STATEMENT(MACHINE, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[LIST_OF] = {STATEMENT(MACHINE, LIST_OF),
		     SELECT "WHERE organization = ? AND row > ? ORDER BY row LIMIT ?"},
};

static const struct field fields[] = {
	FIELD(struct machine, number, organization, FIXED),
	FIELD(struct machine, bytes, id, FIXED),
	FIELD(struct machine, text, name, CHANGES),
	FIELD(struct machine, optional, identity, CHANGES),
	FIELD(struct machine, optional, token, CHANGES),
	FIELD(struct machine, text, boot_id, CHANGES),
	FIELD(struct machine, number, run, CHANGES),
	FIELD(struct machine, number, created_at, FIXED),
	FIELD(struct machine, number, seen_at, CHANGES),
	FIELD(struct machine, flag, revoked, CHANGES),
	FIELD(struct machine, flag, frozen, CHANGES),
	FIELD(struct machine, text, seen_from, CHANGES),
	FIELD(struct machine, text, other_from, CHANGES),
	FIELD(struct machine, flag, drained, CHANGES),
	FIELD(struct machine, flag, idle, CHANGES),
	FIELD(struct machine, number, version, FIXED),
};

static const struct record record = RECORD(struct machine, fields);

int store_machine_insert(struct store *s, struct machine *m, struct fault *f)
{
	return record_insert(s, &record, &sql[INSERT], m, f);
}

int store_machine_update(struct store *s, struct machine *m, struct fault *f)
{
	return record_update(s, &record, &sql[UPDATE], m, f);
}

int store_machine_seen(struct store *s, const struct machine *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SEEN], f);
	query_bind_text(&q, m->boot_id);
	query_bind_number(&q, (int64_t)m->run);
	query_bind_number(&q, m->seen_at.ms);
	query_bind_number(&q, m->idle);
	query_bind_number(&q, m->row);
	return query_change(&q);
}

int store_machine_get(struct store *s, row_t row, struct machine *out, struct fault *f)
{
	return record_find_row(s, &record, &sql[GET], row, out, f);
}

int store_machine_find(struct store *s, row_t organization, const struct id *id,
		       struct machine *out, struct fault *f)
{
	return record_find_id(s, &record, &sql[FIND], organization, id, out, f);
}

int store_machine_find_name(struct store *s, row_t organization, const char *name,
			    struct machine *out, struct fault *f)
{
	return record_find_name(s, &record, &sql[FIND_NAME], organization, name, out, f);
}

int store_machine_find_identity(struct store *s, const uint8_t identity[32], struct machine *out,
				struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[FIND_IDENTITY], f);
	query_bind_bytes(&q, identity, 32);
	return record_one(&q, &record, out);
}

int store_machine_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct machine **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization, p,
			      a, out, n, f);
}

int store_machine_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}
