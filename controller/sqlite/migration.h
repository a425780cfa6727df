/* The schema's versions: numbered rows of SQL, each run in a transaction of its own, the number
 * kept in the file (user_version). A row that was released is never edited: a change is a new row.
 */
#ifndef SKEIN_CONTROLLER_SQLITE_MIGRATION_H
#define SKEIN_CONTROLLER_SQLITE_MIGRATION_H

#include "controller/sqlite/connection.h"

struct migration {
	int version; /* 1, 2, … */
	const char *sql;
};

extern const struct migration migrations[];
extern const size_t nmigrations;

/* Brings the file to the last version. ERR_UNSUPPORTED when it is beyond it. */
int migration_run(struct store *s, struct fault *f);
/* That the file has the last version, for who only reads. */
int migration_check(struct store *s, struct fault *f);
/* The same as migration_run(), with rows of the caller's. A row that fails leaves the version
 * before it. */
int migration_apply(struct store *s, const struct migration *rows, size_t n, struct fault *f);

#endif
