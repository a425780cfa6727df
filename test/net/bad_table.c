#include "test/net/bad_table.h"

#include <fnmatch.h>
#include <string.h>

#include "lib/base/file.h"
#include "test/test.h"

#define TABLE_MAX 65536

#define AT(member) offsetof(struct bad_row, member)
#define LIST(member, rows_)                                                                        \
	{                                                                                          \
#member, FIELD_ROWS, offsetof(struct bad_table, member),                           \
			.required = false, .rows = (rows_), .row_size = sizeof(struct bad_row)     \
	}

static const struct field_row command_rows[] = {
	{"on", FIELD_NAME, AT(on), .required = true},
	{"run", FIELD_TEXT, AT(run), .required = true, .max = BAD_TEXT_MAX},
	{"status", FIELD_NUMBER, AT(status), .required = true, .max = 255},
	{"says", FIELD_TEXT, AT(says), .required = true, .max = BAD_TEXT_MAX},
	{0}};

static const struct field_row configuration_rows[] = {
	{"program", FIELD_NAME, AT(program), .required = true},
	{"text", FIELD_TEXT, AT(text), .required = true, .max = BAD_TEXT_MAX},
	{"status", FIELD_NUMBER, AT(status), .required = true, .max = 255},
	{"says", FIELD_TEXT, AT(says), .required = true, .max = BAD_TEXT_MAX},
	{0}};

static const struct field_row data_rows[] = {
	{"damage", FIELD_TEXT, AT(damage), .required = true, .max = BAD_TEXT_MAX},
	{"by", FIELD_NAME, AT(by), .required = false},
	{"status", FIELD_NUMBER, AT(status), .required = true, .max = 255},
	{"says", FIELD_TEXT, AT(says), .required = true, .max = BAD_TEXT_MAX},
	{0}};

static const struct field_row table_rows[] = {LIST(commands, command_rows),
					      LIST(configurations, configuration_rows),
					      LIST(data, data_rows),
					      {0}};

bool bad_table_read(const char *path, struct arena *arena, struct bad_table *out)
{
	struct fault f = {0};
	struct buf text;
	int code;

	memset(out, 0, sizeof(*out));
	buf_init(&text);
	code = file_read(path, TABLE_MAX, &text, &f);
	if (code == 0)
		code = document_decode(path, buf_text(&text), text.len, table_rows, arena, out, &f);
	buf_fini(&text);
	if (code != 0)
		TEST_FAIL("%s", f.text);
	return code == 0;
}

void bad_table_expect(const char *path, const struct bad_row *row, const char *pattern, int status,
		      struct buf *said)
{
	size_t len = said->len;

	if (len > 0 && said->data[len - 1] == '\n')
		said->data[--len] = '\0';
	if (status != row->status)
		TEST_FAIL("%s:%u: status %d, want %d; says: %s", path, row->mark.line, status,
			  (int)row->status, buf_text(said));
	else if (strchr(buf_text(said), '\n') != NULL || fnmatch(pattern, buf_text(said), 0) != 0)
		TEST_FAIL("%s:%u: says: %s", path, row->mark.line, buf_text(said));
	else
		CU_PASS("refused");
}
