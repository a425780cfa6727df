#include "lib/base/hash.h"

#include <sodium.h>
#include <string.h>

void digest_of(const void *data, size_t len, struct digest *out)
{
	crypto_generichash(out->bytes, sizeof(out->bytes), data, len, NULL, 0);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

const char *digest_format(const struct digest *d, char out[DIGEST_TEXT_MAX])
{
	return sodium_bin2hex(out, DIGEST_TEXT_MAX, d->bytes, DIGEST_SIZE);
}

bool digest_parse(const char *text, struct digest *out)
{
	size_t len = 0;

	return strlen(text) == 2 * (size_t)DIGEST_SIZE &&
	       sodium_hex2bin(out->bytes, DIGEST_SIZE, text, strlen(text), NULL, &len, NULL) == 0 &&
	       len == DIGEST_SIZE;
}
