/* JSON bodies, by a table that has every kind of member; what decodes, encodes again. */
#include "lib/base/json.h"

#include "test/fuzz/fuzz.h"

struct inner {
	const char *address;
	int64_t port;
};

struct body {
	const char *name;
	bool flag;
	int64_t number;
	uint64_t counter;
	struct json_texts texts;
	struct json_rows rows;
	struct inner object;
	json_t *raw;
};

static const struct json_row inner_rows[] = {
	{"address", MEMBER_TEXT, offsetof(struct inner, address), true, 0, 64, NULL, 0},
	{"port", MEMBER_NUMBER, offsetof(struct inner, port), true, 1, 65535, NULL, 0},
	{0}};

static const struct json_row body_rows[] = {
	{"name", MEMBER_TEXT, offsetof(struct body, name), false, 0, 63, NULL, 0},
	{"flag", MEMBER_FLAG, offsetof(struct body, flag), false, 0, 0, NULL, 0},
	{"number", MEMBER_NUMBER, offsetof(struct body, number), false, -1, 1000, NULL, 0},
	{"counter", MEMBER_COUNTER, offsetof(struct body, counter), false, 0, 0, NULL, 0},
	{"texts", MEMBER_TEXTS, offsetof(struct body, texts), false, 0, 4, NULL, 0},
	{"rows", MEMBER_ROWS, offsetof(struct body, rows), false, 0, 4, inner_rows,
	 sizeof(struct inner)},
	{"object", MEMBER_OBJECT, offsetof(struct body, object), false, 0, 0, inner_rows, 0},
	{"raw", MEMBER_RAW, offsetof(struct body, raw), false, 0, 0, NULL, 0},
	{0}};

static void run(const uint8_t *data, size_t size)
{
	struct fault f = {0};
	json_t *root = json_parse((const char *)data, size, &f);

	FUZZ_HOLDS((root == NULL) == (f.code != 0));
	for (int strict = 0; root != NULL && strict < 2; strict++) {
		struct arena arena;
		struct body b = {0};
		uint64_t present;

		arena_init(&arena);
		if (json_decode(root, body_rows, strict == 0 ? MEMBERS_STRICT : MEMBERS_LENIENT,
				&arena, &b, &present, NULL) == 0) {
			json_t *again;

			FUZZ_HOLDS(b.texts.n <= 4 && b.rows.n <= 4 && b.number <= 1000);
			json_incref(b.raw);
			again = json_encode(body_rows, &b);
			FUZZ_HOLDS(json_is_object(again));
			json_decref(again);
		}
		arena_fini(&arena);
	}
	json_decref(root);
}

FUZZ_TARGET(json, run);
