/* Secrets, and the search for them where none may be. Each is looked for in every form in which it
 * could lie about; a find is told by what the secret is, its form, the place and the offset, never
 * by its bytes. A secret that has a home is looked for there too, and must be found: that is how
 * the search proves that it works. */
#ifndef SKEIN_TEST_SECRETS_H
#define SKEIN_TEST_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "lib/mesh/token.h"

#define SECRET_SHORTEST 16 /* fewer bytes are found anywhere by chance */

struct secret_form {
	const char *name; /* "hex" */
	uint8_t *bytes;
	size_t len;
};

struct known_secret {
	char *what; /* "the machine token of r1" */
	char *home; /* the one place that may have it; NULL: none */
	bool met;   /* it was found there */
	VEC(struct secret_form) forms;
};

typedef VEC(struct known_secret) secret_vec;

/* 32 bytes: as they are, in hex, in base64 of both alphabets. */
void secrets_add(secret_vec *s, const char *what, const char *home, const uint8_t bytes[32]);
/* A text, as it is; ERR_TRUNCATED when it is too short to be one. */
int secrets_add_text(secret_vec *s, const char *what, const char *home, const char *text,
		     struct fault *f);
/* A token's text: whole, and the secret in it. Errors of token_parse(). */
int secrets_add_token(secret_vec *s, enum token_kind kind, const char *what, const char *home,
		      const char *text, struct fault *f);
void secrets_free(secret_vec *s);

/* Appends a line to `finds` for each form of each secret that is in there; `where` is the place. */
void secrets_search(secret_vec *s, const char *where, const void *data, size_t len,
		    struct buf *finds);
/* The same for all files below a directory; a place is `prefix`, then the path. One that cannot be
 * read is a find, too; one that is gone is not. Returns how many were read. */
size_t secrets_search_tree(secret_vec *s, const char *prefix, const char *directory,
			   struct buf *finds);
/* Appends a line for each secret that was not met in its home. */
void secrets_list_unmet(const secret_vec *s, struct buf *finds);

#endif
