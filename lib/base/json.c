#include "lib/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define TEXT_DEFAULT_MAX 255
#define DEPTH_MAX	 32

/* ---- memory ---- */

static void wipe_and_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

void json_text_free(void *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* ---- text to rows ---- */

/* jansson's own limit of depth is 2048, fixed when it is built: count before it recurses. */
static bool too_deep(const char *text, size_t len)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
		} else if (text[i] == '"') {
			in_string = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

json_t *json_parse(const char *text, size_t len, struct fault *f)
{
	json_error_t error;
	json_t *root;

	if (too_deep(text, len)) {
		fault_set(f, ERR_INVALID, "JSON is nested deeper than %d", DEPTH_MAX);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		fault_set(f, ERR_INVALID, "not JSON: line %d, column %d: %s", error.line,
			  error.column, error.text);
	} else if (!json_is_object(root)) {
		json_decref(root);
		root = NULL;
		fault_set(f, ERR_INVALID, "JSON: want an object");
	}
	return root;
}

static int wrong_kind(const struct json_row *row, const char *want, struct fault *f)
{
	return fault_set(f, ERR_INVALID, "'%s': want %s", row->name, want);
}

static int decode_text(const json_t *v, const struct json_row *row, struct arena *arena,
		       const char **out, int64_t max, struct fault *f)
{
	size_t len;

	if (!json_is_string(v))
		return wrong_kind(row, "a string", f);
	len = json_string_length(v);
	if (len > (size_t)max)
		return fault_set(f, ERR_TOO_LARGE, "'%s': longer than %" PRId64 " bytes", row->name,
				 max);
	if (memchr(json_string_value(v), '\0', len) != NULL)
		return fault_set(f, ERR_INVALID, "'%s': holds a NUL character", row->name);
	*out = arena_strdup(arena, json_string_value(v));
	return 0;
}

static int decode_number(const json_t *v, const struct json_row *row, int64_t *out, struct fault *f)
{
	if (!json_is_integer(v))
		return wrong_kind(row, "a whole number", f);
	*out = json_integer_value(v);
	if (*out < row->min || (row->max != 0 && *out > row->max))
		return fault_set(f, ERR_RANGE,
				 "'%s': %" PRId64 " is out of range, want %" PRId64 " to %" PRId64,
				 row->name, *out, row->min, row->max != 0 ? row->max : INT64_MAX);
	return 0;
}

static int decode_counter(const json_t *v, const struct json_row *row, uint64_t *out,
			  struct fault *f)
{
	const char *s = json_string_value(v);
	char *end = NULL;

	errno = 0;
	if (s != NULL && s[0] >= '0' && s[0] <= '9')
		*out = strtoull(s, &end, 10);
	if (end == NULL || *end != '\0' || errno != 0)
		return wrong_kind(row, "a number as a string of digits", f);
	return 0;
}

static int decode_texts(const json_t *v, const struct json_row *row, struct arena *arena,
			struct json_texts *out, struct fault *f)
{
	size_t n = json_array_size(v);
	int code = 0;

	if (!json_is_array(v))
		return wrong_kind(row, "an array of strings", f);
	if (n > (size_t)row->max)
		return fault_set(f, ERR_TOO_LARGE, "'%s': more than %" PRId64 " elements",
				 row->name, row->max);
	out->at = arena_array(arena, n, sizeof(*out->at));
	out->n = n;
	for (size_t i = 0; i < n && code == 0; i++)
		code = decode_text(json_array_get(v, i), row, arena, &out->at[i], TEXT_DEFAULT_MAX,
				   f);
	return code;
}

static int decode_rows(const json_t *v, const struct json_row *row, enum member_strictness strict,
		       struct arena *arena, struct json_rows *out, struct fault *f)
{
	size_t n = json_array_size(v);
	int code = 0;

	if (!json_is_array(v))
		return wrong_kind(row, "an array of objects", f);
	if (n > (size_t)row->max)
		return fault_set(f, ERR_TOO_LARGE, "'%s': more than %" PRId64 " elements",
				 row->name, row->max);
	out->at = arena_array(arena, n, row->row_size);
	out->n = n;
	for (size_t i = 0; i < n && code == 0; i++) {
		code = json_decode(json_array_get(v, i), row->rows, strict, arena,
				   (char *)out->at + i * row->row_size, NULL, f);
		if (code != 0)
			fault_prefix(f, "'%s'[%zu]", row->name, i);
	}
	return code;
}

static int decode_member(json_t *v, const struct json_row *row, enum member_strictness strict,
			 struct arena *arena, void *to, struct fault *f)
{
	int code;

	switch (row->kind) {
	case MEMBER_TEXT:
		return decode_text(v, row, arena, to, row->max != 0 ? row->max : TEXT_DEFAULT_MAX,
				   f);
	case MEMBER_FLAG:
		*(bool *)to = json_is_true(v);
		return json_is_boolean(v) ? 0 : wrong_kind(row, "true or false", f);
	case MEMBER_NUMBER:
		return decode_number(v, row, to, f);
	case MEMBER_COUNTER:
		return decode_counter(v, row, to, f);
	case MEMBER_TEXTS:
		return decode_texts(v, row, arena, to, f);
	case MEMBER_ROWS:
		return decode_rows(v, row, strict, arena, to, f);
	case MEMBER_OBJECT:
		code = json_decode(v, row->rows, strict, arena, to, NULL, f);
		return code == 0 ? 0 : fault_prefix(f, "'%s'", row->name);
	case MEMBER_RAW:
		*(json_t **)to = v;
		return 0;
	}
	return ERR_INTERNAL;
}

static int refuse_unknown(const json_t *object, const struct json_row *rows, struct fault *f)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)object, key, v) {
		const struct json_row *row = rows;

		while (row->name != NULL && strcmp(row->name, key) != 0)
			row++;
		if (row->name == NULL)
			return fault_set(f, ERR_INVALID, "unknown member '%.60s'", key);
	}
	return 0;
}

