#include "cli/bgp/spool.h"

#include <stdio.h>
#include <string.h>

#include "test/test.h"

/* In one part, in some, and in many. */
static void lines_come_out_sorted(void)
{
	static const size_t parts[] = {1 << 20, 1000, 40};

	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		struct spool *s = spool_new(parts[p]);
		struct fault f = {0};
		char want[16], line[16];
		const char *got;
		int code = 0, n = 0;

		for (int i = 0; i < 500; i++) {
			snprintf(line, sizeof(line), "%04d", i * 211 % 500);
			TEST_NUMBER(spool_put(s, line, &f), 0);
		}
		while ((got = spool_next(s, &code, &f)) != NULL) {
			snprintf(want, sizeof(want), "%04d", n++);
			if (strcmp(got, want) != 0)
				TEST_FAIL("parts of %zu: %s, want %s", parts[p], got, want);
		}
		TEST_NUMBER(n, 500);
		TEST_NUMBER(code, 0);
		spool_free(s);
	}
}

static void nothing_is_nothing(void)
{
	struct spool *s = spool_new(100);
	int code = 1;

	CU_ASSERT_PTR_NULL(spool_next(s, &code, NULL));
	TEST_NUMBER(code, 0);
	spool_free(s);
}

TEST_SUITE(cli_spool, {"lines come out sorted", lines_come_out_sorted},
	   {"nothing is nothing", nothing_is_nothing});
