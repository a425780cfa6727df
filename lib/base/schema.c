#include "lib/base/schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

#define QUOTE_MAX 16

static void *field(const struct schema_row *row, void *base)
{
	return (char *)base + row->offset;
}

static int parse_number(const char *text, int64_t *out, bool size, struct fault *f)
{
	int64_t scale = 1;
	char *end = NULL;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (size && end != text && *end != '\0' && end[1] == '\0') {
		scale = *end == 'k' ? 1 << 10 : *end == 'M' ? 1 << 20 : *end == 'G' ? 1 << 30 : 0;
		end++;
	}
	if (errno != 0 || end == text || *end != '\0' || scale == 0 ||
	    __builtin_mul_overflow(*out, scale, out))
		return fault_set(f, ERR_INVALID, "'%.40s' is no %s", text,
				 size ? "size: want bytes, or a number with k, M or G" : "number");
	return 0;
}

static int store_integer(const struct schema_row *row, int64_t *to, const char *value,
			 struct fault *f)
{
	int64_t n = 0;
	int code = row->kind == SCHEMA_DURATION
			   ? duration_parse(value, &n, f)
			   : parse_number(value, &n, row->kind == SCHEMA_SIZE, f);

	if (code != 0)
		return code;
	if (n < row->min || n > row->max)
		return fault_set(f, ERR_RANGE, "%s is out of range, want %lld to %lld%s", value,
				 (long long)row->min, (long long)row->max,
				 row->kind == SCHEMA_DURATION ? " ms" : "");
	*to = n;
	return 0;
}

static int append(const struct schema_row *row, struct schema_list *list, const char *value,
		  struct fault *f)
{
	size_t max = row->max != 0 ? (size_t)row->max : SCHEMA_LIST_MAX;

	if (list->n == max)
		return fault_set(f, ERR_TOO_LARGE, "more than %zu values", max);
	list->at = mem_resize(list->at, list->n + 1, sizeof(*list->at));
	list->at[list->n++] = mem_strdup(value);
	return 0;
}

static int store(const struct schema_row *row, void *base, const char *value, struct fault *f)
{
	void *to = field(row, base);
	int code = 0;

	if (*value == '\0' && row->kind == SCHEMA_TEXT && row->standard != NULL)
		return fault_set(f, ERR_INVALID, "a value is missing, as %s", row->standard);
	if (row->check != NULL && (*value != '\0' || row->kind == SCHEMA_LIST))
		code = row->check(value, f);
	if (code != 0)
		return code;
	switch (row->kind) {
	case SCHEMA_TEXT:
		free(*(char **)to);
		*(char **)to = *value != '\0' ? mem_strdup(value) : NULL;
		return 0;
	case SCHEMA_BOOL:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return fault_set(f, ERR_INVALID, "'%.40s' is neither yes nor no", value);
		*(bool *)to = value[0] == 'y';
		return 0;
	case SCHEMA_NUMBER:
	case SCHEMA_DURATION:
	case SCHEMA_SIZE:
		return store_integer(row, to, value, f);
	case SCHEMA_LIST:
		return append(row, to, value, f);
	}
	return ERR_INTERNAL;
}

void schema_defaults(const struct schema_row *rows, void *to)
{
	for (; rows->name != NULL; rows++) {
		if (rows->kind == SCHEMA_LIST)
			*(struct schema_list *)field(rows, to) = (struct schema_list){0};
		else if (rows->kind == SCHEMA_TEXT)
			*(char **)field(rows, to) = NULL;
		if (rows->standard != NULL && store(rows, to, rows->standard, NULL) != 0)
			abort(); /* a default that its own row refuses: caught by the unit test */
	}
}

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

/* Its length, within QUOTE_MAX: more of a line that is not understood is not quoted, for it may be
 * a token. */
static int first_word(const char *line)
{
	size_t len = strcspn(line, " \t");

	return (int)(len < QUOTE_MAX ? len : QUOTE_MAX);
}

static int apply_line(const struct schema_row *rows, void *to, uint64_t *seen, char *line,
		      struct fault *f)
{
	char *equals = strchr(line, '='), *name, *value;
	int code;