int json_decode(const json_t *object, const struct json_row *rows, enum member_strictness strict,
		struct arena *arena, void *out, uint64_t *present, struct fault *f)
{
	int code = 0;

	if (present != NULL)
		*present = 0;
	if (!json_is_object(object))
		return fault_set(f, ERR_INVALID, "want an object");
	if (strict == MEMBERS_STRICT)
		code = refuse_unknown(object, rows, f);
	for (size_t i = 0; code == 0 && rows[i].name != NULL; i++) {
		json_t *v = json_object_get(object, rows[i].name);

		if (v == NULL || json_is_null(v)) {
			if (rows[i].required)
				code = fault_set(f, ERR_INVALID, "'%s' is missing", rows[i].name);
			continue;
		}
		code = decode_member(v, &rows[i], strict, arena, (char *)out + rows[i].offset, f);
		if (present != NULL)
			*present |= UINT64_C(1) << i;
	}
	return code;
}

int json_decode_text(const char *text, size_t len, const struct json_row *rows,
		     enum member_strictness strict, struct arena *arena, void *out, struct fault *f)
{
	json_t *root = json_parse(text, len, f);
	int code =
		root == NULL ? ERR_INVALID : json_decode(root, rows, strict, arena, out, NULL, f);

	json_decref(root);
	return code;
}

json_t *json_text(const char *text)
{
	json_t *out = json_string(text);
	char *mended;

	if (out != NULL)
		return out;
	mended = mem_strdup(text);
	text_disarm(mended);
	out = json_string(mended);
	free(mended);
	return out;
}

static json_t *encode_rows(const struct json_row *row, const struct json_rows *from)
{
	json_t *array = json_array();

	for (size_t i = 0; i < from->n; i++)
		json_array_append_new(
			array, json_encode(row->rows, (const char *)from->at + i * row->row_size));
	return array;
}

static json_t *encode_member(const struct json_row *row, const void *from)
{
	const struct json_texts *texts = from;
	const char *text;
	char digits[24];
	json_t *array;

	switch (row->kind) {
	case MEMBER_TEXT:
		text = *(const char *const *)from;
		return text != NULL ? json_text(text) : json_null();
	case MEMBER_FLAG:
		return json_boolean(*(const bool *)from);
	case MEMBER_NUMBER:
		return json_integer(*(const int64_t *)from);
	case MEMBER_COUNTER:
		snprintf(digits, sizeof(digits), "%" PRIu64, *(const uint64_t *)from);
		return json_string(digits);
	case MEMBER_TEXTS:
		array = json_array();
		for (size_t i = 0; i < texts->n; i++)
			json_array_append_new(array, json_text(texts->at[i]));
		return array;
	case MEMBER_ROWS:
		return encode_rows(row, from);
	case MEMBER_OBJECT:
		return json_encode(row->rows, from);
	case MEMBER_RAW:
		return *(json_t *const *)from != NULL ? *(json_t *const *)from : json_null();
	}
	return json_null();
}

json_t *json_encode(const struct json_row *rows, const void *from)
{
	json_t *object = json_object();

	for (; rows->name != NULL; rows++)
		json_object_set_new(object, rows->name,
				    encode_member(rows, (const char *)from + rows->offset));
	return object;
}
