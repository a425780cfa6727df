#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

static void a_job_that_fails_leaves_nothing(void)
{
	struct fixture x;
	struct mesh good, bad, got;

	fixture_start(&x);
	OK(&x, store_savepoint(x.store, &x.fault));
	good = fixture_mesh(&x, "good", "10.1.0.0/16");
	OK(&x, store_release(x.store, &x.fault));

	OK(&x, store_savepoint(x.store, &x.fault));
	bad = fixture_mesh(&x, "bad", "10.2.0.0/16");
	FAULT(&x, store_mesh_insert(x.store, &bad, &x.fault), ERR_EXISTS, NULL);
	store_undo(x.store);

	OK(&x, store_savepoint(x.store, &x.fault));
	fixture_mesh(&x, "next", "10.3.0.0/16");
	OK(&x, store_release(x.store, &x.fault));
	fixture_reopen(&x, STORE_WRITE);
	OK(&x, store_mesh_get(x.store, good.row, &got, &x.fault));
	OK(&x, store_mesh_find_name(x.store, x.organization.row, "next", &got, &x.fault));
	FAULT(&x, store_mesh_find_name(x.store, x.organization.row, "bad", &got, &x.fault),
	      ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void nothing_goes_out_of_order(void)
{
	struct fixture x;

	fixture_start(&x);
	FAULT(&x, store_begin(x.store, &x.fault), ERR_INTERNAL, x.path);
	OK(&x, store_commit(x.store, &x.fault));
	FAULT(&x, store_commit(x.store, &x.fault), ERR_INTERNAL, x.path);
	FAULT(&x, store_savepoint(x.store, &x.fault), ERR_INTERNAL, x.path);
	FAULT(&x, store_release(x.store, &x.fault), ERR_INTERNAL, x.path);
	store_undo(x.store);
	store_rollback(x.store);
	OK(&x, store_begin(x.store, &x.fault));
	fixture_end(&x);
}

/* The file may have no more pages: as on a full disk, found out in the middle of a job. */
static void a_full_database_is_one_clear_fault_and_writes_nothing(void)
{
	struct fixture x;
	static char text[1 << 20];
	struct audit_entry entry = {.actor = "a", .action = "b", .before = text}, *list;
	int64_t pages;
	size_t n;

	fixture_start(&x);
	OK(&x, store_commit(x.store, &x.fault));
	memset(text, 'x', sizeof(text) - 1);
	OK(&x, store_pragma(x.store, "PRAGMA max_page_count = 1", &pages, &x.fault));
	OK(&x, store_begin(x.store, &x.fault));
	OK(&x, store_savepoint(x.store, &x.fault));
	FAULT(&x, store_audit_insert(x.store, &entry, &x.fault), ERR_IO, x.path);
	store_undo(x.store);
	store_rollback(x.store);
	OK(&x, store_pragma(x.store, "PRAGMA max_page_count = 100000", &pages, &x.fault));
	OK(&x, store_audit_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	OK(&x, store_begin(x.store, &x.fault));
	OK(&x, store_audit_insert(x.store, &entry, &x.fault));
	OK(&x, store_commit(x.store, &x.fault));
	fixture_end(&x);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	CU_ASSERT(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	CU_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Found out at the commit: whoever was told of success until then must not be. */
static void a_commit_that_finds_the_disk_full_fails(void)
{
	struct fixture x;
	struct organization o = {.name = "later"}, got;
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);

	fixture_start(&x);
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_begin(x.store, &x.fault));
	OK(&x, store_savepoint(x.store, &x.fault));
	OK(&x, store_organization_insert(x.store, &o, &x.fault));
	OK(&x, store_release(x.store, &x.fault));
	limit_files(4096);
	FAULT(&x, store_commit(x.store, &x.fault), ERR_IO, x.path);
	limit_files(RLIM_INFINITY);
	CU_ASSERT(signal(SIGXFSZ, before) == SIG_IGN);
	FAULT(&x, store_organization_find_name(x.store, "later", &got, &x.fault), ERR_NOT_FOUND,
	      "");
	OK(&x, store_begin(x.store, &x.fault));
	OK(&x, store_organization_insert(x.store, &o, &x.fault));
	fixture_reopen(&x, STORE_WRITE);
	OK(&x, store_organization_find_name(x.store, "later", &got, &x.fault));
	fixture_end(&x);
}

static void a_lost_transaction_is_noticed(void)
{
	struct fixture x;
	struct organization o = {.name = "later"}, *list;
	size_t n;

	fixture_start(&x);
	OK(&x, store_savepoint(x.store, &x.fault));
	/* As SQLite does by itself on a full disk or a failing one. */
	OK(&x, store_execute(x.store, "ROLLBACK", &x.fault));
	CU_ASSERT(store_transaction_lost(x.store));
	FAULT(&x, store_organization_insert(x.store, &o, &x.fault), ERR_IO, x.path);
	FAULT(&x, store_release(x.store, &x.fault), ERR_IO, x.path);
	store_undo(x.store);
	FAULT(&x, store_savepoint(x.store, &x.fault), ERR_IO, x.path);
	FAULT(&x, store_commit(x.store, &x.fault), ERR_IO, x.path);
	OK(&x, store_begin(x.store, &x.fault));
	OK(&x, store_organization_list(x.store, &x.arena, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	fixture_end(&x);
}

static void snapshots_nest(void)
{
	struct fixture x;

	fixture_start(&x);
	OK(&x, store_snapshot_begin(x.store, &x.fault)); /* within the writer's transaction */
	store_snapshot_end(x.store);
	fixture_mesh(&x, "prod", "10.1.0.0/16");
	OK(&x, store_commit(x.store, &x.fault));
	OK(&x, store_snapshot_begin(x.store, &x.fault));
	OK(&x, store_snapshot_begin(x.store, &x.fault));
	store_snapshot_end(x.store);
	CU_ASSERT(sqlite3_get_autocommit(x.store->db) == 0);
	store_snapshot_end(x.store);
	CU_ASSERT(sqlite3_get_autocommit(x.store->db) != 0);
	store_snapshot_end(x.store);
	OK(&x, store_begin(x.store, &x.fault));
	fixture_end(&x);
}

static void revisions_only_grow(void)
{
	struct fixture x;
	struct installation in = {.epoch = 2, .counter = 40, .next_asn = 4200000001u}, got;
	uint64_t first, second;

	fixture_start(&x);
	FAULT(&x, store_installation_get(x.store, &got, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_revision_next(x.store, &first, &x.fault), ERR_NOT_FOUND, "");
	id_new(&in.id);
	OK(&x, store_installation_set(x.store, &in, &x.fault));
	OK(&x, store_installation_get(x.store, &got, &x.fault));
	CU_ASSERT(id_equal(&got.id, &in.id));
	TEST_NUMBER(got.next_asn, in.next_asn);
	OK(&x, store_revision_next(x.store, &first, &x.fault));
	TEST_NUMBER(first, STATE_REVISION(2, 41));
	fixture_reopen(&x, STORE_WRITE);
	OK(&x, store_revision_next(x.store, &second, &x.fault));
	TEST_NUMBER(second, STATE_REVISION(2, 42));
	OK(&x, store_installation_get(x.store, &in, &x.fault));
	in.epoch = 3;
	OK(&x, store_installation_set(x.store, &in, &x.fault));
	OK(&x, store_revision_next(x.store, &second, &x.fault));
	TEST_NUMBER(second, STATE_REVISION(3, 43));
	fixture_end(&x);
}

TEST_SUITE(sqlite_transaction, {"a job that fails leaves nothing", a_job_that_fails_leaves_nothing},
	   {"nothing goes out of order", nothing_goes_out_of_order},
	   {"a full database is one clear fault and writes nothing",
	    a_full_database_is_one_clear_fault_and_writes_nothing},
	   {"a commit that finds the disk full fails", a_commit_that_finds_the_disk_full_fails},
	   {"a lost transaction is noticed", a_lost_transaction_is_noticed},
	   {"snapshots nest", snapshots_nest}, {"revisions only grow", revisions_only_grow});
