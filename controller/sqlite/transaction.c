/* Transactions of the writer, a savepoint for each job in it, and snapshots of readers.
 *
 * On a full disk and the like SQLite undoes the whole transaction by itself, and what follows would
 * run, and stay, statement by statement. So whether it still stands is asked at each step. */
#include "controller/sqlite/connection.h"

bool store_transaction_lost(const struct store *s)
{
	return s->writing && sqlite3_get_autocommit(s->db) != 0;
}

static int check_standing(struct store *s, struct fault *f)
{
	if (!s->writing)
		return fault_set(f, ERR_INTERNAL, "%s: no transaction was begun", s->path);
	if (store_transaction_lost(s))
		return fault_set(f, ERR_IO, "%s: an error undid the transaction", s->path);
	return 0;
}

int store_begin(struct store *s, struct fault *f)
{
	int code;

	if (s->writing)
		return fault_set(f, ERR_INTERNAL, "%s: a transaction was begun before", s->path);
	code = store_execute(s, "BEGIN IMMEDIATE", f);
	s->writing = code == 0;
	return code;
}

int store_commit(struct store *s, struct fault *f)
{
	int code = check_standing(s, f);

	if (code == 0)
		code = store_execute(s, "COMMIT", f);
	if (code != 0)
		store_rollback(s);
	s->writing = false;
	return code;
}

void store_rollback(struct store *s)
{
	/* A rollback that fails leaves a transaction that can only fail, too. */
	if (s->writing && sqlite3_get_autocommit(s->db) == 0)
		(void)store_execute(s, "ROLLBACK", NULL);
	s->writing = false;
}

int store_savepoint(struct store *s, struct fault *f)
{
	int code = check_standing(s, f);

	return code != 0 ? code : store_execute(s, "SAVEPOINT job", f);
}

int store_release(struct store *s, struct fault *f)
{
	int code = check_standing(s, f);

	return code != 0 ? code : store_execute(s, "RELEASE job", f);
}

void store_undo(struct store *s)
{
	if (!s->writing || store_transaction_lost(s))
		return;
	/* A job that cannot be undone must not be committed with the others. */
	if (store_execute(s, "ROLLBACK TO job; RELEASE job", NULL) != 0 &&
	    sqlite3_get_autocommit(s->db) == 0)
		(void)store_execute(s, "ROLLBACK", NULL);
}

/* The writer's own transaction is a snapshot already. */
int store_snapshot_begin(struct store *s, struct fault *f)
{
	int code = 0;

	if (s->snapshots == 0 && !s->writing)
		code = store_execute(s, "BEGIN", f);
	if (code == 0)
		s->snapshots++;
	return code;
}

void store_snapshot_end(struct store *s)
{
	if (s->snapshots == 0 || --s->snapshots > 0 || s->writing)
		return;
	if (sqlite3_get_autocommit(s->db) == 0)
		(void)store_execute(s, "ROLLBACK", NULL);
}
