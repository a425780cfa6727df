#include "controller/sqlite/connection.h"

int store_execute(struct store *s, const char *sql, struct fault *f)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_fault(s, rc, f);
}

int store_pragma(struct store *s, const char *sql, int64_t *out, struct fault *f)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = sqlite3_finalize(stmt);
	else
		sqlite3_finalize(stmt); /* says the same again */
	return rc == SQLITE_OK ? 0 : store_fault(s, rc, f);
}
