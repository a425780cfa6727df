/* A growing byte string, for what is rendered: BIRD text, nft scripts, JSON lines, wire requests.
 * Always terminated by a NUL that does not count, so `data` is a C string too. */
#ifndef SKEIN_BASE_BUF_H
#define SKEIN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL while empty: use buf_text() */
	size_t len, cap;
	bool secret;
};

void buf_init(struct buf *b);
/* For what holds a secret, or may: memory that it lets go of is zeroed, also when it grows. */
void buf_init_secret(struct buf *b);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_append(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* "" for an empty one; borrowed until the next change. */
const char *buf_text(const struct buf *b);
/* Takes the memory out: caller frees with free(), and wipes a secret. Never NULL. */
char *buf_take(struct buf *b);

#endif
