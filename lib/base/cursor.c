#include "lib/base/cursor.h"

#include <string.h>

#include "lib/base/error.h"

void cursor_init(struct cursor *c, const void *data, size_t len)
{
	c->at = data;
	c->end = c->at + len;
	c->error = 0;
}

size_t cursor_left(const struct cursor *c)
{
	return c->error == 0 ? (size_t)(c->end - c->at) : 0;
}

void cursor_fail(struct cursor *c, int code)
{
	if (c->error == 0)
		c->error = code;
}

int cursor_error(const struct cursor *c)
{
	return c->error;
}

const uint8_t *cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *p = c->at;

	if (cursor_left(c) < len) {
		cursor_fail(c, ERR_TRUNCATED);
		return NULL;
	}
	c->at += len;
	return p;
}

static uint64_t little_endian(struct cursor *c, size_t len)
{
	const uint8_t *p = cursor_take(c, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)little_endian(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)little_endian(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)little_endian(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return little_endian(c, 8);
}

void cursor_bytes(struct cursor *c, void *to, size_t len)
{
	const uint8_t *p = cursor_take(c, len);

	if (p != NULL)
		memcpy(to, p, len);
	else
		memset(to, 0, len);
}
