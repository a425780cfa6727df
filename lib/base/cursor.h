/* Reads bytes from outside in order, never beyond their end. The first error sticks: after it every
 * read returns zero, so a decoder checks once, at its end, with cursor_error(). */
#ifndef SKEIN_BASE_CURSOR_H
#define SKEIN_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at, *end;
	int error; /* 0, ERR_TRUNCATED, or what the decoder set */
};

void cursor_init(struct cursor *c, const void *data, size_t len);
size_t cursor_left(const struct cursor *c);
/* Little-endian. */
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
/* Copies len bytes out; zeroes `to` when they are not there. */
void cursor_bytes(struct cursor *c, void *to, size_t len);
/* Borrows len bytes of the input, or NULL. */
const uint8_t *cursor_take(struct cursor *c, size_t len);
void cursor_fail(struct cursor *c, int code); /* keeps an earlier error */
int cursor_error(const struct cursor *c);

#endif
