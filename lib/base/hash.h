/* BLAKE2b with 32 bytes (libsodium), the one hash of Skein; and hex. */
#ifndef SKEIN_BASE_HASH_H
#define SKEIN_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32
#define DIGEST_TEXT_MAX (2 * DIGEST_SIZE + 1)

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

void digest_of(const void *data, size_t len, struct digest *out);
bool digest_equal(const struct digest *a, const struct digest *b);
const char *digest_format(const struct digest *d, char out[DIGEST_TEXT_MAX]); /* lower-case hex */
/* Exactly 64 hex digits; false otherwise. */
bool digest_parse(const char *text, struct digest *out);

#endif
