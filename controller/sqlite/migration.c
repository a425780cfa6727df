#include "controller/sqlite/migration.h"

#include <stdio.h>

static int version_of(struct store *s, int64_t *version, struct fault *f)
{
	return store_pragma(s, "PRAGMA user_version", version, f);
}

static int too_new(const struct store *s, int64_t has, int knows, struct fault *f)
{
	return fault_set(f, ERR_UNSUPPORTED,
			 "%s: is of a newer Skein (schema %lld, this program knows %d)", s->path,
			 (long long)has, knows);
}

/* A migration may build a table anew, which is possible only while references are not enforced;
 * what it leaves behind must hold all the same. */
static int check_references(struct store *s, const struct migration *m, struct fault *f)
{
	int64_t broken;
	int code = store_pragma(s, "SELECT count(*) FROM pragma_foreign_key_check", &broken, f);

	if (code == 0 && broken != 0)
		code = fault_set(f, ERR_INTERNAL, "%s: schema %d breaks %lld references", s->path,
				 m->version, (long long)broken);
	return code;
}

static int apply_one(struct store *s, const struct migration *m, struct fault *f)
{
	char number[64];
	int code = store_begin(s, f);

	if (code != 0)
		return code;
	snprintf(number, sizeof(number), "PRAGMA user_version = %d", m->version);
	code = store_execute(s, m->sql, f);
	if (code == 0)
		code = check_references(s, m, f);
	if (code == 0)
		code = store_execute(s, number, f);
	if (code == 0)
		return store_commit(s, f);
	store_rollback(s);
	return code;
}

int migration_apply(struct store *s, const struct migration *rows, size_t n, struct fault *f)
{
	int64_t version;
	int code = version_of(s, &version, f), restored;

	if (code == 0 && version > rows[n - 1].version)
		code = too_new(s, version, rows[n - 1].version, f);
	if (code == 0)
		code = store_execute(s, "PRAGMA foreign_keys = OFF", f);
	for (size_t i = 0; i < n && code == 0; i++)
		if (rows[i].version > version)
			code = apply_one(s, &rows[i], f);
	restored = store_execute(s, "PRAGMA foreign_keys = ON", f);
	return code != 0 ? code : restored;
}

int migration_run(struct store *s, struct fault *f)
{
	return migration_apply(s, migrations, nmigrations, f);
}

int migration_check(struct store *s, struct fault *f)
{
	int64_t version;
	int code = version_of(s, &version, f);
	int last = migrations[nmigrations - 1].version;

	if (code == 0 && version > last)
		code = too_new(s, version, last, f);
	if (code == 0 && version < last)
		code = fault_set(f, ERR_UNSUPPORTED,
				 "%s: is of schema %lld, not yet %d; the running controller "
				 "migrates it",
				 s->path, (long long)version, last);
	return code;
}
