/* YAML from a person, by tables: a row per key says its name, kind, bounds and where it is stored.
 * Every error names the line. Keys that are in no row, duplicates, aliases and anything beyond the
 * bounds are refused. Texts and lists live in the caller's arena. */
#ifndef SKEIN_LAB_DOCUMENT_H
#define SKEIN_LAB_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define DOCUMENT_SIZE_MAX 262144
#define DOCUMENT_LIST_MAX 1024
#define DOCUMENT_TEXT_MAX 255

enum field_kind {
	FIELD_TEXT,	/* const char *; max = longest, 0: DOCUMENT_TEXT_MAX */
	FIELD_NAME,	/* const char *: a label of a-z, 0-9, '-'; max = longest, 0: 63 */
	FIELD_FLAG,	/* bool: true, false, yes, no */
	FIELD_NUMBER,	/* int64_t within min..max */
	FIELD_PREFIX,	/* struct prefix */
	FIELD_ADDRESS,	/* struct address */
	FIELD_NAMES,	/* struct field_list of const char * */
	FIELD_PREFIXES, /* struct field_list of struct prefix */
	FIELD_ROWS,	/* struct field_list of structs of row_size, by `rows` */
};

struct field_list {
	void *at;
	size_t n;
};

/* A struct filled by FIELD_ROWS begins with this: errors found later name the line too. */
struct field_mark {
	unsigned line;
};

struct field_row {
	const char *name; /* NULL ends the table */
	enum field_kind kind;
	size_t offset;
	bool required;
	int64_t min, max;
	const char *standard; /* scalars: what an absent key means; NULL: zero */
	const struct field_row *rows;
	size_t row_size;
};

/* Fills *out (zeroed by the caller); the root is a mapping. `where` begins each error. */
int document_decode(const char *where, const char *text, size_t len, const struct field_row *rows,
		    struct arena *arena, void *out, struct fault *f);

#endif
