#include <string.h>

#include "lib/base/schema.h"
#include "test/test.h"

struct settings {
	char *listen;
	bool containers;
	int64_t threads, rest, body;
	struct schema_list urls;
};

static const struct schema_row rows[] = {
	{"listen", SCHEMA_TEXT, offsetof(struct settings, listen), 0, 0, "0.0.0.0:8443",
	 "where to listen"},
	{"containers", SCHEMA_BOOL, offsetof(struct settings, containers), 0, 0, "yes",
	 "containers"},
	{"threads", SCHEMA_NUMBER, offsetof(struct settings, threads), 1, 64, "4", "readers"},
	{"rest", SCHEMA_DURATION, offsetof(struct settings, rest), 0, 604800000, "24h", "rest"},
	{"body", SCHEMA_SIZE, offsetof(struct settings, body), 1024, 16777216, "1M",
	 "longest body"},
	{"url", SCHEMA_LIST, offsetof(struct settings, urls), 0, 0, NULL, "where it is reached"},
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

	TEST_NUMBER(schema_load(rows, &s, "/nonexistent/x.conf", false, &f), 0);
	schema_free(rows, &s);
	TEST_NUMBER(schema_load(rows, &s, "/nonexistent/x.conf", true, &f), ERR_NOT_FOUND);
	schema_free(rows, &s);
}

TEST_SUITE(base_schema, {"defaults and a file", defaults_and_a_file},
	   {"bad lines are named", bad_lines_are_named},
	   {"the example is a valid file", the_example_is_a_valid_file},
	   {"absence is an error only when asked", absence_is_an_error_only_when_asked});
