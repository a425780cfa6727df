/* Classes of the guard: sets of sets, as bits; equal ones get the same number. */
#ifndef SKEIN_GATEWAY_GUARD_CLASSES_H
#define SKEIN_GATEWAY_GUARD_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/guard.h"
#include "lib/base/vec.h"

#define GUARD_WORDS_MAX (GUARD_SETS_MAX / 64)

struct guard_classes {
	VEC(uint64_t) words; /* n classes of `width` words; number 0 is the empty one */
	size_t width;	     /* at most GUARD_WORDS_MAX */
	uint32_t n;
	uint32_t *slots; /* open addressing; number + 1, 0 is free */
};

void guard_classes_init(struct guard_classes *c, size_t width);
void guard_classes_fini(struct guard_classes *c); /* of a zeroed one too */
/* The number of bits & mask; false when GUARD_CLASSES_MAX others are there. */
bool guard_classes_number(struct guard_classes *c, const uint64_t *bits, const uint64_t *mask,
			  uint16_t *out);
/* Borrowed until the next number is made. */
const uint64_t *guard_classes_at(const struct guard_classes *c, uint32_t number);

void guard_bit_set(uint64_t *bits, size_t i);
bool guard_bit_get(const uint64_t *bits, size_t i);

#endif
