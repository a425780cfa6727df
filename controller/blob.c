#include "controller/blob.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/arena.h"

struct counted {
	struct blob blob; /* first */
	char *memory;
	atomic_uint references;
};

struct blob *blob_new(struct buf *from)
{
	struct counted *c = mem_alloc(sizeof(*c));

	c->blob.len = from->len;
	c->memory = buf_take(from);
	c->blob.data = c->memory;
	atomic_init(&c->references, 1);
	return &c->blob;
}

struct blob *blob_ref(struct blob *b)
{
	if (b != NULL)
		atomic_fetch_add(&((struct counted *)b)->references, 1);
	return b;
}

void blob_unref(struct blob *b)
{
	struct counted *c = (struct counted *)b;

	if (c == NULL || atomic_fetch_sub(&c->references, 1) != 1)
		return;
	free(c->memory);
	free(c);
}
