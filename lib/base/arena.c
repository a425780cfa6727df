#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Many arenas are a request's, which needs little; the next block is for those who need more. */
#define BLOCK_FIRST 2048u
#define BLOCK_SIZE  16384u

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "skein: out of memory, %zu bytes were asked for\n", size);
	abort();
}

void *mem_alloc(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *mem_resize(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(n);
	return p;
}

char *mem_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(mem_alloc(size), s, size);
}

void arena_init(struct arena *a)
{
	a->head = NULL;
}

static struct arena_block *block_for(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	size_t room;

	if (b != NULL && b->size - b->used >= size)
		return b;
	room = b == NULL ? BLOCK_FIRST : BLOCK_SIZE;
	room = size > room ? size : room;
	if (room > SIZE_MAX - sizeof(*b))
		out_of_memory(room);
	b = mem_resize(NULL, 1, sizeof(*b) + room); /* zeroed piece by piece, as it is given out */
	*b = (struct arena_block){.size = room, .next = a->head};
	a->head = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t step = alignof(max_align_t);
	struct arena_block *b;
	void *p;

	if (size > SIZE_MAX - step)
		out_of_memory(size);
	size = (size + step - 1) / step * step;
	b = block_for(a, size);
	p = b->data + b->used;
	b->used += size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		out_of_memory(n);
	return arena_alloc(a, n * size);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
	void *p = arena_alloc(a, size);

	return size > 0 ? memcpy(p, data, size) : p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s) + 1);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *s;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void arena_fini(struct arena *a)
{
	while (a->head != NULL) {
		struct arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
}

void arena_wipe(struct arena *a)
{
	for (struct arena_block *b = a->head; b != NULL; b = b->next)
		explicit_bzero(b->data, b->used);
	arena_fini(a);
}
