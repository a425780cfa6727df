#include "controller/history.h"

#include <string.h>

static void drop_oldest(struct history *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		h->bytes -= h->steps.at[i].step->len;
		blob_unref(h->steps.at[i].step);
	}
	h->steps.n -= n;
	if (h->steps.n > 0)
		memmove(h->steps.at, h->steps.at + n, h->steps.n * sizeof(*h->steps.at));
}

void history_fini(struct history *h)
{
	drop_oldest(h, h->steps.n);
	vec_free(&h->steps);
}

void history_add(struct history *h, uint64_t base, struct blob *step, size_t len)
{
	if (step == NULL) {
		history_fini(h);
		return;
	}
	if (h->steps.n == HISTORY_STEPS)
		drop_oldest(h, 1);
	vec_push(&h->steps, (struct past){base, step});
	h->bytes += step->len;
	while (h->bytes > HISTORY_BYTES || h->bytes > len)
		drop_oldest(h, 1);
}

struct blob *history_since(const struct history *h, uint64_t revision)
{
	struct buf all;
	size_t first = 0;

	while (first < h->steps.n && h->steps.at[first].base != revision)
		first++;
	if (first == h->steps.n)
		return NULL;
	if (first + 1 == h->steps.n)
		return blob_ref(h->steps.at[first].step);
	buf_init(&all);
	for (size_t i = first; i < h->steps.n; i++)
		buf_append(&all, h->steps.at[i].step->data, h->steps.at[i].step->len);
	return blob_new(&all);
}
