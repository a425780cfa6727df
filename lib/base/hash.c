#include "lib/base/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void digest_of(const void *data, size_t len, struct digest *out)
{
	crypto_generichash(out->bytes, sizeof(out->bytes), data, len, NULL, 0);
}

static crypto_generichash_state *state_of(struct digest_stream *s)
{
	static_assert(sizeof(crypto_generichash_state) <= sizeof(s->state), "it has room");
	return (crypto_generichash_state *)(void *)s->state;
}

void digest_begin(struct digest_stream *s)
{
	crypto_generichash_init(state_of(s), NULL, 0, DIGEST_SIZE);
}

void digest_add(struct digest_stream *s, const void *data, size_t len)
{
	crypto_generichash_update(state_of(s), data, len);
}

void digest_end(struct digest_stream *s, struct digest *out)
{
	crypto_generichash_final(state_of(s), out->bytes, sizeof(out->bytes));
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
