/* One connection to the SQLite database, and the statements that it has prepared.
 *
 * The house: connection.c opens and closes; transaction.c begins and ends; fault.c turns SQLite's
 * answers into codes and words; execute.c runs text, query.c one prepared statement; record.c maps
 * columns to structs by tables; schema.c and migration.c make the tables; then a file per table,
 * which is store.h. */
#ifndef SKEIN_CONTROLLER_SQLITE_CONNECTION_H
#define SKEIN_CONTROLLER_SQLITE_CONNECTION_H

#include <sqlite3.h>

#include "controller/store.h"

#define STORE_APPLICATION_ID 0x536b656e /* "Sken", in the file's header: file(1) shows it */
#define STORE_BUSY_MS	     5000
#define STORE_WAL_PAGES	     1000 /* the writer checkpoints from here on */
#define STATEMENTS_PER_TABLE 20
#define NUMBER_MAX	     127u /* of a membership on its machine: 127.83.<number>.1 */

/* Whose statements; an id is table · STATEMENTS_PER_TABLE + the file's own number. */
enum table {
	TABLE_INSTALLATION,
	TABLE_ORGANIZATION,
	TABLE_MESH,
	TABLE_MACHINE,
	TABLE_MEMBERSHIP,
	TABLE_MEMBER,
	TABLE_ROTATION,
	TABLE_ADDRESS,
	TABLE_ANNOUNCEMENT,
	TABLE_CENSUS,
	TABLE_PEERING,
	TABLE_JOIN_GRANT,
	TABLE_API_TOKEN,
	TABLE_PRINCIPAL,
	TABLE_AUDIT,
	TABLE_NETWORKS,
	TABLE_SHADOWED,
	TABLE_COMPLAINT,
	TABLE_BACKUP,
	TABLE_RESTORATION,
	TABLE_UNKNOWN,
	TABLE_TIE,
	TABLE_SESSION,
	TABLE_PATH,
	TABLES
};

#define STATEMENT(table, number) (TABLE_##table * STATEMENTS_PER_TABLE + (number))

struct statement {
	int id;
	const char *sql;
};

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	bool writing;	/* between store_begin and its end */
	int snapshots;	/* nested ones */
	uint64_t steps; /* of SQLite's machine, by all queries: how tests measure cost */
	sqlite3_stmt *prepared[TABLES * STATEMENTS_PER_TABLE];
};

/* Runs SQL text without results: pragmas, schema. */
int store_execute(struct store *s, const char *sql, struct fault *f);
/* The one number that a pragma answers. */
int store_pragma(struct store *s, const char *sql, int64_t *out, struct fault *f);
/* The code for what SQLite just answered (`rc`), with the words for it: a broken constraint becomes
 * ERR_EXISTS or ERR_CONFLICT with its field; trouble with the file names the file. Never 0. */
int store_fault(struct store *s, int rc, struct fault *f);
/* True when SQLite has undone the transaction that we think we are in. */
bool store_transaction_lost(const struct store *s);

#endif
