#include "controller/backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/alloc.h"
#include "controller/data_dir.h"
#include "controller/keys.h"
#include "lib/base/file.h"

#define STAGE_NAME    "restore.new"
#define BEFORE_NAME   "before-restore"
#define KEY_MAX	      (1u << 20)
#define DAY_MS	      (INT64_C(24) * 3600 * 1000)
#define EPOCH_ZERO_MS INT64_C(1577836800000) /* 2020-01-01; 16 bits of days last to 2199 */

/* What a backup has beside the database. */
static const struct kept {
	const char *name;
	mode_t mode;
	bool required;
} kept[] = {
	{KEYS_SIGNING, 0600, true},
	{KEYS_TLS, 0600, false}, /* both may be somewhere else */
	{KEYS_CERTIFICATE, 0644, false},
};
#define NKEPT (sizeof(kept) / sizeof(kept[0]))

static char *path_in(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

/* ---- making ---- */

static int read_kept(const struct config *config, const struct kept *k, struct buf *out,
		     bool *there, struct fault *f)
{
	char *path = config_data_path(config, k->name);
	int code = 0;

	*there = access(path, F_OK) == 0;
	if (*there || k->required)
		code = file_read(path, KEY_MAX, out, f);
	free(path);
	return code;
}

int backup_make(const struct config *config, const char *file, struct fault *f)
{
	char *database = config_data_path(config, DATABASE_NAME);
	struct store_file files[NKEPT];
	struct buf contents[NKEPT];
	size_t n = 0;
	int code = data_dir_check(config, f);

	for (size_t i = 0; i < NKEPT; i++)
		buf_init_secret(&contents[i]);
	for (size_t i = 0; i < NKEPT && code == 0; i++) {
		bool there;

		code = read_kept(config, &kept[i], &contents[i], &there, f);
		if (code == 0 && there)
			files[n++] = (struct store_file){kept[i].name, buf_text(&contents[i]),
							 contents[i].len};
	}
	if (code == 0)
		code = store_backup_make(database, file, files, n, wall_now(), f);
	for (size_t i = 0; i < NKEPT; i++)
		buf_fini(&contents[i]);
	free(database);
	return code;
}

/* ---- restoring ---- */

static const struct store_file *find(const struct store_file *files, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

static int write_kept(const char *stage, const char *backup, const struct store_file *files,
		      size_t n, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < NKEPT && code == 0; i++) {
		const struct store_file *file = find(files, n, kept[i].name);
		char *path = path_in(stage, kept[i].name);

		if (file != NULL)
			code = file_write(path, file->data, file->len, kept[i].mode, f);
		else if (kept[i].required)
			code = fault_set(f, ERR_INVALID, "%s: has no %s", backup, kept[i].name);
		free(path);
	}
	return code;
}

static int note(struct store *s, struct fault *f)
{
	const struct audit_entry entry = {
		.at = wall_now(), .actor = "restore", .action = "installation.restore"};

	return store_audit_insert(s, &entry, f);
}

/* Later than any that was: that of what is replaced, where it can still be read, and one a day, for
 * a backup may be restored after one that was made later. */
static uint32_t next_epoch(const struct config *config, struct wall now)
{
	uint32_t day = (uint32_t)((now.ms - EPOCH_ZERO_MS) / DAY_MS);
	char *path = config_data_path(config, DATABASE_NAME);
	struct installation in = {0};
	struct store *s = NULL;

	if (access(path, F_OK) == 0 && store_open(&s, path, STORE_READ, NULL) == 0 &&
	    store_installation_get(s, &in, NULL) == 0 && in.epoch >= day)
		day = in.epoch + 1;
	store_close(s);
	free(path);
	return day;
}

static int prepare_database(const struct config *config, const char *path, struct wall made_at,
			    struct fault *f)
{
	struct wall now = wall_now(), until = {now.ms + config->address_rest_ms};
	struct store *s = NULL;
	int code = store_open(&s, path, STORE_WRITE, f);

	if (code == 0)
		code = store_begin(s, f);
	if (code == 0) {
		code = store_restored(s, made_at, now, next_epoch(config, now), f);
		if (code == 0)
			code = alloc_rest_all(s, until, f);
		if (code == 0)
			code = note(s, f);
		if (code == 0)
			code = store_commit(s, f);
		else
			store_rollback(s);
	}
	store_close(s);
	return code;
}

/* Everything that is to be there, beside. */
static int make_stage(const struct config *config, const char *stage, const char *file,
		      struct wall *made_at, struct fault *f)
{
	char *database = path_in(stage, DATABASE_NAME);
	struct store_file *files = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = file_remove(stage, f); /* of one that was killed */
	if (code == 0)
		code = file_make_dir(stage, 0700, f);
	if (code == 0)
		code = store_backup_read(file, database, &a, &files, &n, made_at, f);
	if (code == 0)
		code = write_kept(stage, file, files, n, f);
	if (code == 0)
		code = prepare_database(config, database, *made_at, f);
	arena_wipe(&a); /* the keys are in it */
	free(database);
	return code;
}

static int move_one(const struct config *config, const char *to, const char *name,
		    const char *suffix, struct fault *f)
{
	char *file = path_in(config->data_dir, name), *from = NULL, *into = NULL;
	int code = 0;

	if (asprintf(&from, "%s%s", file, suffix) < 0 ||
	    asprintf(&into, "%s/%s%s", to, name, suffix) < 0)
		abort();
	if (rename(from, into) != 0 && errno != ENOENT)
		code = fault_errno(f, errno, "%s", into);
	free(file);
	free(from);
	free(into);
	return code;
}

/* The database's log goes with it: it must not be taken for the new one's. */
static int move_away(const struct config *config, struct fault *f)
{
	char *to = config_data_path(config, BEFORE_NAME);
	int code = file_remove(to, f);

	if (code == 0)
		code = file_make_dir(to, 0700, f);
	for (const char *const *name = data_dir_files; *name != NULL && code == 0; name++)
		code = move_one(config, to, *name, "", f);
	if (code == 0)
		code = move_one(config, to, DATABASE_NAME, "-wal", f);
	if (code == 0)
		code = move_one(config, to, DATABASE_NAME, "-shm", f);
	(void)rmdir(to); /* where nothing was there */
	free(to);
	return code;
}

static int restore_into(const struct config *config, const char *file, bool force,
			struct wall *made_at, struct fault *f)
{
	char *stage = config_data_path(config, STAGE_NAME);
	int lock = -1, code = data_dir_lock_any(config, &lock, f);

	if (code == 0 && !force)
		code = data_dir_refuse(config, "--force puts the backup in its place", f);
	if (code == 0)
		code = make_stage(config, stage, file, made_at, f);
	if (code == 0)
		code = move_away(config, f);
	if (code == 0)
		code = data_dir_place(config, stage, f);
	if (lock >= 0) {
		file_remove(stage, NULL);
		close(lock);
	}
	free(stage);
	return code;
}

int backup_restore(const struct config *config, const char *file, bool force, struct wall *made_at,
		   struct fault *f)
{
	int code = file_make_dir(config->data_dir, 0700, f);

	return code != 0 ? code : restore_into(config, file, force, made_at, f);
}
