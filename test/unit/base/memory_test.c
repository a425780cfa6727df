#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/cursor.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "test/test.h"

static void arena_gives_aligned_zeroes(void)
{
	struct arena a;

	arena_init(&a);
	for (size_t size = 1; size < 40000; size = size * 3 + 1) {
		unsigned char *p = arena_alloc(&a, size);

		TEST_NUMBER((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			if (p[i] != 0)
				TEST_FAIL("byte %zu of %zu is not zero", i, size);
		memset(p, 0xaa, size);
	}
	TEST_TEXT(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	arena_fini(&a);
}

static void vec_grows(void)
{
	VEC(int) v = {0};

	for (int i = 0; i < 1000; i++)
		vec_push(&v, i);
	TEST_NUMBER(v.n, 1000);
	TEST_NUMBER(v.at[999], 999);
	vec_free(&v);
	TEST_NUMBER(v.n, 0);
}

static void buf_is_always_a_string(void)
{
	struct buf b;
	char *taken;

	buf_init(&b);
	TEST_TEXT(buf_text(&b), "");
	for (int i = 0; i < 300; i++)
		buf_printf(&b, "%03d,", i);
	TEST_NUMBER(b.len, 1200);
	TEST_TEXT(buf_text(&b) + 1196, "299,");
	taken = buf_take(&b);
	TEST_NUMBER(strlen(taken), 1200);
	free(taken);
	TEST_NUMBER(b.len, 0);
	buf_fini(&b);
}

static void cursor_never_leaves_its_bytes(void)
{
	static const uint8_t bytes[] = {1, 2, 0, 3, 0, 0, 0, 9, 9};
	struct cursor c;
	uint8_t out[4] = {7, 7, 7, 7};

	cursor_init(&c, bytes, sizeof(bytes));
	TEST_NUMBER(cursor_u8(&c), 1);
	TEST_NUMBER(cursor_u16(&c), 2);
	TEST_NUMBER(cursor_u32(&c), 3);
	TEST_NUMBER(cursor_error(&c), 0);
	TEST_NUMBER(cursor_u64(&c), 0);
	TEST_NUMBER(cursor_error(&c), ERR_TRUNCATED);
	TEST_NUMBER(cursor_left(&c), 0);
	cursor_bytes(&c, out, sizeof(out));
	TEST_NUMBER(out[0], 0);
	CU_ASSERT_PTR_NULL(cursor_take(&c, 1));
}

TEST_SUITE(base_memory, {"arena gives aligned zeroes", arena_gives_aligned_zeroes},
	   {"vec grows", vec_grows}, {"buf is always a string", buf_is_always_a_string},
	   {"cursor never leaves its bytes", cursor_never_leaves_its_bytes});
