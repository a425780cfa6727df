/* Takes secrets out of text: those that are known, in every form in which they could lie about, and
 * what looks like one: tokens, PEM's private keys, what is assigned to a password. Each byte of a
 * find becomes '*', so that nothing else moves and JSON stays JSON. */
#ifndef SKEIN_CLI_REPORT_SCRUB_H
#define SKEIN_CLI_REPORT_SCRUB_H

#include <stdint.h>

#include "lib/base/secret.h"
#include "lib/base/vec.h"

struct scrub_form {
	uint8_t *bytes;
	size_t len;
	const char *tail; /* of which more may follow that belongs to it; "": of nothing */
};

struct scrub {
	VEC(struct scrub_form) forms;
};

/* Zeroed is empty. 32 bytes, as they are, in hex, in both alphabets of base64. */
void scrub_add(struct scrub *s, const struct secret *secret);
/* Wipes. */
void scrub_fini(struct scrub *s);
/* In place; returns how many were found. */
size_t scrub_apply(const struct scrub *s, char *text, size_t len);

#endif
