/* Backups: made while others write, restored, and what must be so afterwards. */
#include "controller/backup.h"

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/data_dir.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define WRITING_MS 10000

static struct stand api;
static char file[300];

static int start(void)
{
	return stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\"}") ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

static const char *fresh(const char *name)
{
	snprintf(file, sizeof(file), "%s/%s", api.directory, name);
	unlink(file);
	return file;
}

static int restore(bool force, struct fault *f)
{
	struct wall made_at = {0};
	int code = backup_restore(api.config, file, force, &made_at, f);

	CU_ASSERT(code != 0 || made_at.ms > 0);
	return code;
}

/* The controller's file of before; what comes is compared with it. */
static void read_database(struct buf *out)
{
	char *path = config_data_path(api.config, DATABASE_NAME);

	buf_init(out);
	TEST_NUMBER(file_read(path, 64 << 20, out, NULL), 0);
	free(path);
}

static bool database_is(const struct buf *want)
{
	struct buf now;
	bool same;

	read_database(&now);
	same = now.len == want->len && memcmp(now.data, want->data, now.len) == 0;
	buf_fini(&now);
	return same;
}

/* ---- there and back ---- */

static void enroll(struct stand_machine *m, const char *name)
{
	stand_machine_new(m, name);
	TEST_NUMBER(stand_enroll(&api, m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	CU_ASSERT(stand_wait_rendered(&api, m));
}

static uint64_t revision(const struct stand_machine *m)
{
	TEST_NUMBER(stand_call(&api, m->token, "GET", "/api/v1/machine", NULL), 200);
	return strtoull(stand_get(&api, "memberships.0.view_revision"), NULL, 10);
}

static long address(const struct stand_machine *m)
{
	struct address a = {0};

	TEST_NUMBER(stand_call(&api, m->token, "GET", "/api/v1/machine", NULL), 200);
	TEST_NUMBER(address_parse(stand_get(&api, "memberships.0.address"), &a, NULL), 0);
	return (long)a.bytes[0] << 24 | a.bytes[1] << 16 | a.bytes[2] << 8 | a.bytes[3];
}

static void a_controller_comes_back(void)
{
	struct stand_machine before, since, later;
	char join[300], path[160];
	struct fault f = {0};
	struct stat st;
	uint64_t last, restored;

	snprintf(join, sizeof(join), "%s", stand_join_token(&api, api.admin, NULL));
	snprintf(path, sizeof(path), "/api/v1/join-tokens/%s", stand_get(&api, "id"));
	enroll(&before, "before");
	TEST_NUMBER(backup_make(api.config, fresh("back"), &f), 0);
	TEST_NUMBER(stat(file, &st), 0);
	TEST_NUMBER(st.st_mode & 0777, 0600);
	TEST_NUMBER(backup_make(api.config, file, &f), ERR_EXISTS);
	enroll(&since, "since");
	TEST_NUMBER(address(&since), address(&before) + 1);
	last = revision(&before);
	controller_stop(api.controller);
	f = (struct fault){0};
	TEST_NUMBER(restore(false, &f), ERR_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "--force"));
	TEST_NUMBER(restore(true, NULL), 0);
	CU_ASSERT(stand_restart(&api));

	/* The machine of before goes on, with later revisions; so does one restored twice. */
	CU_ASSERT(stand_wait_rendered(&api, &before));
	restored = revision(&before);
	CU_ASSERT(restored > last && restored >> 48 > last >> 48);
	/* The other one is not known, and nobody gets its address. */
	TEST_NUMBER(stand_call(&api, since.token, "GET", "/api/v1/machine", NULL), 401);
	TEST_TEXT(stand_problem(&api), "auth");
	enroll(&later, "later");
	CU_ASSERT(address(&later) > address(&before) + 1);
	/* A token that could have been used since is void. */
	TEST_NUMBER(stand_call(&api, api.admin, "GET", path, NULL), 200);
	CU_ASSERT(strcmp(stand_get(&api, "revoked_at"), "null") != 0);
	last = revision(&before);
	controller_stop(api.controller);
	TEST_NUMBER(restore(true, NULL), 0);
	CU_ASSERT(stand_restart(&api));
	CU_ASSERT(stand_wait_rendered(&api, &before));
	CU_ASSERT(revision(&before) > last);
	/* What was there before is beside. */
	snprintf(path, sizeof(path), "%s/before-restore/controller.db", api.config->data_dir);
	CU_ASSERT(access(path, F_OK) == 0);
}

static void into_an_empty_directory(void)
{
	struct stand_machine m;
	char *data = api.config->data_dir, other[300];
	struct fault f = {0};
	uint8_t signer[32];

	enroll(&m, "moved");
	memcpy(signer, keys_signer(&api.controller->keys), sizeof(signer));
	TEST_NUMBER(backup_make(api.config, fresh("moving"), &f), 0);
	controller_stop(api.controller);
	snprintf(other, sizeof(other), "%s/other", api.directory);
	api.config->data_dir = other;
	TEST_NUMBER(restore(false, &f), 0);
	TEST_TEXT(f.text, "");
	CU_ASSERT(stand_restart(&api));
	CU_ASSERT(memcmp(signer, keys_signer(&api.controller->keys), sizeof(signer)) == 0);
	CU_ASSERT(stand_wait_rendered(&api, &m));
	controller_stop(api.controller);
	api.config->data_dir = data;
	CU_ASSERT(stand_restart(&api));
}

/* ---- what is no backup ---- */

static void refuse(const char *what, int code)
{
	struct buf before;
	struct fault f = {0};
	int got;

	read_database(&before);
	got = restore(true, &f);
	if (got != code || strstr(f.text, file) == NULL)
		TEST_FAIL("%s: got %d, %s", what, got, f.text);
	CU_ASSERT(database_is(&before));
	buf_fini(&before);
}

/* Where the table's root is in the file. What a page is for that is found by counting changes with
 * the schema. */
static size_t find_table(const char *name)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	size_t page = 0;

	TEST_MUST(sqlite3_open(file, &db) == SQLITE_OK &&
		  sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?", -1,
				     &q, NULL) == SQLITE_OK &&
		  sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC) == SQLITE_OK);
	if (sqlite3_step(q) == SQLITE_ROW)
		page = (size_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	TEST_MUST(page > 1);
	return (page - 1) * 4096;
}

