#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/schema.h"
#include "test/test.h"

struct settings {
	char *listen;
	bool containers;
	int64_t threads, rest, body;
	struct schema_list urls;
};

static int check_https(const char *value, struct fault *f)
{
	return strncmp(value, "https://", 8) == 0
		       ? 0
		       : fault_set(f, ERR_INVALID, "'%.40s' is no https://", value);
}

static const struct schema_row rows[] = {
	{"listen", SCHEMA_TEXT, offsetof(struct settings, listen), 0, 0, "0.0.0.0:8443",
	 "where to listen", NULL},
	{"containers", SCHEMA_BOOL, offsetof(struct settings, containers), 0, 0, "yes",
	 "containers", NULL},
	{"threads", SCHEMA_NUMBER, offsetof(struct settings, threads), 1, 64, "4", "readers", NULL},
	{"rest", SCHEMA_DURATION, offsetof(struct settings, rest), 0, 604800000, "24h", "rest",
	 NULL},
	{"body", SCHEMA_SIZE, offsetof(struct settings, body), 1024, 16777216, "1M", "longest body",
	 NULL},
	{"url", SCHEMA_LIST, offsetof(struct settings, urls), 0, 2, NULL, "where it is reached",
	 check_https},
	{0}};

static void defaults_and_a_file(void)
{
	struct settings s = {0};
	struct fault f = {0};
	static const char text[] =
		"# comment\nthreads = 8 # more\n\nurl = https://a\n url=https://b\n"
		"containers = no\nrest=90m\nbody = 64k";

	schema_defaults(rows, &s);
	TEST_TEXT(s.listen, "0.0.0.0:8443");
	TEST_NUMBER(s.rest, 86400000);
	TEST_NUMBER(s.body, 1 << 20);
	TEST_NUMBER(schema_parse(rows, &s, "x.conf", text, strlen(text), &f), 0);
	TEST_TEXT(f.text, "");
	TEST_NUMBER(s.threads, 8);
	TEST_NUMBER(s.rest, 5400000);
	TEST_NUMBER(s.body, 65536);
	CU_ASSERT_FALSE(s.containers);
	TEST_NUMBER(s.urls.n, 2);
	TEST_TEXT(s.urls.at[1], "https://b");
	schema_free(rows, &s);
}

static void bad_lines_are_named(void)
{
	static const struct {
		const char *text, *says;
		int code;
	} bad[] = {
		{"threads", "x.conf:1: 'threads': want 'name = value'", ERR_INVALID},
		{"token skein-api.0123456789", "x.conf:1: 'token': want 'name = value'",
		 ERR_INVALID},
		{"skein-api.0123456789", "x.conf:1: 'skein-api.012345': want 'name = value'",
		 ERR_INVALID},
		{"\nfrob = 1", "x.conf:2: unknown option 'frob'", ERR_INVALID},
		{"threads = 0", "x.conf:1: threads: 0 is out of range, want 1 to 64", ERR_RANGE},
		{"threads = four", "x.conf:1: threads: 'four' is no number", ERR_INVALID},
		{"threads = 1\nthreads = 2", "x.conf:2: threads is given twice", ERR_EXISTS},
		{"containers = true", "x.conf:1: containers: 'true' is neither yes nor no",
		 ERR_INVALID},
		{"threads = 1\nurl = http://a", "x.conf:2: url: 'http://a' is no https://",
		 ERR_INVALID},
		{"url =", "x.conf:1: url: '' is no https://", ERR_INVALID},
		{"url = https://a\nurl = https://b\nurl = https://c",
		 "x.conf:3: url: more than 2 values", ERR_TOO_LARGE},
		{"rest = 1y",
		 "x.conf:1: rest: '1y' is no duration: want a number with ms, s, m, h "
		 "or d",
		 ERR_INVALID},
		{"body = 1T",
		 "x.conf:1: body: '1T' is no size: want bytes, or a number with k, M or "
		 "G",
		 ERR_INVALID},
		{"body = 9999999999G",
		 "x.conf:1: body: '9999999999G' is no size: want bytes, or a "
		 "number with k, M or G",
		 ERR_INVALID},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct settings s = {0};
		struct fault f = {0};

		schema_defaults(rows, &s);
		TEST_NUMBER(schema_parse(rows, &s, "x.conf", bad[i].text, strlen(bad[i].text), &f),
			    bad[i].code);
		TEST_TEXT(f.text, bad[i].says);
		schema_free(rows, &s);
	}
}

