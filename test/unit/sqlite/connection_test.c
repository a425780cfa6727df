#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/sqlite/connection.h"
#include "lib/base/file.h"
#include "test/unit/sqlite/fixture.h"

static void a_new_file_is_its_owners_only(void)
{
	struct fixture x;
	struct stat st;
	struct store *again;

	fixture_start(&x);
	CU_ASSERT(stat(x.path, &st) == 0);
	TEST_NUMBER(st.st_mode & 0777, 0600);
	FAULT(&x, store_open(&again, x.path, STORE_CREATE, &x.fault), ERR_EXISTS, x.path);
	CU_ASSERT_PTR_NULL(again);
	fixture_end(&x);
}

static void what_was_committed_is_there_after_reopening(void)
{
	struct fixture x;
	struct mesh m, got;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	fixture_reopen(&x, STORE_WRITE);
	OK(&x, store_mesh_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	strcpy(m.name, "later");
	OK(&x, store_mesh_update(x.store, &m, &x.fault));
	store_rollback(x.store);
	store_close(x.store);
	OK(&x, store_open(&x.store, x.path, STORE_READ, &x.fault));
	OK(&x, store_mesh_get(x.store, m.row, &got, &x.fault));
	TEST_TEXT(got.name, "prod");
	fixture_end(&x);
}

static void a_reader_sees_commits_and_cannot_write(void)
{
	struct fixture x;
	struct store *reader;
	struct mesh m, n, got;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_open(&reader, x.path, STORE_READ, &x.fault));
	OK(&x, store_mesh_get(reader, m.row, &got, &x.fault));
	FAULT(&x, store_mesh_update(reader, &m, &x.fault), ERR_PRIVILEGE, x.path);

	/* One answer sees one moment. */
	OK(&x, store_snapshot_begin(reader, &x.fault));
	OK(&x, store_mesh_get(reader, m.row, &got, &x.fault));
	OK(&x, store_begin(x.store, &x.fault));
	n = fixture_mesh(&x, "staging", "10.2.0.0/16");
	OK(&x, store_commit(x.store, &x.fault));
	FAULT(&x, store_mesh_get(reader, n.row, &got, &x.fault), ERR_NOT_FOUND, "");
	store_snapshot_end(reader);
	OK(&x, store_mesh_get(reader, n.row, &got, &x.fault));
	store_close(reader);
	fixture_end(&x);
}

static void the_pragmas_are_set(void)
{
	static const struct {
		const char *pragma;
		int64_t writer, reader;
	} rows[] = {
		{"PRAGMA foreign_keys", 1, 1},
		{"PRAGMA synchronous", 2, 2},
		{"PRAGMA query_only", 0, 1},
		{"PRAGMA wal_autocheckpoint", STORE_WAL_PAGES, 0},
		{"PRAGMA busy_timeout", STORE_BUSY_MS, STORE_BUSY_MS},
		{"PRAGMA trusted_schema", 0, 0},
		{"PRAGMA application_id", STORE_APPLICATION_ID, STORE_APPLICATION_ID},
		{"SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1, 1},
	};
	struct fixture x;
	struct store *reader;

	fixture_start(&x);
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_open(&reader, x.path, STORE_READ, &x.fault));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t value;

		OK(&x, store_pragma(x.store, rows[i].pragma, &value, &x.fault));
		TEST_NUMBER(value, rows[i].writer);
		OK(&x, store_pragma(reader, rows[i].pragma, &value, &x.fault));
		TEST_NUMBER(value, rows[i].reader);
	}
	store_close(reader);
	fixture_end(&x);
}

static bool file_has(const char *path, const char *text)
{
	struct buf file;
	bool found;

	buf_init(&file);
	CU_ASSERT(file_read(path, 1 << 24, &file, NULL) == 0);
	found = file.len > 0 && memmem(file.data, file.len, text, strlen(text)) != NULL;
	buf_fini(&file);
	return found;
}

static void what_was_deleted_is_overwritten(void)
{
	static const char name[] = "soon-to-be-forgotten";
	struct fixture x;
	struct machine k;

	fixture_start(&x);
	fixture_machine(&x, "stays");
	k = fixture_machine(&x, name);
	fixture_reopen(&x, STORE_WRITE);
	CU_ASSERT(file_has(x.path, name));
	OK(&x, store_machine_delete(x.store, k.row, &x.fault));
	fixture_reopen(&x, STORE_WRITE);
	CU_ASSERT(!file_has(x.path, name));
	CU_ASSERT(file_has(x.path, "stays"));
	fixture_end(&x);
}

static void what_is_no_database_of_skein_is_refused(void)
{
	static const enum store_mode modes[] = {STORE_WRITE, STORE_READ};
	struct fixture x;
	struct store *s;
	char path[300], sqlite[300];
	sqlite3 *db;

	fixture_start(&x);
	snprintf(path, sizeof(path), "%s.text", x.path);
	snprintf(sqlite, sizeof(sqlite), "%s.foreign", x.path);
	OK(&x,
	   file_write(path, "not a database, but long enough to be looked at", 47, 0600, &x.fault));
	CU_ASSERT(sqlite3_open(sqlite, &db) == SQLITE_OK);
	CU_ASSERT(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL) == SQLITE_OK);
	CU_ASSERT(sqlite3_close(db) == SQLITE_OK);
	for (size_t i = 0; i < 2; i++) {
		FAULT(&x, store_open(&s, path, modes[i], &x.fault), ERR_INVALID, path);
		FAULT(&x, store_open(&s, sqlite, modes[i], &x.fault), ERR_INVALID, sqlite);
		FAULT(&x, store_open(&s, "build/no-such.db", modes[i], &x.fault), ERR_NOT_FOUND,
		      "build/no-such.db");
		CU_ASSERT_PTR_NULL(s);
	}
	FAULT(&x, store_open(&s, "build/no/such/dir.db", STORE_CREATE, &x.fault), ERR_NOT_FOUND,
	      "build/no/such/dir.db");
	fixture_end(&x);
}