static void damage(size_t at)
{
	char byte = 0x5a;
	FILE *x = fopen(file, "r+");

	TEST_MUST(x != NULL);
	for (int i = 0; i < 4096; i++) {
		fseek(x, (long)at + i, SEEK_SET);
		fwrite(&byte, 1, 1, x);
	}
	fclose(x);
}

static void what_is_no_backup_is_refused(void)
{
	struct buf whole;
	char *database = config_data_path(api.config, DATABASE_NAME);

	TEST_NUMBER(backup_make(api.config, fresh("good"), NULL), 0);
	controller_stop(api.controller);
	buf_init(&whole);
	TEST_NUMBER(file_read(file, 64 << 20, &whole, NULL), 0);
	fresh("missing");
	refuse("no file", ERR_NOT_FOUND);
	TEST_NUMBER(file_write(fresh("text"), "hello\n", 6, 0600, NULL), 0);
	refuse("a text", ERR_INVALID);
	TEST_NUMBER(file_write(fresh("empty"), "", 0, 0600, NULL), 0);
	refuse("an empty file", ERR_INVALID);
	/* The database itself is none. */
	snprintf(file, sizeof(file), "%s", database);
	refuse("a database", ERR_INVALID);
	TEST_NUMBER(file_write(fresh("cut"), whole.data, whole.len - 4096, 0600, NULL), 0);
	refuse("one that is cut off", ERR_IO);
	TEST_NUMBER(file_write(fresh("damaged"), whole.data, whole.len, 0600, NULL), 0);
	damage(find_table("membership"));
	refuse("one with a damaged page", ERR_IO);
	/* A later schema. */
	whole.data[63] = 99; /* user_version, big-endian, at 60 */
	TEST_NUMBER(file_write(fresh("newer"), whole.data, whole.len, 0600, NULL), 0);
	refuse("one of a newer Skein", ERR_UNSUPPORTED);
	CU_ASSERT(stand_restart(&api));
	buf_fini(&whole);
	free(database);
}

