/* JSON at the edge, by tables: a row per member says its name, kind, bounds and where it is stored.
 * Nothing behind an edge sees a json_t. Parsing rejects duplicates, depth beyond 32 and text that
 * is not UTF-8 (jansson does these). */
#ifndef SKEIN_BASE_JSON_H
#define SKEIN_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

enum member_kind {
	MEMBER_TEXT,	/* const char *, in the arena; max = longest, 0: 255 */
	MEMBER_FLAG,	/* bool */
	MEMBER_NUMBER,	/* int64_t within min..max */
	MEMBER_COUNTER, /* uint64_t, a string of decimal digits in JSON */
	MEMBER_TEXTS,	/* struct json_texts: array of strings; max = most elements */
	MEMBER_ROWS,	/* struct json_rows: array of objects by `rows`; max = most elements */
	MEMBER_OBJECT,	/* embedded struct by `rows` */
	MEMBER_RAW,	/* json_t *, borrowed when decoded, stolen when encoded */
};

struct json_texts {
	const char **at;
	size_t n;
};

struct json_rows {
	void *at; /* array of structs of row_size */
	size_t n;
};

struct json_row {
	const char *name; /* NULL ends the table */
	enum member_kind kind;
	size_t offset;
	bool required;
	int64_t min, max;
	const struct json_row *rows; /* MEMBER_ROWS, MEMBER_OBJECT */
	size_t row_size;	     /* MEMBER_ROWS */
};

/* A row: name, kind, offset, and what else there is as designated initializers. */
#define JSON_ROW(name_, kind_, offset_, ...)                                                       \
	{                                                                                          \
		.name = (name_), .kind = (kind_), .offset = (offset_), __VA_ARGS__                 \
	}

enum member_strictness {
	MEMBERS_STRICT, /* a request: an unknown member is an error, for it may be a typing mistake
			 */
	MEMBERS_LENIENT /* an answer of a newer program: unknown members are skipped */
};

/* From now on JSON zeroes the memory that it frees, for tokens travel in it: values, keys, texts on
 * their way. Memory from before and after may be mixed. */
void json_wipe_freed(void);
/* Frees a text of json_dumps(), zeroed. Accepts NULL; a callback of libraries, too. */
void json_text_free(void *text);
/* Parses text; the root must be an object. NULL with `f` set. Caller json_decref()s. */
json_t *json_parse(const char *text, size_t len, struct fault *f);
/* Fills *out (zeroed by the caller) in the arena. `present` (may be NULL): bit i is set when row i
 * was there and not null: a PATCH tells "not given" from "empty" by it. A member that is null
 * counts as absent. */
int json_decode(const json_t *object, const struct json_row *rows, enum member_strictness strict,
		struct arena *arena, void *out, uint64_t *present, struct fault *f);
/* Parses and fills; no row may be MEMBER_RAW. */
int json_decode_text(const char *text, size_t len, const struct json_row *rows,
		     enum member_strictness strict, struct arena *arena, void *out,
		     struct fault *f);
/* A string, of text that may come from outside: what is not UTF-8 is as
 * text_disarm() leaves it. */
json_t *json_text(const char *text);
/* New reference. A text that is NULL becomes null; others are as json_text() has them. */
json_t *json_encode(const struct json_row *rows, const void *from);

#endif
