#include "controller/sqlite/record.h"

#define COLUMNS "id, name, created_at, version"
#define SELECT	"SELECT row, " COLUMNS " FROM organization "

enum { INSERT, UPDATE, DELETE, GET, FIND, FIND_NAME, LIST, OWNS };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(ORGANIZATION, INSERT),
		    "INSERT INTO organization (" COLUMNS ") VALUES (?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(ORGANIZATION, UPDATE),
		    "UPDATE organization SET name = ?, version = version + 1 WHERE row = ?"},
	[DELETE] = {STATEMENT(ORGANIZATION, DELETE), "DELETE FROM organization WHERE row = ?"},
	[GET] = {STATEMENT(ORGANIZATION, GET), SELECT "WHERE row = ?"},
	[FIND] = {STATEMENT(ORGANIZATION, FIND), SELECT "WHERE id = ?"},
	[FIND_NAME] = {STATEMENT(ORGANIZATION, FIND_NAME), SELECT "WHERE name = ?"},
	[LIST] = {STATEMENT(ORGANIZATION, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[OWNS] = {STATEMENT(ORGANIZATION, OWNS),
		  "SELECT (SELECT count(*) FROM mesh WHERE organization = ?1),"
		  " (SELECT count(*) FROM machine WHERE organization = ?1)"},
};

static const struct field fields[] = {
	FIELD(struct organization, bytes, id, FIXED),
	FIELD(struct organization, text, name, CHANGES),
	FIELD(struct organization, number, created_at, FIXED),
	FIELD(struct organization, number, version, FIXED),
};

static const struct record record = RECORD(struct organization, fields);

int store_organization_insert(struct store *s, struct organization *o, struct fault *f)
{
	return record_insert(s, &record, &sql[INSERT], o, f);
}

int store_organization_update(struct store *s, struct organization *o, struct fault *f)
{
	return record_update(s, &record, &sql[UPDATE], o, f);
}

int store_organization_get(struct store *s, row_t row, struct organization *out, struct fault *f)
{
	return record_find_row(s, &record, &sql[GET], row, out, f);
}

int store_organization_find(struct store *s, const struct id *id, struct organization *out,
			    struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[FIND], f);
	query_bind_bytes(&q, id, sizeof(*id));
	return record_one(&q, &record, out);
}

int store_organization_find_name(struct store *s, const char *name, struct organization *out,
				 struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[FIND_NAME], f);
	query_bind_text(&q, name);
	return record_one(&q, &record, out);
}

int store_organization_list(struct store *s, struct arena *a, const struct page *p,
			    struct organization **out, size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[LIST], f);
	query_bind_page(&q, p);
	return record_list(&q, &record, a, out, n);
}

int store_organization_owns(struct store *s, row_t row, uint64_t *nmeshes, uint64_t *nmachines,
			    struct fault *f)
{
	struct query q;

	*nmeshes = *nmachines = 0;
	query_start(&q, s, &sql[OWNS], f);
	query_bind_number(&q, row);
	if (query_next(&q)) {
		*nmeshes = (uint64_t)query_read_number(&q);
		*nmachines = (uint64_t)query_read_number(&q);
	}
	return query_end(&q);
}

int store_organization_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}
