/* Peerings, and the prefixes that each side shows. */
#include "controller/sqlite/children.h"

#define COLUMNS "organization, mesh_a, mesh_b, id, created_at, version"
#define SELECT	"SELECT row, " COLUMNS " FROM peering "
#define OF	" AND (?1 = 0 OR organization = ?1)"
#define PAGE	" AND row > ?2 ORDER BY row LIMIT ?3"

enum {
	INSERT,
	UPDATE,
	DELETE,
	FIND,
	BETWEEN,
	LIST,
	LIST_ORGANIZATION,
	LIST_MESH,
	PREFIXES_A,
	PREFIXES_A_CLEAR,
	PREFIXES_A_ADD,
	PREFIXES_B,
	PREFIXES_B_CLEAR,
	PREFIXES_B_ADD
};

#define PREFIXES     "peering_prefix WHERE peering = ? AND side = "
#define PREFIXES_ADD "INSERT INTO peering_prefix (side, peering, prefix) VALUES "

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(PEERING, INSERT),
		    "INSERT INTO peering (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(PEERING, UPDATE),
		    "UPDATE peering SET version = version + 1 WHERE row = ?"},
	[DELETE] = {STATEMENT(PEERING, DELETE), "DELETE FROM peering WHERE row = ?"},
	[FIND] = {STATEMENT(PEERING, FIND), SELECT "WHERE id = ?2" OF},
	[BETWEEN] = {STATEMENT(PEERING, BETWEEN), SELECT "WHERE min(mesh_a, mesh_b) = min(?1, ?2)"
							 " AND max(mesh_a, mesh_b) = max(?1, ?2)"},
	[LIST] = {STATEMENT(PEERING, LIST), SELECT "WHERE ?1 = 0" PAGE},
	[LIST_ORGANIZATION] = {STATEMENT(PEERING, LIST_ORGANIZATION),
			       SELECT "WHERE organization = ?1" PAGE},
	[LIST_MESH] = {STATEMENT(PEERING, LIST_MESH),
		       SELECT "WHERE (mesh_a = ?4 OR mesh_b = ?4)" OF PAGE},
	[PREFIXES_A] = {STATEMENT(PEERING, PREFIXES_A),
			"SELECT prefix FROM " PREFIXES "0 ORDER BY prefix"},
	[PREFIXES_A_CLEAR] = {STATEMENT(PEERING, PREFIXES_A_CLEAR), "DELETE FROM " PREFIXES "0"},
	[PREFIXES_A_ADD] = {STATEMENT(PEERING, PREFIXES_A_ADD), PREFIXES_ADD "(0, ?, ?)"},
	[PREFIXES_B] = {STATEMENT(PEERING, PREFIXES_B),
			"SELECT prefix FROM " PREFIXES "1 ORDER BY prefix"},
	[PREFIXES_B_CLEAR] = {STATEMENT(PEERING, PREFIXES_B_CLEAR), "DELETE FROM " PREFIXES "1"},
	[PREFIXES_B_ADD] = {STATEMENT(PEERING, PREFIXES_B_ADD), PREFIXES_ADD "(1, ?, ?)"},
};

static const struct field fields[] = {
	FIELD(struct peering, number, organization, FIXED),
	FIELD(struct peering, number, mesh_a, FIXED),
	FIELD(struct peering, number, mesh_b, FIXED),
	FIELD(struct peering, bytes, id, FIXED),
	FIELD(struct peering, number, created_at, FIXED),
	FIELD(struct peering, number, version, FIXED),
};

static const struct record record = RECORD(struct peering, fields);

/* ---- prefixes ---- */

static const struct field prefix_fields[] = {FIELD_WHOLE(struct prefix, prefix)};

static const struct children prefixes_a = {RECORD_CHILD(struct prefix, prefix_fields),
					   &sql[PREFIXES_A], &sql[PREFIXES_A_CLEAR],
					   &sql[PREFIXES_A_ADD]};
static const struct children prefixes_b = {RECORD_CHILD(struct prefix, prefix_fields),
					   &sql[PREFIXES_B], &sql[PREFIXES_B_CLEAR],
					   &sql[PREFIXES_B_ADD]};

static int set_prefixes(struct store *s, const struct peering *x, struct fault *f)
{
	int code = children_set(s, &prefixes_a, x->row, x->prefixes_a, x->nprefixes_a, f);

	if (code == 0)
		code = children_set(s, &prefixes_b, x->row, x->prefixes_b, x->nprefixes_b, f);
	return code;
}

static int get_prefixes(struct store *s, struct arena *a, struct peering *x, struct fault *f)
{
	int code = children_get(s, &prefixes_a, x->row, a, &x->prefixes_a, &x->nprefixes_a, f);

	if (code == 0)
		code = children_get(s, &prefixes_b, x->row, a, &x->prefixes_b, &x->nprefixes_b, f);
	return code;
}

/* ---- store.h ---- */

int store_peering_insert(struct store *s, struct peering *x, struct fault *f)
{
	int code = record_insert(s, &record, &sql[INSERT], x, f);

	return code != 0 ? code : set_prefixes(s, x, f);
}

int store_peering_update(struct store *s, struct peering *x, struct fault *f)
{
	int code = record_update(s, &record, &sql[UPDATE], x, f);

	return code != 0 ? code : set_prefixes(s, x, f);
}

int store_peering_find(struct store *s, struct arena *a, row_t organization, const struct id *id,
		       struct peering *out, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[FIND], f);
	query_bind_number(&q, organization);
	query_bind_bytes(&q, id, sizeof(*id));
	code = record_one(&q, &record, out);
	return code != 0 ? code : get_prefixes(s, a, out, f);
}

int store_peering_between(struct store *s, struct arena *a, row_t mesh, row_t other,
			  struct peering *out, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[BETWEEN], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, other);
	code = record_one(&q, &record, out);
	return code != 0 ? code : get_prefixes(s, a, out, f);
}

int store_peering_list(struct store *s, struct arena *a, row_t organization, row_t mesh,
		       const struct page *p, struct peering **out, size_t *n, struct fault *f)
{
	int which = organization != 0 ? LIST_ORGANIZATION : LIST;
	struct query q;
	int code;

	query_start(&q, s, &sql[mesh != 0 ? LIST_MESH : which], f);
	query_bind_number(&q, organization);
	query_bind_page(&q, p);
	if (mesh != 0)
		query_bind_number(&q, mesh);
	code = record_list(&q, &record, a, out, n);
	for (size_t i = 0; i < *n && code == 0; i++)
		code = get_prefixes(s, a, &(*out)[i], f);
	return code;
}

int store_peering_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}