/* Overwrites every page but the first few: the schema is read, the rows are not. */
static void damage(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	char junk[4096];

	memset(junk, 0xa5, sizeof(junk));
	for (off_t at = 4096; at + 4096 <= size; at += 4096)
		CU_ASSERT(pwrite(fd, junk, sizeof(junk), at) == sizeof(junk));
	close(fd);
}

static void a_damaged_file_is_one_clear_fault(void)
{
	struct fixture x;
	struct store *s;
	struct buf file;
	char cut[300];

	fixture_start(&x);
	fixture_mesh(&x, "prod", "10.1.0.0/16");
	OK(&x, store_commit(x.store, &x.fault));
	store_close(x.store);
	x.store = NULL;
	buf_init(&file);
	snprintf(cut, sizeof(cut), "%s.cut", x.path);
	OK(&x, file_read(x.path, 1 << 24, &file, &x.fault));
	OK(&x, file_write(cut, file.data, 8192, 0600, &x.fault));
	buf_fini(&file);
	FAULT(&x, store_open(&s, cut, STORE_WRITE, &x.fault), ERR_IO, cut);
	damage(x.path);
	FAULT(&x, store_open(&s, x.path, STORE_WRITE, &x.fault), ERR_IO, x.path);
	CU_ASSERT_PTR_NULL(s);
	arena_fini(&x.arena);
}

#define ZEROS "00000000000000000000000000000000"

static void a_value_that_does_not_fit_is_damage(void)
{
	struct fixture x;
	struct membership m, got;
	struct mesh mesh;
	struct machine k;

	fixture_start(&x);
	mesh = fixture_mesh(&x, "prod", "10.1.0.0/16");
	k = fixture_machine(&x, "a");
	m = fixture_member(&x, &k, &mesh, 1);
	OK(&x, store_execute(x.store, "UPDATE membership SET endpoints = x'0102'", &x.fault));
	FAULT(&x, store_membership_get(x.store, m.row, &got, &x.fault), ERR_IO, x.path);
	OK(&x, store_execute(x.store, "UPDATE membership SET endpoints = x'', idx = 1 + (1 << 32)",
			     &x.fault));
	FAULT(&x, store_membership_get(x.store, m.row, &got, &x.fault), ERR_IO, x.path);
	OK(&x, store_execute(x.store, "UPDATE mesh SET cidr6 = zeroblob(18)", &x.fault));
	OK(&x, store_mesh_get(x.store, mesh.row, &mesh, &x.fault)); /* family 0: none */
	OK(&x, store_execute(x.store, "UPDATE mesh SET cidr6 = x'06" ZEROS "81'", &x.fault));
	FAULT(&x, store_mesh_get(x.store, mesh.row, &mesh, &x.fault), ERR_IO, x.path);
	fixture_end(&x);
}

/* Root may write everything, so the case becomes somebody else where it can. */
static void a_file_that_cannot_be_written_says_so(void)
{
	struct fixture x;
	struct store *s;

	fixture_start(&x);
	OK(&x, store_commit(x.store, &x.fault));
	store_close(x.store);
	x.store = NULL;
	CU_ASSERT(chmod(x.path, 0444) == 0);
	CU_ASSERT(geteuid() != 0 || seteuid(65534) == 0);
	FAULT(&x, store_open(&s, x.path, STORE_WRITE, &x.fault), ERR_PRIVILEGE, x.path);
	CU_ASSERT(getuid() != 0 || seteuid(0) == 0);
	CU_ASSERT_PTR_NULL(s);
	arena_fini(&x.arena);
}

static void two_writers_do_not_meet(void)
{
	struct fixture x;
	struct store *other;

	fixture_start(&x);
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_open(&other, x.path, STORE_WRITE, &x.fault));
	OK(&x, store_begin(x.store, &x.fault));
	CU_ASSERT(sqlite3_busy_timeout(other->db, 1) == SQLITE_OK);
	FAULT(&x, store_begin(other, &x.fault), ERR_BUSY, x.path);
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_begin(other, &x.fault));
	store_rollback(other);
	store_close(other);
	fixture_end(&x);
}

TEST_SUITE(sqlite_connection, {"a new file is its owner's only", a_new_file_is_its_owners_only},
	   {"what was committed is there after reopening",
	    what_was_committed_is_there_after_reopening},
	   {"a reader sees commits and cannot write", a_reader_sees_commits_and_cannot_write},
	   {"the pragmas are set", the_pragmas_are_set},
	   {"what was deleted is overwritten", what_was_deleted_is_overwritten},
	   {"what is no database of Skein is refused", what_is_no_database_of_skein_is_refused},
	   {"a damaged file is one clear fault", a_damaged_file_is_one_clear_fault},
	   {"a value that does not fit is damage", a_value_that_does_not_fit_is_damage},
	   {"a file that cannot be written says so", a_file_that_cannot_be_written_says_so},
	   {"two writers do not meet", two_writers_do_not_meet});
