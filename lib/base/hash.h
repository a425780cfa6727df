/* BLAKE2b with 32 bytes (libsodium), the one hash of Skein; and hex. */
#ifndef SKEIN_BASE_HASH_H
#define SKEIN_BASE_HASH_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32
#define DIGEST_TEXT_MAX (2 * DIGEST_SIZE + 1)

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

void digest_of(const void *data, size_t len, struct digest *out);
/* The same of what comes in pieces; where they begin and end makes no difference. */
struct digest_stream {
	alignas(64) unsigned char state[384]; /* libsodium's */
};
void digest_begin(struct digest_stream *s);
void digest_add(struct digest_stream *s, const void *data, size_t len);
void digest_end(struct digest_stream *s, struct digest *out);
bool digest_equal(const struct digest *a, const struct digest *b);
const char *digest_format(const struct digest *d, char out[DIGEST_TEXT_MAX]); /* lower-case hex */
/* Exactly 64 hex digits; false otherwise. */
bool digest_parse(const char *text, struct digest *out);

#endif
