/* Backups: the database copied page by page while it is in use (SQLite's own way), and beside its
 * tables two that no other database has: backup_info, when it was made, and backup_file, what
 * belongs to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/sqlite/migration.h"
#include "controller/sqlite/query.h"
#include "lib/base/file.h"

#define INFO_TABLES                                                                                \
	"CREATE TABLE backup_info (made_at INTEGER NOT NULL) STRICT;"                              \
	"CREATE TABLE backup_file (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;"
#define DROP_TABLES "DROP TABLE backup_info; DROP TABLE backup_file;"

/* These are prepared in a copy only, which has no other use for the slots. */
enum { ADD_INFO, ADD_FILE, GET_INFO, GET_FILES };

static const struct statement sql[] = {
	[ADD_INFO] = {STATEMENT(BACKUP, ADD_INFO), "INSERT INTO backup_info VALUES (?)"},
	[ADD_FILE] = {STATEMENT(BACKUP, ADD_FILE), "INSERT INTO backup_file VALUES (?, ?)"},
	[GET_INFO] = {STATEMENT(BACKUP, GET_INFO), "SELECT made_at FROM backup_info"},
	[GET_FILES] = {STATEMENT(BACKUP, GET_FILES), "SELECT name, content FROM backup_file"},
};

/* ---- files ---- */

static int make_file(const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	close(fd);
	return 0;
}

/* A connection without the settings of the store's own. */
static int open_plain(struct store **out, const char *path, int flags, struct fault *f)
{
	struct store *s = mem_alloc(sizeof(*s));
	int rc;

	s->path = mem_strdup(path);
	rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_extended_result_codes(s->db, 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	*out = s;
	return rc == SQLITE_OK ? 0 : store_fault(s, rc, f);
}

static int copy_pages(struct store *from, struct store *to, struct fault *f)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
	int rc;

	if (b == NULL)
		return store_fault(to, sqlite3_errcode(to->db), f);
	/* All in one step: one moment, whatever is written meanwhile. */
	rc = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE)
		return 0;
	return sqlite3_errcode(to->db) != SQLITE_OK ? store_fault(to, rc, f)
						    : store_fault(from, rc, f);
}

/* ---- making ---- */

static int add_file(struct store *s, const struct store_file *file, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[ADD_FILE], f);
	query_bind_text(&q, file->name);
	query_bind_bytes(&q, file->data, file->len);
	return query_run(&q, NULL);
}

static int add_info(struct store *s, struct wall now, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[ADD_INFO], f);
	query_bind_number(&q, now.ms);
	return query_run(&q, NULL);
}

/* No log beside it any more: the file is all there is. */
static int fill(struct store *s, const struct store_file *files, size_t n, struct wall now,
		struct fault *f)
{
	int code = store_execute(s, "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON", f);

	if (code == 0)
		code = store_execute(s, "BEGIN;" INFO_TABLES, f);
	if (code == 0)
		code = add_info(s, now, f);
	for (size_t i = 0; i < n && code == 0; i++)
		code = add_file(s, &files[i], f);
	return code == 0 ? store_execute(s, "COMMIT", f) : code;
}

int store_backup_make(const char *database, const char *to, const struct store_file *files,
		      size_t n, struct wall now, struct fault *f)
{
	struct store *from = NULL, *copy = NULL;
	int code = store_open(&from, database, STORE_READ, f);

	if (code == 0)
		code = make_file(to, f);
	if (code != 0) {
		store_close(from);
		return code;
	}
	code = open_plain(&copy, to, SQLITE_OPEN_READWRITE, f);
	if (code == 0)
		code = copy_pages(from, copy, f);
	if (code == 0)
		code = fill(copy, files, n, now, f);
	store_close(copy);
	store_close(from);
	if (code == 0)
		code = file_sync(to, f);
	if (code != 0)
		unlink(to);
	return code;
}

/* ---- reading ---- */

