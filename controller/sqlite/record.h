/* Records by tables: a row per column says how it is stored and where it lies in the struct. The
 * rows are in the order in which the SQL names the columns; insert writes all but the computed
 * ones, update all but these and the fixed ones, reading has `row` first, then all. */
#ifndef SKEIN_CONTROLLER_SQLITE_RECORD_H
#define SKEIN_CONTROLLER_SQLITE_RECORD_H

#include "controller/sqlite/query.h"

struct codec {
	void (*bind)(struct query *q, const void *at, size_t size);
	void (*read)(struct query *q, void *at, size_t size);
};

extern const struct codec codec_number;	   /* integers of 1, 2, 4, 8 bytes; struct wall */
extern const struct codec codec_flag;	   /* bool */
extern const struct codec codec_reference; /* row_t; 0 is null */
extern const struct codec codec_text;	   /* char array */
extern const struct codec codec_words;	   /* const char *, in the arena */
extern const struct codec codec_bytes;	   /* all of the member */
extern const struct codec codec_optional;  /* the same; all zero is null */
extern const struct codec codec_prefix;	   /* struct prefix; family 0 is null */

enum field_use { FIELD_CHANGES, FIELD_FIXED, FIELD_COMPUTED };

struct field {
	const struct codec *codec;
	size_t offset, size;
	enum field_use use;
};

#define FIELD(type, codec, member, use)                                                            \
	{                                                                                          \
		&codec_##codec, offsetof(type, member), sizeof(((type *)NULL)->member),            \
			FIELD_##use                                                                \
	}
/* A record that is one column. */
#define FIELD_WHOLE(type, codec)                                                                   \
	{                                                                                          \
		&codec_##codec, 0, sizeof(type), FIELD_FIXED                                       \
	}
/* A codec of the file's own, which gets the whole record. */
#define FIELD_OWN(type, codec, use)                                                                \
	{                                                                                          \
		&(codec), 0, sizeof(type), FIELD_##use                                             \
	}

struct record {
	size_t size;
	const struct field *fields;
	size_t nfields;
	size_t row, id, created_at, version; /* offsets */
};

/* Reading has no `row` for it; insert and update are not for it. */
#define RECORD_NO_ROW SIZE_MAX
#define RECORD_CHILD(type, table)                                                                  \
	{                                                                                          \
		sizeof(type), table, sizeof(table) / sizeof((table)[0]), RECORD_NO_ROW, 0, 0, 0    \
	}

#define RECORD(type, table)                                                                        \
	{                                                                                          \
		sizeof(type), table, sizeof(table) / sizeof((table)[0]), offsetof(type, row),      \
			offsetof(type, id), offsetof(type, created_at), offsetof(type, version)    \
	}

/* Fills row and version, and id and created_at where they are zero. */
int record_insert(struct store *s, const struct record *r, const struct statement *st, void *x,
		  struct fault *f);
/* The statement's last parameter is the row, and it increments version itself. ERR_NOT_FOUND. */
int record_update(struct store *s, const struct record *r, const struct statement *st, void *x,
		  struct fault *f);
/* Runs a statement with one parameter, a row; ERR_NOT_FOUND when nothing changed. */
int record_delete(struct store *s, const struct statement *st, row_t row, struct fault *f);
/* Ends a query that is started and bound. One row, or ERR_NOT_FOUND (without a fault: the caller
 * may have asked whether there is one); */
int record_one(struct query *q, const struct record *r, void *out);
/* all rows, into an array in the arena; NULL and 0 on an error. */
int record_list(struct query *q, const struct record *r, struct arena *a, void *out_array,
		size_t *n);
/* Usual questions, whole. The statement's parameters are, in this order: row; id, organization;
 * organization, name; organization (if it is not 0), then the page. */
int record_find_row(struct store *s, const struct record *r, const struct statement *st, row_t row,
		    void *out, struct fault *f);
int record_find_id(struct store *s, const struct record *r, const struct statement *st,
		   row_t organization, const struct id *id, void *out, struct fault *f);
int record_find_name(struct store *s, const struct record *r, const struct statement *st,
		     row_t organization, const char *name, void *out, struct fault *f);
int record_list_of(struct store *s, const struct record *r, const struct statement *st,
		   row_t organization, const struct page *p, struct arena *a, void *out_array,
		   size_t *n, struct fault *f);
/* Binds what an insert writes; reads the columns of the current row. */
void record_bind(struct query *q, const struct record *r, const void *x);
void record_read(struct query *q, const struct record *r, void *out);
#endif
