/* Meshes. How many members and gateways a mesh has is kept in its row by triggers: counting a
 * million members on every answer is not an option. */
#include "controller/sqlite/record.h"

#define COLUMNS                                                                                    \
	"organization, id, name, cidr, cidr6, is_default, route_reflector, asn, bgp_port,"         \
	" bfd_interval_ms, bfd_multiplier, created_at, version, view_revision, view_digest,"       \
	" images_revision, images_view, images_digest, key_rotation_days, key_rotation_at,"        \
	" stable_for_s"
#define SELECT "SELECT row, " COLUMNS ", nmembers, ngateways FROM mesh "
#define OF     "(?2 = 0 OR organization = ?2)"

enum {
	INSERT,
	UPDATE,
	RENDERED,
	DELETE,
	DELETE_MEMBERS,
	DELETE_ANNOUNCEMENTS,
	GET,
	FIND,
	FIND_NAME,
	DEFAULT,
	LIST,
	LIST_OF,
	COUNT
};

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(MESH, INSERT),
		    "INSERT INTO mesh (" COLUMNS ")"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(MESH, UPDATE),
		    "UPDATE mesh SET name = ?, cidr = ?, cidr6 = ?, is_default = ?,"
		    " route_reflector = ?, bgp_port = ?, bfd_interval_ms = ?, bfd_multiplier = ?,"
		    " view_revision = ?, view_digest = ?, images_revision = ?, images_view = ?,"
		    " images_digest = ?, key_rotation_days = ?, stable_for_s = ?, version = "
		    "version + 1"
		    " WHERE row = ?"},
	[RENDERED] = {STATEMENT(MESH, RENDERED),
		      "UPDATE mesh SET view_revision = ?, view_digest = ?, images_revision = ?,"
		      " images_view = ?, images_digest = ? WHERE row = ?"},
	[DELETE] = {STATEMENT(MESH, DELETE), "DELETE FROM mesh WHERE row = ?"},
	[DELETE_MEMBERS] = {STATEMENT(MESH, DELETE_MEMBERS),
			    "DELETE FROM membership WHERE mesh = ?"},
	[DELETE_ANNOUNCEMENTS] = {STATEMENT(MESH, DELETE_ANNOUNCEMENTS),
				  "DELETE FROM announcement WHERE mesh = ?"},
	[GET] = {STATEMENT(MESH, GET), SELECT "WHERE row = ?"},
	[FIND] = {STATEMENT(MESH, FIND), SELECT "WHERE id = ?1 AND " OF},
	[FIND_NAME] = {STATEMENT(MESH, FIND_NAME), SELECT "WHERE organization = ? AND name = ?"},
	[DEFAULT] = {STATEMENT(MESH, DEFAULT), SELECT "WHERE organization = ? AND is_default"},
	[LIST] = {STATEMENT(MESH, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[LIST_OF] = {STATEMENT(MESH, LIST_OF),
		     SELECT "WHERE organization = ? AND row > ? ORDER BY row LIMIT ?"},
	[COUNT] = {STATEMENT(MESH, COUNT), "SELECT nmembers, ngateways FROM mesh WHERE row = ?"},
};

static const struct field fields[] = {
	FIELD(struct mesh, number, organization, FIXED),
	FIELD(struct mesh, bytes, id, FIXED),
	FIELD(struct mesh, text, name, CHANGES),
	FIELD(struct mesh, prefix, cidr, CHANGES), /* so that a trigger can refuse it */
	FIELD(struct mesh, prefix, cidr6, CHANGES),
	FIELD(struct mesh, flag, is_default, CHANGES),
	FIELD(struct mesh, flag, route_reflector, CHANGES),
	FIELD(struct mesh, number, asn, FIXED),
	FIELD(struct mesh, number, bgp_port, CHANGES),
	FIELD(struct mesh, number, bfd_interval_ms, CHANGES),
	FIELD(struct mesh, number, bfd_multiplier, CHANGES),
	FIELD(struct mesh, number, created_at, FIXED),
	FIELD(struct mesh, number, version, FIXED),
	FIELD(struct mesh, number, view_revision, CHANGES),
	FIELD(struct mesh, optional, view_digest, CHANGES),
	FIELD(struct mesh, number, images_revision, CHANGES),
	FIELD(struct mesh, number, images_view, CHANGES),
	FIELD(struct mesh, optional, images_digest, CHANGES),
	FIELD(struct mesh, number, key_rotation_days, CHANGES),
	FIELD(struct mesh, number, key_rotation_at, FIXED),
	FIELD(struct mesh, number, stable_for_s, CHANGES),
	FIELD(struct mesh, number, nmembers, COMPUTED),
	FIELD(struct mesh, number, ngateways, COMPUTED),
};

static const struct record record = RECORD(struct mesh, fields);

int store_mesh_insert(struct store *s, struct mesh *m, struct fault *f)
{
	return record_insert(s, &record, &sql[INSERT], m, f);
}

int store_mesh_update(struct store *s, struct mesh *m, struct fault *f)
{
	return record_update(s, &record, &sql[UPDATE], m, f);
}

int store_mesh_rendered(struct store *s, const struct mesh *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[RENDERED], f);
	query_bind_number(&q, (int64_t)m->view_revision);
	query_bind_bytes(&q, &m->view_digest, sizeof(m->view_digest));
	query_bind_number(&q, (int64_t)m->images_revision);
	query_bind_number(&q, (int64_t)m->images_view);
	query_bind_bytes(&q, &m->images_digest, sizeof(m->images_digest));
	query_bind_number(&q, m->row);
	return query_change(&q);
}

int store_mesh_get(struct store *s, row_t row, struct mesh *out, struct fault *f)
{
	return record_find_row(s, &record, &sql[GET], row, out, f);
}

int store_mesh_find(struct store *s, row_t organization, const struct id *id, struct mesh *out,
		    struct fault *f)
{
	return record_find_id(s, &record, &sql[FIND], organization, id, out, f);
}

int store_mesh_find_name(struct store *s, row_t organization, const char *name, struct mesh *out,
			 struct fault *f)
{
	return record_find_name(s, &record, &sql[FIND_NAME], organization, name, out, f);
}

int store_mesh_default(struct store *s, row_t organization, struct mesh *out, struct fault *f)
{
	return record_find_row(s, &record, &sql[DEFAULT], organization, out, f);
}

int store_mesh_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		    struct mesh **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization, p,
			      a, out, n, f);
}

int store_mesh_count(struct store *s, row_t row, uint64_t *nmembers, uint64_t *ngateways,
		     struct fault *f)
{
	uint64_t members = 0, gateways = 0;
	struct query q;

	query_start(&q, s, &sql[COUNT], f);
	query_bind_number(&q, row);
	if (query_next(&q)) {
		members = (uint64_t)query_read_number(&q);
		gateways = (uint64_t)query_read_number(&q);
	} else {
		query_fail(&q, ERR_NOT_FOUND);
	}
	if (nmembers != NULL)
		*nmembers = members;
	if (ngateways != NULL)
		*ngateways = gateways;
	return query_end(&q);
}

int store_mesh_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}

int store_mesh_delete_cascade(struct store *s, row_t row, struct fault *f)
{
	static const int steps[] = {DELETE_ANNOUNCEMENTS, DELETE_MEMBERS};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int code = record_delete(s, &sql[steps[i]], row, f);

		if (code != 0 && code != ERR_NOT_FOUND)
			return code;
	}
	return store_mesh_delete(s, row, f);
}
