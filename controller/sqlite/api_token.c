#include "controller/sqlite/record.h"

#define COLUMNS "organization, id, secret, note, role, created_at, expires_at, revoked_at, version"
#define SELECT	"SELECT row, " COLUMNS " FROM api_token "

enum { INSERT, UPDATE, FIND, LIST, LIST_OF };

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(API_TOKEN, INSERT),
		    "INSERT INTO api_token (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
	[UPDATE] = {STATEMENT(API_TOKEN, UPDATE),
		    "UPDATE api_token SET note = ?, role = ?, expires_at = ?, revoked_at = ?,"
		    " version = version + 1 WHERE row = ?"},
	[FIND] = {STATEMENT(API_TOKEN, FIND),
		  SELECT "WHERE id = ?1 AND (?2 = 0 OR organization = ?2)"},
	[LIST] = {STATEMENT(API_TOKEN, LIST), SELECT "WHERE row > ? ORDER BY row LIMIT ?"},
	[LIST_OF] = {STATEMENT(API_TOKEN, LIST_OF),
		     SELECT "WHERE organization = ? AND row > ? ORDER BY row LIMIT ?"},
};

static const struct field fields[] = {
	FIELD(struct api_token, reference, organization, FIXED),
	FIELD(struct api_token, bytes, id, FIXED),
	FIELD(struct api_token, bytes, secret, FIXED),
	FIELD(struct api_token, text, note, CHANGES),
	FIELD(struct api_token, number, role, CHANGES),
	FIELD(struct api_token, number, created_at, FIXED),
	FIELD(struct api_token, number, expires_at, CHANGES),
	FIELD(struct api_token, number, revoked_at, CHANGES),
	FIELD(struct api_token, number, version, FIXED),
};

static const struct record record = RECORD(struct api_token, fields);

int store_api_token_insert(struct store *s, struct api_token *x, struct fault *f)
{
	return record_insert(s, &record, &sql[INSERT], x, f);
}

int store_api_token_update(struct store *s, struct api_token *x, struct fault *f)
{
	return record_update(s, &record, &sql[UPDATE], x, f);
}

int store_api_token_find(struct store *s, row_t organization, const struct id *id,
			 struct api_token *out, struct fault *f)
{
	return record_find_id(s, &record, &sql[FIND], organization, id, out, f);
}

int store_api_token_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
			 struct api_token **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &record, &sql[organization != 0 ? LIST_OF : LIST], organization, p,
			      a, out, n, f);
}
