#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/sqlite/migration.h"
#include "lib/base/file.h"
#include "test/unit/sqlite/fixture.h"

/* A database of schema 1 as text, as the first release made it. It is never made anew. */
#define VERSION_1 "test/unit/sqlite/v1.sql"

static const struct migration good[] = {
	{1, ""},
	{2,
	 "CREATE TABLE two (x INTEGER REFERENCES organization) STRICT; INSERT INTO two VALUES (1)"},
	{3, "ALTER TABLE two ADD COLUMN y INTEGER; UPDATE two SET y = x + 1"},
};

static const struct migration broken[] = {
	{1, ""},
	{2, "CREATE TABLE two (x INTEGER) STRICT"},
	{3, "CREATE TABLE three (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)"},
};

static const struct migration dangling[] = {
	{1, ""},
	{2, "CREATE TABLE two (x INTEGER REFERENCES organization) STRICT;"
	    "INSERT INTO two VALUES (99)"},
};

static int64_t number(struct fixture *x, const char *query)
{
	int64_t n;

	OK(x, store_pragma(x->store, query, &n, &x->fault));
	return n;
}

/* The rows above are not those of the schema: they go on from 1, whatever it is at. */
static void start_at_1(struct fixture *x)
{
	fixture_start(x);
	OK(x, store_execute(x->store, "PRAGMA user_version = 1", &x->fault));
	OK(x, store_commit(x->store, &x->fault));
}

static void rows_run_once_and_in_order(void)
{
	struct fixture x;

	start_at_1(&x);
	OK(&x, migration_apply(x.store, good, 2, &x.fault));
	TEST_NUMBER(number(&x, "PRAGMA user_version"), 2);
	OK(&x, migration_apply(x.store, good, 3, &x.fault));
	OK(&x, migration_apply(x.store, good, 3, &x.fault));
	TEST_NUMBER(number(&x, "PRAGMA user_version"), 3);
	TEST_NUMBER(number(&x, "SELECT y FROM two"), 2);
	TEST_NUMBER(number(&x, "SELECT count(*) FROM two"), 1);
	TEST_NUMBER(number(&x, "PRAGMA foreign_keys"), 1);
	fixture_end(&x);
}

static void a_row_that_fails_leaves_the_version_before_it(void)
{
	struct fixture x;

	start_at_1(&x);
	FAULT(&x, migration_apply(x.store, broken, 3, &x.fault), ERR_INTERNAL, x.path);
	TEST_NUMBER(number(&x, "PRAGMA user_version"), 2);
	TEST_NUMBER(number(&x, "SELECT count(*) FROM sqlite_master WHERE name = 'two'"), 1);
	TEST_NUMBER(number(&x, "SELECT count(*) FROM sqlite_master WHERE name = 'three'"), 0);
	TEST_NUMBER(number(&x, "PRAGMA foreign_keys"), 1);
	fixture_end(&x);
}

static void a_row_may_not_break_references(void)
{
	struct fixture x;

	start_at_1(&x);
	FAULT(&x, migration_apply(x.store, dangling, 2, &x.fault), ERR_INTERNAL, x.path);
	TEST_NUMBER(number(&x, "PRAGMA user_version"), 1);
	fixture_end(&x);
}

static void a_newer_database_is_refused(void)
{
	struct fixture x;
	struct store *s;
	char path[300];

	fixture_start(&x);
	OK(&x, store_execute(x.store, "PRAGMA user_version = 1000", &x.fault));
	OK(&x, store_commit(x.store, &x.fault));
	snprintf(path, sizeof(path), "%s: is of a newer Skein (schema 1000", x.path);
	FAULT(&x, store_open(&s, x.path, STORE_WRITE, &x.fault), ERR_UNSUPPORTED, path);
	FAULT(&x, store_open(&s, x.path, STORE_READ, &x.fault), ERR_UNSUPPORTED, path);
	fixture_end(&x);
}

static void a_reader_does_not_migrate(void)
{
	struct fixture x;
	struct store *s;

	fixture_start(&x);
	OK(&x, store_execute(x.store, "PRAGMA user_version = 0", &x.fault));
	OK(&x, store_commit(x.store, &x.fault));
	FAULT(&x, store_open(&s, x.path, STORE_READ, &x.fault), ERR_UNSUPPORTED, x.path);
	fixture_end(&x);
}

