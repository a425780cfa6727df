#include "controller/sqlite/record.h"

#define COLUMNS "organization, id, at, actor, action, resource, before, after"
#define SELECT	"SELECT row, " COLUMNS " FROM audit "

enum { INSERT, LIST, LIST_OF };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(AUDIT, INSERT),
		    "INSERT INTO audit (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
	[LIST] = {STATEMENT(AUDIT, LIST), SELECT "WHERE row < ? ORDER BY row DESC LIMIT ?"},
	[LIST_OF] = {STATEMENT(AUDIT, LIST_OF),
		     SELECT "WHERE organization = ? AND row < ? ORDER BY row DESC LIMIT ?"},
};

static const struct field fields[] = {
	FIELD(struct audit_entry, reference, organization, FIXED),
	FIELD(struct audit_entry, bytes, id, FIXED),
	FIELD(struct audit_entry, number, at, FIXED),
	FIELD(struct audit_entry, words, actor, FIXED),
	FIELD(struct audit_entry, words, action, FIXED),
	FIELD(struct audit_entry, words, resource, FIXED),
	FIELD(struct audit_entry, words, before, FIXED),
	FIELD(struct audit_entry, words, after, FIXED),
};

/* An entry never changes: it has no version. */
static const struct record record = {
	.size = sizeof(struct audit_entry),
	.fields = fields,
	.nfields = sizeof(fields) / sizeof(fields[0]),
	.row = offsetof(struct audit_entry, row),
};

int store_audit_insert(struct store *s, const struct audit_entry *x, struct fault *f)
{
	struct audit_entry entry = *x;
	struct query q;

	if (id_is_zero(&entry.id))
		id_new(&entry.id);
	query_start(&q, s, &sql[INSERT], f);
	record_bind(&q, &record, &entry);
	return query_run(&q, NULL);
}

int store_audit_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		     struct audit_entry **out, size_t *n, struct fault *f)
{
	struct page below = p != NULL ? *p : (struct page){0};

	if (below.after == 0)
		below.after = INT64_MAX;
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization,
			      &below, a, out, n, f);
}
