/* What a report takes secrets out of: a log, whatever is in it. No form of a known one is left, and
 * nothing moves. */
#include "cli/report/scrub.h"

#include <sodium.h>

#include "lib/base/hash.h"
#include "test/fuzz/fuzz.h"

static bool has(const char *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what)) != NULL;
}

static void run(const uint8_t *data, size_t size)
{
	static const struct secret key = {"a key of thirty-two bytes, known"};
	char *text = mem_alloc(size + 1), word[DIGEST_TEXT_MAX];
	struct scrub s = {0};

	if (size > 0)
		memcpy(text, data, size);
	scrub_add(&s, &key);
	(void)scrub_apply(&s, text, size);
	FUZZ_HOLDS(text[size] == '\0');
	FUZZ_HOLDS(memmem(text, size, key.bytes, sizeof(key.bytes)) == NULL);
	FUZZ_HOLDS(
		!has(text, size, sodium_bin2hex(word, sizeof(word), key.bytes, sizeof(key.bytes))));
	FUZZ_HOLDS(!has(text, size,
			sodium_bin2base64(word, sizeof(word), key.bytes, sizeof(key.bytes),
					  sodium_base64_VARIANT_ORIGINAL_NO_PADDING)));
	scrub_fini(&s);
	free(text);
}

FUZZ_TARGET(scrub, run);
