#include "lib/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

void buf_init(struct buf *b)
{
	*b = (struct buf){0};
}

void buf_init_secret(struct buf *b)
{
	*b = (struct buf){.secret = true};
}

static void wipe(struct buf *b)
{
	if (b->secret && b->data != NULL)
		explicit_bzero(b->data, b->cap);
}

void buf_fini(struct buf *b)
{
	wipe(b);
	free(b->data);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	wipe(b);
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* realloc() would leave the old bytes where they were. */
static void move(struct buf *b, size_t cap)
{
	char *data = mem_alloc(cap);

	if (b->data != NULL)
		memcpy(data, b->data, b->len + 1);
	wipe(b);
	free(b->data);
	b->data = data;
}

static void reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1, cap = b->cap ? b->cap : 256;

	if (need <= b->cap)
		return;
	while (cap < need)
		cap *= 2;
	if (b->secret)
		move(b, cap);
	else
		b->data = mem_resize(b->data, cap, 1);
	b->cap = cap;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
	reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *buf_text(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *data;

	reserve(b, 0);
	b->data[b->len] = '\0';
	data = b->data;
	buf_init(b);
	return data;
}