	if (equals == NULL)
		return fault_set(f, ERR_INVALID, "'%.*s': want 'name = value'", first_word(line),
				 line);
	*equals = '\0';
	name = trim(line);
	value = trim(equals + 1);
	for (size_t i = 0; rows[i].name != NULL; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if ((*seen & UINT64_C(1) << i) != 0 && rows[i].kind != SCHEMA_LIST)
			return fault_set(f, ERR_EXISTS, "%s is given twice", name);
		if (rows[i].kind == SCHEMA_LIST && (*seen & UINT64_C(1) << i) == 0)
			schema_free((struct schema_row[]){rows[i], {0}}, to);
		*seen |= UINT64_C(1) << i;
		code = store(&rows[i], to, value, f);
		return code == 0 ? 0 : fault_prefix(f, "%s", name);
	}
	return fault_set(f, ERR_INVALID, "unknown option '%.40s'", name);
}

int schema_parse(const struct schema_row *rows, void *to, const char *where, const char *text,
		 size_t len, struct fault *f)
{
	char *copy, *rest, *line;
	uint64_t seen = 0;
	int code = 0;

	if (len > SCHEMA_FILE_MAX)
		return fault_set(f, ERR_TOO_LARGE, "%s: larger than %d bytes", where,
				 SCHEMA_FILE_MAX);
	if (memchr(text, '\0', len) != NULL)
		return fault_set(f, ERR_INVALID, "%s: holds a NUL byte", where);
	copy = mem_alloc(len + 1);
	memcpy(copy, text, len);
	rest = copy;
	for (int number = 1; code == 0 && (line = strsep(&rest, "\n")) != NULL; number++) {
		line[strcspn(line, "#")] = '\0';
		line = trim(line);
		if (*line == '\0')
			continue;
		code = strlen(line) > SCHEMA_LINE_MAX
			       ? fault_set(f, ERR_TOO_LARGE, "a line longer than %d bytes",
					   SCHEMA_LINE_MAX)
			       : apply_line(rows, to, &seen, line, f);
		if (code != 0 && f != NULL)
			fault_prefix(f, "%s:%d", where, number);
	}
	explicit_bzero(copy, len);
	free(copy);
	return code;
}

int schema_load(const struct schema_row *rows, void *to, const char *path, bool must_exist,
		int (*check)(void *to, struct fault *f), struct fault *f)
{
	struct fault local = {0};
	struct buf text;
	int code;

	schema_defaults(rows, to);
	buf_init_secret(&text); /* an operator's has his token */
	code = file_read(path, SCHEMA_FILE_MAX, &text, &local);
	if (code == 0)
		code = schema_parse(rows, to, path, buf_text(&text), text.len, &local);
	else if (code == ERR_NOT_FOUND && !must_exist)
		code = 0;
	if (code == 0 && check != NULL) {
		local = (struct fault){0};
		code = check(to, &local);
		if (code != 0)
			fault_prefix(&local, "%s", path);
	}
	if (code != 0)
		fault_set(f, code, "%s", local.text);
	buf_fini(&text);
	return code;
}

void schema_free(const struct schema_row *rows, void *of)
{
	for (; rows->name != NULL; rows++) {
		struct schema_list *list = field(rows, of);

		if (rows->kind == SCHEMA_TEXT) {
			free(*(char **)field(rows, of));
			*(char **)field(rows, of) = NULL;
		} else if (rows->kind == SCHEMA_LIST) {
			for (size_t i = 0; i < list->n; i++)
				free(list->at[i]);
			free(list->at);
			*list = (struct schema_list){0};
		}
	}
}

void schema_example(const struct schema_row *rows, struct buf *out)
{
	for (; rows->name != NULL; rows++) {
		buf_printf(out, "# %s", rows->help);
		if (rows->kind == SCHEMA_NUMBER)
			buf_printf(out, " (%lld to %lld)", (long long)rows->min,
				   (long long)rows->max);
		if (rows->kind == SCHEMA_LIST)
			buf_puts(out, " (may be given several times)");
		buf_printf(out, "\n#%s = %s\n\n", rows->name,
			   rows->standard != NULL ? rows->standard : "");
	}
}
