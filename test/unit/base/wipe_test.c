/* What held a secret leaves nothing of it: looked for in all memory of this process. Beside each
 * there is what wipes nothing, whose remains must be found. */
#include <inttypes.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "test/test.h"

#define CANARY	   32
#define MASK	   0x5a
#define REGION_MAX ((uintptr_t)1 << 28) /* a sanitizer's shadow is larger, and not ours */

/* Never whole in memory but where the case puts it: the mask comes off byte by byte. */
struct canary {
	uint8_t masked[CANARY];
};

static struct canary canary_new(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	struct canary c;

	for (size_t i = 0; i < CANARY; i++)
		c.masked[i] = (uint8_t)letters[randombytes_uniform(sizeof(letters) - 1)] ^ MASK;
	return c;
}

/* Behind so many bytes that what free() writes to a block's beginning does not hit it. */
static void put(struct buf *to, const struct canary *c)
{
	for (int i = 0; i < 64; i++)
		buf_puts(to, ".");
	for (size_t i = 0; i < CANARY; i++) {
		const char letter = (char)(c->masked[i] ^ MASK);

		buf_append(to, &letter, 1);
	}
}

/* It reads freed memory: that is its purpose. */
__attribute__((no_sanitize("address", "thread"))) static size_t count_in(uintptr_t from,
									 uintptr_t to,
									 const struct canary *c)
{
	size_t found = 0;

	for (uintptr_t at = from; at + CANARY <= to; at++) {
		const volatile uint8_t *bytes = (const volatile uint8_t *)at;
		size_t i = 0;

		while (i < CANARY && (bytes[i] ^ MASK) == c->masked[i])
			i++;
		found += i == CANARY;
	}
	return found;
}

/* How often it lies in memory that can be written. */
static size_t count(const struct canary *c)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t found = 0;
	char line[512];

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		uintptr_t from, to;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw", &from, &to) == 2 &&
		    strstr(line, " rw") != NULL && to - from < REGION_MAX)
			found += count_in(from, to, c);
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}

static void fill_and_end(struct buf *b, const struct canary *c)
{
	put(b, c);
	for (int i = 0; i < 2000; i++)
		buf_puts(b, "it grows ");
	CU_ASSERT(count(c) > 0);
	buf_fini(b);
}

static void a_buf_leaves_nothing(void)
{
	struct canary plain = canary_new(), secret = canary_new(), cleared = canary_new();
	struct buf b;

	buf_init(&b);
	fill_and_end(&b, &plain);
	CU_ASSERT(count(&plain) > 0);
	buf_init_secret(&b);
	fill_and_end(&b, &secret);
	TEST_NUMBER(count(&secret), 0);
	buf_init_secret(&b);
	put(&b, &cleared);
	buf_clear(&b);
	TEST_NUMBER(count(&cleared), 0);
	TEST_TEXT(buf_text(&b), "");
	buf_fini(&b);
}

static void fill_arena(struct arena *a, const struct canary *c)
{
	struct buf b;

	arena_init(a);
	buf_init_secret(&b);
	put(&b, c);
	arena_strdup(a, buf_text(&b));
	buf_fini(&b);
	arena_alloc(a, 100000); /* another block */
	TEST_NUMBER(count(c), 1);
}

static void an_arena_leaves_nothing(void)
{
	struct canary plain = canary_new(), secret = canary_new();
	struct arena a;

	fill_arena(&a, &plain);
	arena_fini(&a);
	CU_ASSERT(count(&plain) > 0);
	fill_arena(&a, &secret);
	arena_wipe(&a);
	TEST_NUMBER(count(&secret), 0);
}

/* There and back: a value, its text, and the value that is read of it. */
static void send_json(const struct canary *c)
{
	json_t *root = json_object(), *again;
	struct fault f = {0};
	struct buf b;
	char *text;

	buf_init_secret(&b);
	put(&b, c);
	json_object_set_new(root, "token", json_string(buf_text(&b)));
	buf_fini(&b);
	text = json_dumps(root, JSON_COMPACT);
	again = json_parse(text, strlen(text), &f);
	CU_ASSERT_PTR_NOT_NULL(again);
	CU_ASSERT(count(c) >= 3);
	json_decref(root);
	json_decref(again);
	json_text_free(text);
}

static void json_leaves_nothing(void)
{
	struct canary plain = canary_new(), secret = canary_new();

	send_json(&plain);
	CU_ASSERT(count(&plain) > 0);
	json_wipe_freed();
	send_json(&secret);
	json_set_alloc_funcs(malloc, free);
	TEST_NUMBER(count(&secret), 0);
}

TEST_SUITE(base_wipe, {"a buf leaves nothing", a_buf_leaves_nothing},
	   {"an arena leaves nothing", an_arena_leaves_nothing},
	   {"JSON leaves nothing", json_leaves_nothing});