/* ---- while others write ---- */

struct writer {
	struct stand client;
	atomic_size_t made;
	atomic_bool over;
};

static void *write_loop(void *arg)
{
	struct writer *w = arg;

	while (!atomic_load(&w->over))
		if (stand_call(&w->client, w->client.admin, "POST", "/api/v1/join-tokens",
			       "{\"max_uses\":0}") == 201)
			atomic_fetch_add(&w->made, 1);
	return NULL;
}

static size_t count(struct store *s, bool audit)
{
	struct join_grant *grants;
	struct audit_entry *entries;
	struct arena a;
	size_t n = 0, found = 0;

	arena_init(&a);
	if (!audit) {
		TEST_NUMBER(store_join_grant_list(s, &a, 0, NULL, &grants, &found, NULL), 0);
	} else {
		TEST_NUMBER(store_audit_list(s, &a, 0, NULL, &entries, &n, NULL), 0);
		for (size_t i = 0; i < n; i++)
			found += strcmp(entries[i].action, "join-token.create") == 0;
	}
	arena_fini(&a);
	return found;
}

/* A moment: all that was answered before, and each thing with its audit. */
static void check_moment(size_t answered)
{
	struct config other = *api.config;
	char directory[300];
	struct store *s = NULL;
	struct wall made_at;
	char *path;

	snprintf(directory, sizeof(directory), "%s/moment", api.directory);
	other.data_dir = directory;
	TEST_NUMBER(backup_restore(&other, file, true, &made_at, NULL), 0);
	path = config_data_path(&other, DATABASE_NAME);
	TEST_NUMBER(store_open(&s, path, STORE_READ, NULL), 0);
	CU_ASSERT(count(s, false) >= answered);
	TEST_NUMBER(count(s, true), count(s, false));
	store_close(s);
	free(path);
	file_remove(directory, NULL);
}

/* Until it has been answered so often: every backup is made in the middle of writing. */
static void await_made(struct writer *w, size_t n)
{
	struct mono deadline = mono_add_ms(mono_now(), WRITING_MS);

	while (atomic_load(&w->made) < n && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 1);
	CU_ASSERT(atomic_load(&w->made) >= n);
}

static void a_backup_is_one_moment(void)
{
	struct writer w = {.client = {.curl = curl_easy_init()}};
	size_t before;
	pthread_t thread;

	snprintf(w.client.base, sizeof(w.client.base), "%s", api.base);
	snprintf(w.client.admin, sizeof(w.client.admin), "%s", api.admin);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/join-tokens?limit=1000", NULL),
		    200);
	before = json_array_size(json_object_get(api.json, "items"));
	pthread_create(&thread, NULL, write_loop, &w);
	for (size_t i = 0; i < 5; i++) {
		size_t answered;

		await_made(&w, 3 * (i + 1));
		answered = before + atomic_load(&w.made);
		TEST_NUMBER(backup_make(api.config, fresh("moment.back"), NULL), 0);
		check_moment(answered);
	}
	atomic_store(&w.over, true);
	pthread_join(thread, NULL);
	curl_easy_cleanup(w.client.curl);
	json_decref(w.client.json);
	buf_fini(&w.client.body);
}

TEST_SUITE_WITH(controller_backup, start, stop,
		{"a controller comes back", a_controller_comes_back},
		{"into an empty directory", into_an_empty_directory},
		{"what is no backup is refused", what_is_no_backup_is_refused},
		{"a backup is one moment", a_backup_is_one_moment});
