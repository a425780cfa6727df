#include <string.h>

#include "lib/base/json.h"
#include "test/test.h"

struct part {
	const char *name;
};

struct thing {
	const char *name;
	bool on;
	int64_t port;
	uint64_t counter;
	struct json_texts tags;
	struct json_rows parts;
};

static const struct json_row part_rows[] = {
	{"name", MEMBER_TEXT, offsetof(struct part, name), true, 0, 8, NULL, 0}, {0}};

static const struct json_row thing_rows[] = {
	{"name", MEMBER_TEXT, offsetof(struct thing, name), true, 0, 16, NULL, 0},
	{"on", MEMBER_FLAG, offsetof(struct thing, on), false, 0, 0, NULL, 0},
	{"port", MEMBER_NUMBER, offsetof(struct thing, port), false, 1, 65535, NULL, 0},
	{"counter", MEMBER_COUNTER, offsetof(struct thing, counter), false, 0, 0, NULL, 0},
	{"tags", MEMBER_TEXTS, offsetof(struct thing, tags), false, 0, 3, NULL, 0},
	{"parts", MEMBER_ROWS, offsetof(struct thing, parts), false, 0, 2, part_rows,
	 sizeof(struct part)},
	{0}};

static int decode(const char *text, struct thing *out, struct arena *a, uint64_t *present,
		  struct fault *f)
{
	json_t *root = json_parse(text, strlen(text), f);
	int code;

	if (root == NULL)
		return f->code;
	code = json_decode(root, thing_rows, MEMBERS_STRICT, a, out, present, f);
	json_decref(root);
	return code;
}

static void there_and_back(void)
{
	static const char text[] = "{\"name\": \"x\", \"on\": true, \"port\": 8080, \"counter\": "
				   "\"18446744073709551615\", \"tags\": [\"a\", \"b\"], \"parts\": "
				   "[{\"name\": \"p\"}]}";
	struct thing t = {0};
	struct fault f = {0};
	struct arena a;
	uint64_t present = 0;
	json_t *back;
	char *dump;

	arena_init(&a);
	TEST_NUMBER(decode(text, &t, &a, &present, &f), 0);
	TEST_NUMBER(present, 63);
	CU_ASSERT_TRUE(t.counter == UINT64_MAX);
	TEST_MUST(t.parts.n == 1);
	TEST_TEXT(((struct part *)t.parts.at)[0].name, "p");
	back = json_encode(thing_rows, &t);
	dump = json_dumps(back, 0);
	TEST_TEXT(dump, text);
	free(dump);
	json_decref(back);
	arena_fini(&a);
}

static void null_is_absent(void)
{
	struct thing t = {0};
	struct fault f = {0};
	struct arena a;
	uint64_t present = 0;

	arena_init(&a);
	TEST_NUMBER(decode("{\"name\": \"x\", \"port\": null}", &t, &a, &present, &f), 0);
	TEST_NUMBER(present, 1);
	arena_fini(&a);
}

static void bad_bodies_are_named(void)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"{}", "'name' is missing"},
		{"{\"name\": null}", "'name' is missing"},
		{"[]", "JSON: want an object"},
		{"{\"name\": 3}", "'name': want a string"},
		{"{\"name\": \"12345678901234567\"}", "'name': longer than 16 bytes"},
		{"{\"name\": \"x\", \"frob\": 1}", "unknown member 'frob'"},
		{"{\"name\": \"x\", \"on\": 1}", "'on': want true or false"},
		{"{\"name\": \"x\", \"port\": 0}", "'port': 0 is out of range, want 1 to 65535"},
		{"{\"name\": \"x\", \"port\": 1.5}", "'port': want a whole number"},
		{"{\"name\": \"x\", \"counter\": 1}",
		 "'counter': want a number as a string of digits"},
		{"{\"name\": \"x\", \"counter\": \"-1\"}",
		 "'counter': want a number as a string of digits"},
		{"{\"name\": \"x\", \"counter\": \"18446744073709551616\"}",
		 "'counter': want a number as a string of digits"},
		{"{\"name\": \"x\", \"tags\": [\"1\",\"2\",\"3\",\"4\"]}",
		 "'tags': more than 3 elements"},
		{"{\"name\": \"x\", \"parts\": [{\"name\": \"p\"}, {}]}",
		 "'parts'[1]: 'name' is missing"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct thing t = {0};
		struct fault f = {0};
		struct arena a;

		arena_init(&a);
		CU_ASSERT_TRUE(decode(bad[i].text, &t, &a, NULL, &f) < 0);
		TEST_TEXT(f.text, bad[i].says);
		arena_fini(&a);
	}
}

static void hostile_json_is_refused(void)
{
	char deep[200000];
	struct fault f = {0};

	memset(deep, '[', sizeof(deep));
	CU_ASSERT_PTR_NULL(json_parse(deep, sizeof(deep), &f));
	TEST_TEXT(f.text, "JSON is nested deeper than 32");
	f = (struct fault){0};
	CU_ASSERT_PTR_NULL(json_parse("{\"a\":1,\"a\":2}", 13, &f));
	f = (struct fault){0};
	CU_ASSERT_PTR_NULL(json_parse("{\"a\":\"\xff\"}", 9, &f));
	f = (struct fault){0};
	CU_ASSERT_PTR_NULL(json_parse("", 0, &f));
}

static void any_text_becomes_a_string(void)
{
	struct row {
		const char *name;
	} given = {"caf\xe9 noir"};
	static const struct json_row rows[] = {
		{"name", MEMBER_TEXT, offsetof(struct row, name), .required = true},
		{0},
	};
	json_t *root = json_encode(rows, &given), *good = json_text("caf\xc3\xa9");

	TEST_TEXT(json_string_value(json_object_get(root, "name")), "caf? noir");
	TEST_TEXT(json_string_value(good), "caf\xc3\xa9");
	json_decref(root);
	json_decref(good);
}

TEST_SUITE(base_json, {"there and back", there_and_back}, {"null is absent", null_is_absent},
	   {"bad bodies are named", bad_bodies_are_named},
	   {"hostile JSON is refused", hostile_json_is_refused},
	   {"any text becomes a string", any_text_becomes_a_string});
