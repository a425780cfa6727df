/* Machines of the time that a restoration lost. */
#include "controller/sqlite/record.h"

#define COLUMNS                                                                                    \
	"organization, mesh, id, machine, name, idx, created_at, seen_at, seen_from, version"
#define SELECT "SELECT row, " COLUMNS " FROM unknown "

enum { INSERT, UPDATE, FIND, LIST, LIST_OF, DELETE };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(UNKNOWN, INSERT), "INSERT INTO unknown (" COLUMNS ")"
						" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(UNKNOWN, UPDATE),
		    "UPDATE unknown SET name = ?, seen_at = ?, seen_from = ?,"
		    " version = version + 1 WHERE row = ?"},
	[FIND] = {STATEMENT(UNKNOWN, FIND),
		  SELECT "WHERE id = ?1 AND (?2 = 0 OR organization = ?2)"},
	[LIST] = {STATEMENT(UNKNOWN, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[LIST_OF] = {STATEMENT(UNKNOWN, LIST_OF),
		     SELECT "WHERE organization = ? AND row > ? ORDER BY row LIMIT ?"},
	[DELETE] = {STATEMENT(UNKNOWN, DELETE), "DELETE FROM unknown WHERE row = ?"},
};

static const struct field fields[] = {
	FIELD(struct unknown_machine, number, organization, FIXED),
	FIELD(struct unknown_machine, number, mesh, FIXED),
	FIELD(struct unknown_machine, bytes, id, FIXED),
	FIELD(struct unknown_machine, bytes, machine, FIXED),
	FIELD(struct unknown_machine, text, name, CHANGES),
	FIELD(struct unknown_machine, number, index, FIXED),
	FIELD(struct unknown_machine, number, created_at, FIXED),
	FIELD(struct unknown_machine, number, seen_at, CHANGES),
	FIELD(struct unknown_machine, text, seen_from, CHANGES),
	FIELD(struct unknown_machine, number, version, FIXED),
};

static const struct record record = RECORD(struct unknown_machine, fields);

int store_unknown_put(struct store *s, struct unknown_machine *x, bool *fresh, struct fault *f)
{
	struct unknown_machine old;
	int code = store_unknown_find(s, 0, &x->id, &old, NULL);

	*fresh = code == ERR_NOT_FOUND;
	if (*fresh)
		return record_insert(s, &record, &sql[INSERT], x, f);
	if (code != 0)
		return code;
	x->row = old.row;
	x->created_at = old.created_at;
	x->version = old.version;
	return record_update(s, &record, &sql[UPDATE], x, f);
}

int store_unknown_find(struct store *s, row_t organization, const struct id *id,
		       struct unknown_machine *out, struct fault *f)
{
	return record_find_id(s, &record, &sql[FIND], organization, id, out, f);
}

int store_unknown_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct unknown_machine **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization, p,
			      a, out, n, f);
}

int store_unknown_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}
