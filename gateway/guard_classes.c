#include <string.h>

#include "gateway/guard_classes.h"

#define CLASS_SLOTS (4 * (size_t)GUARD_CLASSES_MAX)

void guard_bit_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

bool guard_bit_get(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static uint32_t hash_words(const uint64_t *words, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++) {
		h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

const uint64_t *guard_classes_at(const struct guard_classes *c, uint32_t number)
{
	return c->words.at + (size_t)number * c->width;
}

/* The number of bits & mask; false when there are too many. */
bool guard_classes_number(struct guard_classes *c, const uint64_t *bits, const uint64_t *mask,
			  uint16_t *out)
{
	uint64_t masked[GUARD_WORDS_MAX];
	size_t at;

	for (size_t i = 0; i < c->width; i++)
		masked[i] = bits[i] & mask[i];
	at = hash_words(masked, c->width) % CLASS_SLOTS;
	for (; c->slots[at] != 0; at = (at + 1) % CLASS_SLOTS) {
		uint32_t number = c->slots[at] - 1;

		if (memcmp(guard_classes_at(c, number), masked, c->width * sizeof(masked[0])) ==
		    0) {
			*out = (uint16_t)number;
			return true;
		}
	}
	if (c->n == GUARD_CLASSES_MAX)
		return false;
	for (size_t i = 0; i < c->width; i++)
		vec_push(&c->words, masked[i]);
	*out = (uint16_t)c->n;
	c->slots[at] = ++c->n;
	return true;
}

void guard_classes_init(struct guard_classes *c, size_t width)
{
	uint64_t none[GUARD_WORDS_MAX] = {0};
	uint16_t zero;

	c->width = width;
	c->slots = mem_alloc(CLASS_SLOTS * sizeof(*c->slots));
	guard_classes_number(c, none, none, &zero);
}

void guard_classes_fini(struct guard_classes *c)
{
	vec_free(&c->words);
	free(c->slots);
}
