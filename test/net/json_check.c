#include "test/net/json_check.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/base/run.h"
#include "test/test.h"

#define CHECK_MS 60000

void json_check(const char *schema, const struct json_document *documents, size_t n)
{
	struct arena arena;
	const char **argv;
	struct fault f = {0};
	struct buf said;
	int status = -1, code = 0;

	arena_init(&arena);
	buf_init(&said);
	argv = arena_array(&arena, 2 * n + 3, sizeof(*argv));
	argv[0] = "test/json-check";
	argv[1] = arena_printf(&arena, "docs/json/%s.json", schema);
	for (size_t i = 0; i < n && code == 0; i++) {
		argv[2 * i + 2] = documents[i].name;
		argv[2 * i + 3] = arena_printf(&arena, "%s/document-%zu.json", test_dir(), i);
		code = file_write(argv[2 * i + 3], documents[i].text, strlen(documents[i].text),
				  0644, &f);
	}
	if (code != 0 || run_program(argv, CHECK_MS, &said, &status, &f) != 0)
		TEST_FAIL("%s: %s", schema, f.text);
	else if (status != 0)
		TEST_FAIL("%s: %s", schema, buf_text(&said));
	else
		CU_PASS("fits");
	buf_fini(&said);
	arena_fini(&arena);
}

void json_check_one(const char *schema, const char *name, const char *text)
{
	json_check(schema, &(struct json_document){name, text}, 1);
}
