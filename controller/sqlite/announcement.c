/* Announcements, and who may use them. */
#include "controller/sqlite/children.h"

#define COLUMNS                                                                                    \
	"membership, id, prefix, priority, announced, approved, direct_when_lost, translated,"     \
	" stable_for_s, check_type, check_host, check_port, check_target, check_interval_ms,"      \
	" check_timeout_ms, check_rise, check_fall, unwell, created_at, version"
#define SELECT "SELECT row, " COLUMNS " FROM announcement "
#define OF     " AND (?1 = 0 OR organization = ?1)"
#define PAGE   " AND row > ?2 ORDER BY row LIMIT ?3"

enum {
	INSERT,
	UPDATE,
	UNAPPROVE,
	DELETE,
	FIND,
	FIND_PREFIX,
	LIST,
	LIST_ORGANIZATION,
	LIST_MESH,
	LIST_MEMBERSHIP,
	USERS,
	USERS_CLEAR,
	USERS_ADD,
	APPROVED,
	UNWELL,
	SET_UNWELL
};

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(ANNOUNCEMENT, INSERT),
		    "INSERT INTO announcement (" COLUMNS ", mesh, organization)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		    " (SELECT mesh FROM membership WHERE row = ?1),"
		    " (SELECT organization FROM membership WHERE row = ?1))"},
	[UPDATE] = {STATEMENT(ANNOUNCEMENT, UPDATE),
		    "UPDATE announcement SET priority = ?, announced = ?, approved = ?,"
		    " direct_when_lost = ?, translated = ?, stable_for_s = ?, check_type = ?,"
		    " check_host = ?, check_port = ?, check_target = ?, check_interval_ms = ?,"
		    " check_timeout_ms = ?, check_rise = ?, check_fall = ?, unwell = ?,"
		    " version = version + 1 WHERE row = ?"},
	[UNAPPROVE] = {STATEMENT(ANNOUNCEMENT, UNAPPROVE),
		       "UPDATE announcement SET approved = 0 WHERE row = ?"},
	[DELETE] = {STATEMENT(ANNOUNCEMENT, DELETE), "DELETE FROM announcement WHERE row = ?"},
	[FIND] = {STATEMENT(ANNOUNCEMENT, FIND), SELECT "WHERE id = ?2" OF},
	[FIND_PREFIX] = {STATEMENT(ANNOUNCEMENT, FIND_PREFIX),
			 SELECT "WHERE membership = ? AND prefix = ?"},
	[LIST] = {STATEMENT(ANNOUNCEMENT, LIST), SELECT "WHERE ?1 = 0" PAGE},
	[LIST_ORGANIZATION] = {STATEMENT(ANNOUNCEMENT, LIST_ORGANIZATION),
			       SELECT "WHERE organization = ?1" PAGE},
	[LIST_MESH] = {STATEMENT(ANNOUNCEMENT, LIST_MESH), SELECT "WHERE mesh = ?4" OF PAGE},
	[LIST_MEMBERSHIP] = {STATEMENT(ANNOUNCEMENT, LIST_MEMBERSHIP),
			     SELECT "WHERE membership = ?4" OF PAGE},
	[USERS] = {STATEMENT(ANNOUNCEMENT, USERS),
		   "SELECT membership FROM announcement_user WHERE announcement = ?"
		   " ORDER BY membership"},
	[USERS_CLEAR] = {STATEMENT(ANNOUNCEMENT, USERS_CLEAR),
			 "DELETE FROM announcement_user WHERE announcement = ?"},
	[USERS_ADD] = {STATEMENT(ANNOUNCEMENT, USERS_ADD),
		       "INSERT INTO announcement_user (announcement, membership)"
		       " SELECT ?1, row FROM membership WHERE row = ?2"
		       " AND mesh = (SELECT mesh FROM announcement WHERE row = ?1)"},
	/* One who limits a prefix limits it for all. */
	[APPROVED] = {STATEMENT(ANNOUNCEMENT, APPROVED),
		      "SELECT prefix, max(EXISTS (SELECT 1 FROM announcement_user"
		      "  WHERE announcement = announcement.row))"
		      " FROM announcement WHERE mesh = ? AND approved GROUP BY prefix"},
	[UNWELL] = {STATEMENT(ANNOUNCEMENT, UNWELL),
		    "SELECT prefix, unwell FROM announcement"
		    " WHERE membership = ? AND unwell <> '' ORDER BY prefix"},
	[SET_UNWELL] = {STATEMENT(ANNOUNCEMENT, SET_UNWELL),
			"UPDATE announcement SET unwell = ? WHERE row = ?"},
};

