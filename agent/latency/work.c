#include "agent/latency/work.h"

#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct work_peer *x = a, *y = b;
	int order = memcmp(x->membership.bytes, y->membership.bytes, sizeof(x->membership.bytes));

	return order != 0 ? order
			  : memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));
}

/* Counters begin anew with the device, or when a peer moves: nothing is known then. */
static void judge(struct work_peer *now, const struct work_peer *before, struct mono at)
{
	int64_t ms = mono_ms_between(before->at, at);

	now->until = before->until;
	if (ms > 0 && now->bytes > before->bytes &&
	    (now->bytes - before->bytes) * 1000 > WORK_BYTES_PER_S * (uint64_t)ms)
		now->until = mono_add_ms(at, WORK_HOLD_MS);
}

void work_follow(work_vec *before, work_vec *now, struct mono at)
{
	size_t k = 0;

	vec_sort(now, compare);
	for (size_t i = 0; i < now->n; i++) {
		now->at[i].at = at;
		while (k < before->n && compare(&before->at[k], &now->at[i]) < 0)
			k++;
		if (k < before->n && compare(&before->at[k], &now->at[i]) == 0)
			judge(&now->at[i], &before->at[k], at);
	}
	vec_free(before);
	*before = *now;
	memset(now, 0, sizeof(*now));
}

bool work_is_on(const work_vec *v, const struct id *membership, const struct address *address,
		struct mono at)
{
	const struct work_peer key = {.membership = *membership, .address = *address};
	const struct work_peer *p =
		v->n > 0 ? bsearch(&key, v->at, v->n, sizeof(key), compare) : NULL;

	return p != NULL && p->until.ns != 0 && !mono_reached(p->until, at);
}
