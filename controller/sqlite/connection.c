#include "controller/sqlite/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/sqlite/migration.h"

/* Everybody's. The schema is ours, but a file can be anybody's: nothing in it may call functions.
 */
static const char pragmas[] = "PRAGMA foreign_keys = ON;"
			      "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA temp_store = MEMORY;";

/* FULL: an answer that went out is on the disk. secure_delete: what was deleted is overwritten, not
 * only let go of; Debian's SQLite does so by itself, another need not. The cache, 64 MiB at most,
 * is for the indexes on what is random: each row that comes goes to other pages of theirs. */
static const char writer_pragmas[] = "PRAGMA journal_mode = WAL;"
				     "PRAGMA synchronous = FULL;"
				     "PRAGMA secure_delete = ON;"
				     "PRAGMA cache_size = -65536;"
				     "PRAGMA journal_size_limit = 67108864;";

static const char reader_pragmas[] = "PRAGMA query_only = ON;";

/* SQLite would open an existing file as well: make it here, for its owner only. */
static int make_file(const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	close(fd);
	return 0;
}

static int check_application(struct store *s, struct fault *f)
{
	int64_t application;
	int code = store_pragma(s, "PRAGMA application_id", &application, f);

	if (code == 0 && application != STORE_APPLICATION_ID)
		code = fault_set(f, ERR_INVALID, "%s: is not a database of Skein", s->path);
	return code;
}

static int configure(struct store *s, struct fault *f)
{
	bool writes = s->mode != STORE_READ;
	int code, rc;

	if (writes && sqlite3_db_readonly(s->db, "main") != 0)
		return fault_set(f, ERR_PRIVILEGE, "%s: cannot be written", s->path);
	rc = sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	/* Only the writer moves pages from the log into the file, or a reader's answer waits for
	 * it. */
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_autocheckpoint(s->db, writes ? STORE_WAL_PAGES : 0);
	if (rc == SQLITE_OK && !writes)
		rc = sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc != SQLITE_OK)
		return store_fault(s, rc, f);
	code = store_execute(s, pragmas, f);
	if (code == 0 && s->mode != STORE_CREATE)
		code = check_application(s, f);
	if (code == 0)
		code = store_execute(s, writes ? writer_pragmas : reader_pragmas, f);
	return code;
}

/* A pragma that SQLite cannot follow it answers with what it has, and no error. */
static int check_settings(struct store *s, struct fault *f)
{
	static const struct {
		const char *sql;
		const char *words;
	} rows[] = {
		{"SELECT foreign_keys = 1 FROM pragma_foreign_keys",
		 "this SQLite has no foreign keys"},
		{"SELECT journal_mode = 'wal' FROM pragma_journal_mode",
		 "the file system cannot carry a write-ahead log"},
	};
	int code = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && code == 0; i++) {
		int64_t holds;

		code = store_pragma(s, rows[i].sql, &holds, f);
		if (code == 0 && holds != 1)
			code = fault_set(f, ERR_MISSING, "%s: %s", s->path, rows[i].words);
	}
	return code;
}

int store_open(struct store **out, const char *path, enum store_mode mode, struct fault *f)
{
	struct store *s;
	int code = 0, rc;

	*out = NULL;
	if (mode == STORE_CREATE)
		code = make_file(path, f);
	if (code != 0)
		return code;
	s = mem_alloc(sizeof(*s));
	s->mode = mode;
	s->path = mem_strdup(path);
	/* NOMUTEX: a connection belongs to one thread at a time. */
	rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_extended_result_codes(s->db, 1);
	code = rc == SQLITE_OK ? configure(s, f) : store_fault(s, rc, f);
	if (code == 0 && mode == STORE_READ)
		code = migration_check(s, f);
	else if (code == 0)
		code = migration_run(s, f);
	if (code == 0)
		code = check_settings(s, f);
	if (code != 0) {
		store_close(s);
		if (mode == STORE_CREATE)
			unlink(path);
		return code;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < sizeof(s->prepared) / sizeof(s->prepared[0]); i++)
		sqlite3_finalize(s->prepared[i]);
	/* Cannot fail: no statement is left. */
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}
