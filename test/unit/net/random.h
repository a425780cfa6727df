/* Random numbers for property tests: the same in every run, so that a failure can be repeated. */
#ifndef SKEIN_TEST_UNIT_NET_RANDOM_H
#define SKEIN_TEST_UNIT_NET_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed; not 0 */
};

uint32_t random_next(struct random *r);
/* 0 … n - 1. */
uint32_t random_below(struct random *r, uint32_t n);

#endif
