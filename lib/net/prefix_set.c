/* Sets of prefixes: normal form, and subtraction.
 *
 * A set in normal form is sorted and has nothing inside another; so its prefixes are disjoint, and
 * those that lie in one half of a block are a range of it. Subtraction descends from `from`: a
 * block that no prefix touches is a piece of the answer, one that lies inside a prefix is none, all
 * others are halved. Each piece is as large as it can be, for its parent was touched. */
#include <string.h>

#include "lib/net/prefix.h"

void prefix_vec_normalize(prefix_vec *v)
{
	size_t kept = 0;

	vec_sort(v, prefix_compare);
	/* Sorted, whatever contains a prefix comes before it, and the last one kept is the only
	 * candidate: had an earlier one contained it, it would contain the last one kept too. */
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || !prefix_contains(&v->at[kept - 1], &v->at[i]))
			v->at[kept++] = v->at[i];
	v->n = kept;
}

static struct prefix right_half(const struct prefix *p)
{
	struct prefix half = *p;

	half.bytes[p->length / 8] |= (uint8_t)(0x80 >> (p->length % 8));
	half.length++;
	return half;
}

/* The first of the n sorted prefixes that does not come before `p`'s address. */
static size_t first_from(const struct prefix *set, size_t n, const struct prefix *p)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(set[middle].bytes, p->bytes, sizeof(p->bytes)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* `less`: in normal form, all of it inside `block` or one that contains it. */
static void subtract(const struct prefix *block, const struct prefix *less, size_t n,
		     prefix_vec *out)
{
	struct prefix left, right;
	size_t middle;

	if (n == 0) {
		vec_push(out, *block);
		return;
	}
	if (prefix_contains(&less[0], block))
		return;
	right = right_half(block);
	left = *block;
	left.length++;
	middle = first_from(less, n, &right);
	subtract(&left, less, middle, out);
	subtract(&right, less + middle, n - middle, out);
}

void prefix_subtract(const struct prefix *from, const struct prefix *less, size_t n,
		     prefix_vec *out)
{
	prefix_vec inside = {0};

	for (size_t i = 0; i < n; i++)
		if (prefix_overlaps(from, &less[i]))
			vec_push(&inside, less[i]);
	prefix_vec_normalize(&inside);
	subtract(from, inside.at, inside.n, out);
	vec_free(&inside);
}

void prefix_vec_push_reserved(prefix_vec *out)
{
	static const struct {
		uint32_t address;
		uint8_t length;
	} reserved[] = {
		{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
		{0xa9fe0000, 16}, {0xac100000, 12}, {0xc0a80000, 16}, {0xe0000000, 3},
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		vec_push(out, prefix_ipv4(reserved[i].address, reserved[i].length));
}
