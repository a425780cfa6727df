#include "test/unit/net/random.h"

/* xorshift64* (Vigna). */
uint32_t random_next(struct random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

uint32_t random_below(struct random *r, uint32_t n)
{
	return random_next(r) % n;
}
