#include "lib/net/trie.h"

#include "test/test.h"
#include "test/unit/net/random.h"

#define PREFIXES 300

struct linear {
	struct prefix prefix[PREFIXES];
	size_t n;
};

static const struct prefix *linear_lookup(const struct linear *l, const struct address *a)
{
	const struct prefix *best = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (prefix_has(&l->prefix[i], a) &&
		    (best == NULL || l->prefix[i].length > best->length))
			best = &l->prefix[i];
	return best;
}

static bool linear_has(const struct linear *l, const struct prefix *p)
{
	for (size_t i = 0; i < l->n; i++)
		if (prefix_equal(&l->prefix[i], p))
			return true;
	return false;
}

/* Few different bits, so that prefixes nest and collide often. */
static uint32_t random_bits(struct random *r)
{
	return random_next(r) & 0x81818181;
}

static void agrees_with_a_linear_scan(void)
{
	struct random r = {3};

	for (int round = 0; round < 20; round++) {
		struct linear all = {.n = 0};
		struct trie *t = trie_new();

		for (int i = 0; i < PREFIXES; i++) {
			struct prefix *p = &all.prefix[all.n];

			*p = prefix_ipv4(random_bits(&r), (uint8_t)random_below(&r, 33));
			if (trie_insert(t, p, p) == linear_has(&all, p))
				TEST_FAIL("round %d: insertion %d", round, i);
			all.n += !linear_has(&all, p);
		}
		for (int i = 0; i < 2000; i++) {
			struct address a = address_ipv4(random_bits(&r));
			struct prefix matched;
			const struct prefix *want = linear_lookup(&all, &a);
			const struct prefix *got = trie_lookup(t, &a, &matched);

			if (got != want || (got != NULL && !prefix_equal(got, &matched)))
				TEST_FAIL("round %d: look-up %d", round, i);
		}
		for (size_t i = 0; i < all.n; i++)
			if (trie_get(t, &all.prefix[i]) != &all.prefix[i])
				TEST_FAIL("round %d: get %zu", round, i);
		trie_free(t);
	}
}

static void a_fork_is_no_prefix(void)
{
	struct trie *t = trie_new();
	struct prefix a, b, fork;
	struct address between = address_ipv4(0x0a400000);

	prefix_parse("10.0.0.0/16", &a, NULL);
	prefix_parse("10.128.0.0/16", &b, NULL);
	prefix_parse("10.0.0.0/8", &fork, NULL);
	CU_ASSERT(trie_insert(t, &a, &a));
	CU_ASSERT(trie_insert(t, &b, &b));
	CU_ASSERT(trie_get(t, &fork) == NULL);
	CU_ASSERT(trie_lookup(t, &between, NULL) == NULL);
	CU_ASSERT(trie_insert(t, &fork, &fork));
	CU_ASSERT(!trie_insert(t, &fork, &a));
	CU_ASSERT(trie_lookup(t, &between, NULL) == &fork);
	trie_free(t);
	trie_free(NULL);
}

static void families_are_apart(void)
{
	struct trie *t = trie_new();
	struct prefix four, six, host;
	struct address a, b;

	prefix_parse("0.0.0.0/0", &four, NULL);
	prefix_parse("::/0", &six, NULL);
	prefix_parse("fd00::1", &host, NULL);
	address_parse("fd00::1", &a, NULL);
	address_parse("fd00::2", &b, NULL);
	trie_insert(t, &four, &four);
	CU_ASSERT(trie_lookup(t, &a, NULL) == NULL);
	trie_insert(t, &host, &host);
	trie_insert(t, &six, &six);
	CU_ASSERT(trie_lookup(t, &a, NULL) == &host);
	CU_ASSERT(trie_lookup(t, &b, NULL) == &six);
	trie_free(t);
}

TEST_SUITE(net_trie, {"agrees with a linear scan", agrees_with_a_linear_scan},
	   {"a fork is no prefix", a_fork_is_no_prefix},
	   {"families are apart", families_are_apart});
