/* Configuration text, by a table that has every kind of row. */
#include "lib/base/schema.h"

#include "test/fuzz/fuzz.h"

struct config {
	char *text;
	bool yes;
	int64_t number, duration, size;
	struct schema_list list;
};

static const struct schema_row rows[] = {
	{"text", SCHEMA_TEXT, offsetof(struct config, text), 0, 0, "a", "a text", NULL},
	{"yes", SCHEMA_BOOL, offsetof(struct config, yes), 0, 0, "yes", "a truth", NULL},
	{"number", SCHEMA_NUMBER, offsetof(struct config, number), -5, 65535, "7", "a number",
	 NULL},
	{"duration", SCHEMA_DURATION, offsetof(struct config, duration), 0, 86400000, "30s",
	 "a time", NULL},
	{"size", SCHEMA_SIZE, offsetof(struct config, size), 1, INT64_C(1) << 40, "64k", "a size",
	 NULL},
	{"list", SCHEMA_LIST, offsetof(struct config, list), 0, 0, NULL, "several", NULL},
	{0}};

static void run(const uint8_t *data, size_t size)
{
	struct config c = {0};
	struct fault f = {0};

	schema_defaults(rows, &c);
	if (schema_parse(rows, &c, "fuzz", (const char *)data, size, &f) != 0)
		FUZZ_HOLDS(f.code != 0 && f.text[0] != '\0');
	FUZZ_HOLDS(c.number >= -5 && c.number <= 65535 && c.size >= 1);
	schema_free(rows, &c);
}

FUZZ_TARGET(schema, run);
