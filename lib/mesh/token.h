/* Tokens: 256 random bits that prove who asks. As text: a kind, a dot, base64url without padding.
 *
 *	skein-api.<43>     an operator's token
 *	skein-machine.<43> a machine's, given when it enrolled
 *	skein-join.<more>  a join token: where the controller is, its pin, the secret
 *
 * The controller keeps only BLAKE2b of the secret. A join token's payload is versioned:
 * u8 version = 1, u8 pin kind (1 SPKI SHA-256, 2 CA by name), u8 nurls, 32 bytes pin, 32 bytes
 *secret, then per URL u8 length and text; then 4 bytes: the first of BLAKE2b of all before, so that
 *a typing mistake is told from a refusal. */
#ifndef SKEIN_MESH_TOKEN_H
#define SKEIN_MESH_TOKEN_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/secret.h"

#define TOKEN_TEXT_MAX	      3072 /* a join token with the most and longest URLs has 2837 */
#define TOKEN_SECRET_TEXT_MAX 44
#define TOKEN_URLS_MAX	      8
#define TOKEN_URL_MAX	      255

enum token_kind { TOKEN_API, TOKEN_MACHINE, TOKEN_JOIN };

struct join_token {
	char urls[TOKEN_URLS_MAX][TOKEN_URL_MAX + 1]; /* https://host:port */
	size_t nurls;
	uint8_t pin[32]; /* SHA-256 of the controller's SubjectPublicKeyInfo; zero: system's CAs */
	struct secret secret;
};

/* "skein-api." and so on. */
const char *token_prefix(enum token_kind kind);
/* Finds what stands behind the prefix, white space around it skipped; borrowed from text. Another
 * kind of token is ERR_MISMATCH. Errors never quote. */
int token_payload(enum token_kind kind, const char *text, const char **payload, size_t *len,
		  struct fault *f);
/* API and machine tokens. Appends the text. */
void token_format(enum token_kind kind, const struct secret *s, struct buf *out);
int token_parse(enum token_kind kind, const char *text, struct secret *out, struct fault *f);
/* What is stored and looked up. */
void token_digest(const struct secret *s, struct digest *out);

void join_token_format(const struct join_token *t, struct buf *out);
/* Leading and trailing white space is skipped. The error says which part is wrong, never quotes. */
int join_token_parse(const char *text, struct join_token *out, struct fault *f);
void join_token_wipe(struct join_token *t);

#endif
