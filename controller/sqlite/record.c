#include "controller/sqlite/record.h"

#include <stdlib.h>
#include <string.h>

/* ---- codecs ---- */

static void bind_number(struct query *q, const void *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size); /* little-endian, as all that Skein runs on */
	query_bind_number(q, (int64_t)value);
}

static void read_number(struct query *q, void *at, size_t size)
{
	uint64_t value = (uint64_t)query_read_number(q);

	if (size < sizeof(value) && value >> (size * 8) != 0) {
		query_damaged(q);
		value = 0;
	}
	memcpy(at, &value, size);
}

static void bind_flag(struct query *q, const void *at, size_t size)
{
	(void)size;
	query_bind_number(q, *(const bool *)at);
}

static void read_flag(struct query *q, void *at, size_t size)
{
	(void)size;
	*(bool *)at = query_read_flag(q);
}

static void bind_reference(struct query *q, const void *at, size_t size)
{
	row_t row = *(const row_t *)at;

	(void)size;
	if (row != 0)
		query_bind_number(q, row);
	else
		query_bind_null(q);
}

static void bind_text(struct query *q, const void *at, size_t size)
{
	(void)size;
	query_bind_text(q, at);
}

static void read_text(struct query *q, void *at, size_t size)
{
	query_read_text(q, at, size);
}

static void bind_words(struct query *q, const void *at, size_t size)
{
	(void)size;
	query_bind_text(q, *(const char *const *)at);
}

static void read_words(struct query *q, void *at, size_t size)
{
	(void)size;
	*(const char **)at = query_read_arena_text(q);
}

static void bind_bytes(struct query *q, const void *at, size_t size)
{
	query_bind_bytes(q, at, size);
}

static void read_bytes(struct query *q, void *at, size_t size)
{
	query_read_bytes(q, at, size);
}

static void bind_optional(struct query *q, const void *at, size_t size)
{
	const uint8_t *bytes = at;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0) {
			query_bind_bytes(q, at, size);
			return;
		}
	}
	query_bind_null(q);
}

static void bind_prefix(struct query *q, const void *at, size_t size)
{
	(void)size;
	query_bind_prefix(q, at);
}

static void read_prefix(struct query *q, void *at, size_t size)
{
	(void)size;
	query_read_prefix(q, at);
}

const struct codec codec_number = {bind_number, read_number};
const struct codec codec_flag = {bind_flag, read_flag};
const struct codec codec_reference = {bind_reference, read_number};
const struct codec codec_text = {bind_text, read_text};
const struct codec codec_words = {bind_words, read_words};
const struct codec codec_bytes = {bind_bytes, read_bytes};
const struct codec codec_optional = {bind_optional, read_bytes};
const struct codec codec_prefix = {bind_prefix, read_prefix};

/* ---- records ---- */

static void *member(void *x, size_t offset)
{
	return (char *)x + offset;
}

static void bind_fields(struct query *q, const struct record *r, const void *x, enum field_use most)
{
	for (size_t i = 0; i < r->nfields; i++) {
		const struct field *field = &r->fields[i];

		if (field->use <= most)
			field->codec->bind(q, (const char *)x + field->offset, field->size);
	}
}

void record_bind(struct query *q, const struct record *r, const void *x)
{
	bind_fields(q, r, x, FIELD_FIXED);
}

static void fill_new(const struct record *r, void *x)
{
	struct id *id = member(x, r->id);
	struct wall *created_at = member(x, r->created_at);

	if (id_is_zero(id))
		id_new(id);
	if (created_at->ms == 0)
		*created_at = wall_now();
	*(uint64_t *)member(x, r->version) = 1;
}

int record_insert(struct store *s, const struct record *r, const struct statement *st, void *x,
		  struct fault *f)
{
	struct query q;
	int code;

	fill_new(r, x);
	query_start(&q, s, st, f);
	record_bind(&q, r, x);
	code = query_run(&q, NULL);
	if (code == 0)
		*(row_t *)member(x, r->row) = sqlite3_last_insert_rowid(s->db);
	return code;
}

int record_update(struct store *s, const struct record *r, const struct statement *st, void *x,
		  struct fault *f)
{
	struct query q;
	int code;

	query_start(&q, s, st, f);
	bind_fields(&q, r, x, FIELD_CHANGES);
	query_bind_number(&q, *(row_t *)member(x, r->row));
	code = query_change(&q);
	if (code == 0)
		++*(uint64_t *)member(x, r->version);
	return code;
}

int record_delete(struct store *s, const struct statement *st, row_t row, struct fault *f)
{
	struct query q;

	query_start(&q, s, st, f);
	query_bind_number(&q, row);
	return query_change(&q);
}

void record_read(struct query *q, const struct record *r, void *out)
{
	if (r->row != RECORD_NO_ROW)
		*(row_t *)member(out, r->row) = query_read_number(q);
	for (size_t i = 0; i < r->nfields; i++) {
		const struct field *field = &r->fields[i];

		field->codec->read(q, member(out, field->offset), field->size);
	}
}

int record_one(struct query *q, const struct record *r, void *out)
{
	memset(out, 0, r->size);
	if (query_next(q))
		record_read(q, r, out);
	else
		query_fail(q, ERR_NOT_FOUND);
	return query_end(q);
}

int record_list(struct query *q, const struct record *r, struct arena *a, void *out_array,
		size_t *n)
{
	char *rows = NULL;
	void *out;
	size_t count = 0, room = 0;
	int code;

	q->arena = a;
	while (query_next(q)) {
		if (count == room) {
			room = room != 0 ? room * 2 : 16;
			rows = mem_resize(rows, room, r->size);
		}
		memset(rows + count * r->size, 0, r->size);
		record_read(q, r, rows + count++ * r->size);
	}
	code = query_end(q);
	*n = code == 0 ? count : 0;
	out = *n > 0 ? arena_copy(a, rows, count * r->size) : NULL;
	memcpy(out_array, &out, sizeof(out));
	free(rows);
	return code;
}

int record_find_row(struct store *s, const struct record *r, const struct statement *st, row_t row,
		    void *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, st, f);
	query_bind_number(&q, row);
	return record_one(&q, r, out);
}

int record_find_id(struct store *s, const struct record *r, const struct statement *st,
		   row_t organization, const struct id *id, void *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, st, f);
	query_bind_bytes(&q, id, sizeof(*id));
	query_bind_number(&q, organization);
	return record_one(&q, r, out);
}

int record_find_name(struct store *s, const struct record *r, const struct statement *st,
		     row_t organization, const char *name, void *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, st, f);
	query_bind_number(&q, organization);
	query_bind_text(&q, name);
	return record_one(&q, r, out);
}

int record_list_of(struct store *s, const struct record *r, const struct statement *st,
		   row_t organization, const struct page *p, struct arena *a, void *out_array,
		   size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, st, f);
	if (organization != 0)
		query_bind_number(&q, organization);
	query_bind_page(&q, p);
	return record_list(&q, r, a, out_array, n);
}