/* Makes the database that the first release would have left. */
static void load_version_1(struct fixture *x, char *path, size_t size)
{
	struct buf text;
	sqlite3 *db = NULL;

	snprintf(path, size, "%s.v1", x->path);
	buf_init(&text);
	OK(x, file_read(VERSION_1, 1 << 20, &text, &x->fault));
	CU_ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
	if (sqlite3_exec(db, buf_text(&text), NULL, NULL, NULL) != SQLITE_OK)
		TEST_FAIL("%s: %s", VERSION_1, sqlite3_errmsg(db));
	CU_ASSERT(sqlite3_close(db) == SQLITE_OK);
	buf_fini(&text);
}

/* All of a schema as one text. */
static char *schema_of(struct store *s)
{
	struct buf out;
	sqlite3_stmt *stmt = NULL;

	buf_init(&out);
	CU_ASSERT(sqlite3_prepare_v2(s->db,
				     "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
				     " AND name NOT LIKE 'sqlite_%' ORDER BY type, name",
				     -1, &stmt, NULL) == SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		buf_printf(&out, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
	CU_ASSERT(sqlite3_finalize(stmt) == SQLITE_OK);
	return buf_take(&out);
}

/* Holds two things: that the migrations lead to what a new database has, and that nobody edits a
 * row that was released. */
static void version_1_becomes_what_a_new_database_is(void)
{
	struct fixture x;
	struct store *old;
	char path[300], *ours, *theirs;

	fixture_start(&x);
	load_version_1(&x, path, sizeof(path));
	OK(&x, store_open(&old, path, STORE_WRITE, &x.fault));
	if (old == NULL)
		return;
	ours = schema_of(x.store);
	theirs = schema_of(old);
	TEST_TEXT(theirs, ours);
	free(ours);
	free(theirs);
	store_close(old);
	fixture_end(&x);
}

static void version_1_keeps_its_rows(void)
{
	struct fixture x;
	struct store *old;
	struct mesh prod;
	struct machine *machines;
	struct membership m;
	struct announcement *nets;
	struct peering *peerings;
	char path[300];
	size_t n;

	fixture_start(&x);
	load_version_1(&x, path, sizeof(path));
	OK(&x, store_open(&old, path, STORE_WRITE, &x.fault));
	if (old == NULL)
		return;
	OK(&x, store_mesh_find_name(old, 1, "prod", &prod, &x.fault));
	CU_ASSERT(prod.is_default);
	TEST_NUMBER(prod.nmembers, 2);
	TEST_NUMBER(prod.ngateways, 1);
	OK(&x, store_machine_list(old, &x.arena, 1, NULL, &machines, &n, &x.fault));
	TEST_NUMBER(n, 2);
	OK(&x, store_membership_of(old, machines[0].row, prod.row, &m, &x.fault));
	CU_ASSERT(m.gateway && m.has_key);
	TEST_NUMBER(m.nendpoints, 1);
	TEST_NUMBER(m.endpoints[0].port, 51820);
	OK(&x, store_announcement_list(old, &x.arena, 0, prod.row, 0, NULL, &nets, &n, &x.fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(nets[0].nusers, 1);
	OK(&x, store_peering_list(old, &x.arena, 0, prod.row, NULL, &peerings, &n, &x.fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(peerings[0].nprefixes_a, 1);
	store_close(old);
	fixture_end(&x);
}

TEST_SUITE(sqlite_migration, {"rows run once and in order", rows_run_once_and_in_order},
	   {"a row that fails leaves the version before it",
	    a_row_that_fails_leaves_the_version_before_it},
	   {"a row may not break references", a_row_may_not_break_references},
	   {"a newer database is refused", a_newer_database_is_refused},
	   {"a reader does not migrate", a_reader_does_not_migrate},
	   {"version 1 becomes what a new database is", version_1_becomes_what_a_new_database_is},
	   {"version 1 keeps its rows", version_1_keeps_its_rows});