static const struct field fields[] = {
	FIELD(struct announcement, number, membership, FIXED),
	FIELD(struct announcement, bytes, id, FIXED),
	FIELD(struct announcement, prefix, prefix, FIXED),
	FIELD(struct announcement, number, priority, CHANGES),
	FIELD(struct announcement, flag, announced, CHANGES),
	FIELD(struct announcement, flag, approved, CHANGES),
	FIELD(struct announcement, flag, direct_when_lost, CHANGES),
	FIELD(struct announcement, flag, translated, CHANGES),
	FIELD(struct announcement, number, stable_for_s, CHANGES),
	FIELD(struct announcement, number, check.type, CHANGES),
	FIELD(struct announcement, prefix, check.host, CHANGES),
	FIELD(struct announcement, number, check.port, CHANGES),
	FIELD(struct announcement, text, check.target, CHANGES),
	FIELD(struct announcement, number, check.interval_ms, CHANGES),
	FIELD(struct announcement, number, check.timeout_ms, CHANGES),
	FIELD(struct announcement, number, check.rise, CHANGES),
	FIELD(struct announcement, number, check.fall, CHANGES),
	FIELD(struct announcement, text, unwell, CHANGES),
	FIELD(struct announcement, number, created_at, FIXED),
	FIELD(struct announcement, number, version, FIXED),
};

static const struct record record = RECORD(struct announcement, fields);

/* ---- users ---- */

static const struct field user_fields[] = {FIELD_WHOLE(row_t, number)};

static const struct children users = {RECORD_CHILD(row_t, user_fields), &sql[USERS],
				      &sql[USERS_CLEAR], &sql[USERS_ADD]};

static int set_users(struct store *s, const struct announcement *x, struct fault *f)
{
	int code = children_set(s, &users, x->row, x->users, x->nusers, f);

	return code == ERR_NOT_FOUND
		       ? fault_set(f, ERR_CONFLICT, "users: one is not a member of the mesh")
		       : code;
}

static int get_users(struct store *s, struct arena *a, struct announcement *x, struct fault *f)
{
	return children_get(s, &users, x->row, a, &x->users, &x->nusers, f);
}

static const struct field approved_fields[] = {
	FIELD(struct approved_prefix, prefix, prefix, FIXED),
	FIELD(struct approved_prefix, flag, limited, FIXED),
};

static const struct children approved = {RECORD_CHILD(struct approved_prefix, approved_fields),
					 &sql[APPROVED], NULL, NULL};

static const struct field unwell_fields[] = {
	FIELD(struct unwell_prefix, prefix, prefix, FIXED),
	FIELD(struct unwell_prefix, text, error, FIXED),
};

static const struct children unwell = {RECORD_CHILD(struct unwell_prefix, unwell_fields),
				       &sql[UNWELL], NULL, NULL};

/* ---- store.h ---- */

int store_announcement_insert(struct store *s, struct announcement *x, struct fault *f)
{
	int code = record_insert(s, &record, &sql[INSERT], x, f);

	return code != 0 ? code : set_users(s, x, f);
}

/* While the users change, the approval is off: so the trigger that guards a last user's leaving has
 * nothing to do here. */
int store_announcement_update(struct store *s, struct announcement *x, struct fault *f)
{
	int code = record_delete(s, &sql[UNAPPROVE], x->row, f);

	if (code == 0)
		code = set_users(s, x, f);
	if (code == 0)
		code = record_update(s, &record, &sql[UPDATE], x, f);
	return code;
}

int store_announcement_find(struct store *s, struct arena *a, row_t organization,
			    const struct id *id, struct announcement *out, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[FIND], f);
	query_bind_number(&q, organization);
	query_bind_bytes(&q, id, sizeof(*id));
	code = record_one(&q, &record, out);
	return code != 0 ? code : get_users(s, a, out, f);
}

int store_announcement_of(struct store *s, struct arena *a, row_t membership,
			  const struct prefix *prefix, struct announcement *out, struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, &sql[FIND_PREFIX], f);
	query_bind_number(&q, membership);
	query_bind_prefix(&q, prefix);
	code = record_one(&q, &record, out);
	return code != 0 ? code : get_users(s, a, out, f);
}

int store_announcement_list(struct store *s, struct arena *a, row_t organization, row_t mesh,
			    row_t membership, const struct page *p, struct announcement **out,
			    size_t *n, struct fault *f)
{
	int which = organization != 0 ? LIST_ORGANIZATION : LIST;
	row_t of = membership != 0 ? membership : mesh;
	struct query q;
	int code;

	if (of != 0)
		which = membership != 0 ? LIST_MEMBERSHIP : LIST_MESH;
	query_start(&q, s, &sql[which], f);
	query_bind_number(&q, organization);
	query_bind_page(&q, p);
	if (of != 0)
		query_bind_number(&q, of);
	code = record_list(&q, &record, a, out, n);
	for (size_t i = 0; i < *n && code == 0; i++)
		code = get_users(s, a, &(*out)[i], f);
	return code;
}

int store_announcement_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}

int store_announcement_approved(struct store *s, struct arena *a, row_t mesh,
				struct approved_prefix **out, size_t *n, struct fault *f)
{
	return children_get(s, &approved, mesh, a, out, n, f);
}

int store_announcement_list_unwell(struct store *s, struct arena *a, row_t membership,
				   struct unwell_prefix **out, size_t *n, struct fault *f)
{
	return children_get(s, &unwell, membership, a, out, n, f);
}

int store_announcement_set_unwell(struct store *s, row_t row, const char *error, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SET_UNWELL], f);
	query_bind_text(&q, error);
	query_bind_number(&q, row);
	return query_change(&q);
}
