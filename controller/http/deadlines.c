#include "controller/http/deadlines.h"

void deadlines_fini(struct deadlines *d)
{
	vec_free(&d->heap);
}

static struct deadline *at(const struct deadlines *d, size_t place)
{
	return d->heap.at[place - 1];
}

static void put(struct deadlines *d, size_t place, struct deadline *x)
{
	d->heap.at[place - 1] = x;
	x->place = place;
}

static void rise(struct deadlines *d, struct deadline *x)
{
	size_t place = x->place;

	for (; place > 1 && at(d, place / 2)->at.ns > x->at.ns; place /= 2)
		put(d, place, at(d, place / 2));
	put(d, place, x);
}

static void sink(struct deadlines *d, struct deadline *x)
{
	size_t place = x->place;

	for (size_t child; (child = 2 * place) <= d->heap.n; place = child) {
		if (child < d->heap.n && at(d, child + 1)->at.ns < at(d, child)->at.ns)
			child++;
		if (at(d, child)->at.ns >= x->at.ns)
			break;
		put(d, place, at(d, child));
	}
	put(d, place, x);
}

void deadlines_set(struct deadlines *d, struct deadline *x, struct mono when)
{
	x->at = when;
	if (x->place == 0) {
		vec_push(&d->heap, x);
		x->place = d->heap.n;
	}
	rise(d, x);
	sink(d, x);
}

void deadlines_clear(struct deadlines *d, struct deadline *x)
{
	size_t place = x->place;
	struct deadline *last;

	if (place == 0)
		return;
	last = at(d, d->heap.n);
	d->heap.n--;
	x->place = 0;
	if (last == x)
		return;
	put(d, place, last);
	rise(d, last);
	sink(d, last);
}

struct deadline *deadlines_first(const struct deadlines *d)
{
	return d->heap.n > 0 ? d->heap.at[0] : NULL;
}
