/* A configuration file as a typed table. Lines are `name = value`; # starts a comment; a list is
 * given by repeating its name. An unknown name, a duplicate, a value out of range is an error that
 * names file and line. The commented example file and the man page come from the same rows. */
#ifndef SKEIN_BASE_SCHEMA_H
#define SKEIN_BASE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

enum schema_kind {
	SCHEMA_TEXT,   /* char *, owned by the struct; NULL: empty, which only a row without default
			  may be */
	SCHEMA_BOOL,   /* bool: yes, no */
	SCHEMA_NUMBER, /* int64_t within min..max */
	SCHEMA_DURATION, /* int64_t in milliseconds within min..max; "250ms", "24h" */
	SCHEMA_SIZE,	 /* int64_t in bytes within min..max; "64k", "16M" */
	SCHEMA_LIST,	 /* struct schema_list of text; at most max (0: SCHEMA_LIST_MAX) */
};

struct schema_list {
	char **at;
	size_t n;
};

struct schema_row {
	const char *name; /* NULL ends the table */
	enum schema_kind kind;
	size_t offset;
	int64_t min, max;
	const char *standard; /* default, as it would be written; NULL: empty */
	const char *help;
	int (*check)(const char *value, struct fault *f); /* of each value; NULL: any will do */
};

#define SCHEMA_FILE_MAX 65536
#define SCHEMA_LINE_MAX 1024 /* without comment */
#define SCHEMA_LIST_MAX 256

/* Sets every option to its default. */
void schema_defaults(const struct schema_row *rows, void *to);
/* Reads the text over what is in `to` (defaults first). `where` names it in errors. */
int schema_parse(const struct schema_row *rows, void *to, const char *where, const char *text,
		 size_t len, struct fault *f);
/* Defaults, then the file, then `check` (may be NULL) of what no row can say alone; its errors name
 * the file, too. An absent file is an error only if `must_exist`. */
int schema_load(const struct schema_row *rows, void *to, const char *path, bool must_exist,
		int (*check)(void *to, struct fault *f), struct fault *f);
void schema_free(const struct schema_row *rows, void *of);
/* The example file: each option with its help, range and default, commented out. */
void schema_example(const struct schema_row *rows, struct buf *out);

#endif