static int64_t number(struct store *s, const char *text)
{
	int64_t value;

	return store_pragma(s, text, &value, NULL) == 0 ? value : -1;
}

static int damaged(const struct store *s, struct fault *f)
{
	return fault_set(f, ERR_IO, "%s: is damaged", s->path);
}

static int check(struct store *s, struct fault *f)
{
	int64_t version, tables;
	int code = store_pragma(s, "PRAGMA user_version", &version, f);

	if (code != 0)
		return code;
	if (number(s, "PRAGMA application_id") != STORE_APPLICATION_ID)
		return fault_set(f, ERR_INVALID, "%s: is not a database of Skein", s->path);
	tables = number(s, "SELECT count(*) FROM sqlite_schema"
			   " WHERE name IN ('backup_info', 'backup_file')");
	if (tables < 0)
		return damaged(s, f); /* where the schema itself stands */
	if (tables != 2)
		return fault_set(f, ERR_INVALID,
				 "%s: is no backup: skein-controller backup makes them", s->path);
	if (version > migrations[nmigrations - 1].version)
		return fault_set(f, ERR_UNSUPPORTED,
				 "%s: is of a newer Skein (schema %lld, this program knows %d)",
				 s->path, (long long)version, migrations[nmigrations - 1].version);
	if (number(s, "SELECT count(*) FROM pragma_integrity_check"
		      " WHERE integrity_check <> 'ok'") != 0 ||
	    number(s, "SELECT count(*) FROM pragma_foreign_key_check") != 0)
		return damaged(s, f);
	return 0;
}

static int read_files(struct store *s, struct arena *a, struct store_file **out, size_t *n,
		      struct fault *f)
{
	VEC(struct store_file) files = {0};
	struct query q;
	int code;

	query_start(&q, s, &sql[GET_FILES], f);
	q.arena = a;
	while (query_next(&q)) {
		struct store_file file = {.name = query_read_arena_text(&q)};
		const void *data = query_read_any(&q, INT32_MAX, &file.len);

		file.data = file.len > 0 ? arena_copy(a, data, file.len) : "";
		vec_push(&files, file);
	}
	code = query_end(&q);
	*n = code == 0 ? files.n : 0;
	*out = *n > 0 ? arena_copy(a, files.at, files.n * sizeof(*files.at)) : NULL;
	vec_free(&files);
	return code;
}

static int read_info(struct store *s, struct wall *made_at, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[GET_INFO], f);
	if (query_next(&q))
		made_at->ms = query_read_number(&q);
	else
		query_fail(&q, ERR_INVALID);
	return query_end(&q);
}

/* The copy without what only a backup has, of the newest schema. */
static int finish_copy(struct store *copy, const char *path, struct fault *f)
{
	struct store *s = NULL;
	int code = store_execute(copy, "PRAGMA secure_delete = ON; BEGIN;" DROP_TABLES "COMMIT", f);

	if (code == 0)
		code = store_open(&s, path, STORE_WRITE, f);
	store_close(s);
	return code;
}

int store_backup_read(const char *backup, const char *to, struct arena *a,
		      struct store_file **files, size_t *n, struct wall *made_at, struct fault *f)
{
	struct store *from = NULL, *copy = NULL;
	int code = open_plain(&from, backup, SQLITE_OPEN_READONLY, f);

	*n = 0;
	if (code == 0)
		code = check(from, f);
	if (code == 0)
		code = read_info(from, made_at, f);
	if (code == 0)
		code = read_files(from, a, files, n, f);
	if (code == 0)
		code = make_file(to, f);
	if (code != 0) {
		store_close(from);
		return code;
	}
	code = open_plain(&copy, to, SQLITE_OPEN_READWRITE, f);
	if (code == 0)
		code = copy_pages(from, copy, f);
	store_close(from);
	if (code == 0)
		code = finish_copy(copy, to, f);
	store_close(copy);
	if (code != 0)
		unlink(to);
	return code;
}