/* A line of `len` bytes: an option, and as much of a comment. */
static int parse_long(size_t len, size_t comment, struct fault *f)
{
	struct settings s = {0};
	struct buf text;
	int code;

	buf_init(&text);
	buf_printf(&text, "url = https://%0*d #%0*d\n", (int)(len - strlen("url = https://")), 0,
		   (int)comment, 0);
	*f = (struct fault){0};
	schema_defaults(rows, &s);
	code = schema_parse(rows, &s, "x.conf", buf_text(&text), text.len, f);
	schema_free(rows, &s);
	buf_fini(&text);
	return code;
}

static void lines_are_bounded(void)
{
	struct fault f = {0};

	TEST_NUMBER(parse_long(SCHEMA_LINE_MAX, SCHEMA_LINE_MAX, &f), 0);
	TEST_NUMBER(parse_long(SCHEMA_LINE_MAX + 1, 1, &f), ERR_TOO_LARGE);
	TEST_TEXT(f.text, "x.conf:1: a line longer than 1024 bytes");
}

static void the_example_is_a_valid_file(void)
{
	struct settings s = {0};
	struct fault f = {0};
	struct buf text;

	buf_init(&text);
	schema_example(rows, &text);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&text), "# readers (1 to 64)\n#threads = 4\n"));
	schema_defaults(rows, &s);
	TEST_NUMBER(schema_parse(rows, &s, "example", buf_text(&text), text.len, &f), 0);
	schema_free(rows, &s);
	buf_fini(&text);
}

static void absence_is_an_error_only_when_asked(void)
{
	struct settings s = {0};
	struct fault f = {0};

	TEST_NUMBER(schema_load(rows, &s, "/nonexistent/x.conf", false, NULL, &f), 0);
	schema_free(rows, &s);
	TEST_NUMBER(schema_load(rows, &s, "/nonexistent/x.conf", true, NULL, &f), ERR_NOT_FOUND);
	schema_free(rows, &s);
}

static int want_two(void *to, struct fault *f)
{
	const struct settings *s = to;

	return s->urls.n == 2 ? 0 : fault_set(f, ERR_CONFLICT, "want two");
}

/* After all lines; its words name the file. */
static void what_no_row_says_alone(void)
{
	static const char one[] = "url = https://a\n", two[] = "url = https://a\nurl = https://b\n";
	struct settings s = {0};
	struct fault f = {0};
	char path[200], want[240];

	snprintf(path, sizeof(path), "%s/two.conf", test_dir());
	snprintf(want, sizeof(want), "%s: want two", path);
	TEST_NUMBER(file_write(path, one, strlen(one), 0644, NULL), 0);
	TEST_NUMBER(schema_load(rows, &s, path, true, want_two, &f), ERR_CONFLICT);
	TEST_TEXT(f.text, want);
	schema_free(rows, &s);
	f = (struct fault){0};
	TEST_NUMBER(file_write(path, two, strlen(two), 0644, NULL), 0);
	TEST_NUMBER(schema_load(rows, &s, path, true, want_two, &f), 0);
	schema_free(rows, &s);
}

TEST_SUITE(base_schema, {"defaults and a file", defaults_and_a_file},
	   {"bad lines are named", bad_lines_are_named}, {"lines are bounded", lines_are_bounded},
	   {"the example is a valid file", the_example_is_a_valid_file},
	   {"what no row says alone", what_no_row_says_alone},
	   {"absence is an error only when asked", absence_is_an_error_only_when_asked});
