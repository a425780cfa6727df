/* What a command says: tables for people, JSON for programs, behind one interface. A noun gives
 * columns and JSON objects as the API has them; which form they take is decided here.
 *
 * Tables fit `width` columns: what is too long is cut with "…" in the columns that may be. Text
 * from outside is shown without control characters, whatever a machine reported. */
#ifndef SKEIN_CLI_OUTPUT_H
#define SKEIN_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

struct output {
	FILE *to;
	bool json, colour;
	int width;
	struct wall now; /* for "3 min ago" */
};

enum column_kind {
	COLUMN_TEXT,   /* strings, numbers; an array as a list with commas */
	COLUMN_FLEX,   /* the same, and may be cut */
	COLUMN_NUMBER, /* to the right */
	COLUMN_CHOICE, /* a bool as one of two words: "yes|no" in `words` */
	COLUMN_GOOD,   /* the same, green for the first, red for the second */
	COLUMN_TIME,
	COLUMN_AGE,
	COLUMN_MADE, /* by `make` */
};

struct column {
	const char *title; /* NULL ends the columns */
	const char *member;
	enum column_kind kind;
	const char *words;
	void (*make)(const json_t *item, struct buf *out);
};

/* For standard output: colour on a terminal without NO_COLOR, 100 columns at most. */
void output_init(struct output *o, bool json);
/* `items`: an array of objects. JSON: {"items": [...]}. `none`: the sentence for an empty list. */
void output_list(const struct output *o, const struct column *columns, const json_t *items,
		 const char *none);
/* One object, a line per column. */
void output_record(const struct output *o, const struct column *columns, const json_t *object);
/* What was done, as a sentence; JSON: the object, {} for NULL. */
void output_done(const struct output *o, const json_t *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A remark that a program does not need. */
void output_remark(const struct output *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* What the controller thinks worth saying about what was asked, e.g. a reflector alone. */
void output_warnings(const struct output *o, const json_t *answer);
/* Any JSON, as it is, indented: for what has no table. */
void output_json(const struct output *o, const json_t *value);

#endif
