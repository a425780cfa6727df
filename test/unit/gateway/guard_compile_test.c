/* The compiled tables against the plain reading of the input: for any two addresses, the best
 * verdict of the membership's pairs whose sets have them. */
#include <string.h>

#include "gateway/guard_compile.h"
#include "test/test.h"

#define SETS_MAX     12
#define PREFIXES_MAX 6
#define PAIRS_MAX    20

/* A membership with room of its own. */
struct random_membership {
	struct prefix prefixes[SETS_MAX][PREFIXES_MAX];
	struct guard_set sets[SETS_MAX];
	struct guard_pair pairs[PAIRS_MAX];
	struct guard_membership m;
};

static uint32_t seed;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Of a small space, so that they overlap: 10.0.0.0/22. */
static uint32_t random_address(void)
{
	return 0x0a000000 + rnd(1024);
}

static void random_fill(struct random_membership *r, uint32_t own)
{
	*r = (struct random_membership){0};
	r->m = (struct guard_membership){.cidr = prefix_ipv4(0x0a000000, 22),
					 .own = address_ipv4(own),
					 .bgp_port = 179,
					 .sets = r->sets,
					 .nsets = 1 + rnd(SETS_MAX),
					 .pairs = r->pairs,
					 .npairs = rnd(PAIRS_MAX)};
	for (size_t i = 0; i < r->m.nsets; i++) {
		r->sets[i] = (struct guard_set){r->prefixes[i], rnd(PREFIXES_MAX + 1)};
		for (size_t j = 0; j < r->sets[i].n; j++)
			r->prefixes[i][j] = rnd(20) == 0 ? prefix_ipv4(0, 0)
							 : prefix_ipv4(random_address(),
								       (uint8_t)(22 + rnd(11)));
	}
	for (size_t i = 0; i < r->m.npairs; i++)
		r->pairs[i] =
			(struct guard_pair){rnd((uint32_t)r->m.nsets), rnd((uint32_t)r->m.nsets),
					    rnd(3) ? GUARD_PASS : GUARD_ICMP_ERROR};
}

static bool set_has(const struct guard_set *set, const struct address *a)
{
	for (size_t i = 0; i < set->n; i++)
		if (prefix_has(&set->at[i], a))
			return true;
	return false;
}

static unsigned plain_verdict(const struct guard_membership *m, struct address from,
			      struct address to)
{
	unsigned best = GUARD_DROP;

	for (size_t j = 0; j < m->npairs; j++)
		if (m->pairs[j].verdict > best && set_has(&m->sets[m->pairs[j].from], &from) &&
		    set_has(&m->sets[m->pairs[j].to], &to))
			best = m->pairs[j].verdict;
	return best;
}

static struct guard_class class_of(const struct guard_tables *t, struct address a)
{
	struct guard_class found = {0};
	int length = -1;

	for (size_t i = 0; i < t->entries.n; i++)
		if (prefix_has(&t->entries.at[i].prefix, &a) &&
		    t->entries.at[i].prefix.length > length) {
			length = t->entries.at[i].prefix.length;
			found = t->entries.at[i].class;
		}
	return found;
}

static unsigned table_verdict(const struct guard_tables *t, size_t membership, struct address from,
			      struct address to)
{
	struct guard_class f = class_of(t, from), d = class_of(t, to);

	for (size_t i = 0; i < t->pairs.n; i++)
		if (t->pairs.at[i].membership == membership + 1 && t->pairs.at[i].from == f.from &&
		    t->pairs.at[i].to == d.to)
			return t->pairs.at[i].verdict;
	return GUARD_DROP;
}

static void tables_say_what_the_sets_say(void)
{
	static struct random_membership r[3];
	struct guard_membership ms[3];
	unsigned seen[3] = {0};

	for (seed = 1; seed < 200000; seed = seed / 1000 * 1000 + 1000) {
		uint32_t round = seed;
		struct guard_input in = {.memberships = ms, .n = 1 + rnd(3)};
		struct guard_tables t;
		struct fault f = {0};

		for (size_t i = 0; i < in.n; i++) {
			random_fill(&r[i], 0x0a000001 + (uint32_t)i);
			ms[i] = r[i].m;
		}
		TEST_NUMBER(guard_compile(&in, &t, &f), 0);
		for (int i = 0; i < 200; i++) {
			struct address from = address_ipv4(random_address());
			struct address to = address_ipv4(random_address());
			size_t m = rnd((uint32_t)in.n);
			unsigned want = plain_verdict(&ms[m], from, to);

			seen[want]++;
			if (table_verdict(&t, m, from, to) != want)
				TEST_FAIL("round %u: %08x to %08x: want %u", round,
					  address_to_ipv4(&from), address_to_ipv4(&to), want);
		}
		guard_tables_fini(&t);
		seed = round;
	}
	/* The comparison means something only if all three verdicts came up. */
	CU_ASSERT(seen[GUARD_DROP] > 100 && seen[GUARD_ICMP_ERROR] > 100 && seen[GUARD_PASS] > 100);
}

/* A mesh 10.1.0.0/16 with this machine as 10.1.0.9; everybody may reach it. */
static struct guard_membership plain_member(void)
{
	static struct prefix cidr, own;
	static struct guard_set sets[2];
	static const struct guard_pair pairs[] = {{0, 1, GUARD_PASS}};
	struct guard_membership m = {.own = address_ipv4(0x0a010009),
				     .bgp_port = 1790,
				     .sets = sets,
				     .nsets = 2,
				     .pairs = pairs,
				     .npairs = 1};

	m.cidr = cidr = prefix_ipv4(0x0a010000, 16);
	own = prefix_of_address(&m.own);
	sets[0] = (struct guard_set){&cidr, 1};
	sets[1] = (struct guard_set){&own, 1};
	return m;
}

static void own_addresses_and_edges_have_flags(void)
{
	struct guard_membership m = plain_member();
	struct address outside = address_ipv4(0xc0a80001);
	struct address closed = address_ipv4(0x0a010107);
	struct prefix barred = prefix_ipv4(0xc6336400, 24);
	struct guard_input in = {.memberships = &m,
				 .n = 1,
				 .own = &outside,
				 .closed = &closed,
				 .nown = 1,
				 .nclosed = 1,
				 .barred = &barred,
				 .nbarred = 1};
	struct guard_tables t;
	struct guard_class own;

	TEST_NUMBER(guard_compile(&in, &t, NULL), 0);
	own = class_of(&t, m.own);
	TEST_NUMBER(own.flags, GUARD_CLASS_OWN | GUARD_CLASS_MESH);
	TEST_NUMBER(own.bgp_port, 1790);
	CU_ASSERT(own.to != 0);
	TEST_NUMBER(class_of(&t, outside).flags, GUARD_CLASS_OWN);
	TEST_NUMBER(class_of(&t, closed).flags, GUARD_CLASS_OWN | GUARD_CLASS_CLOSED);
	TEST_NUMBER(class_of(&t, address_ipv4(0xc6336407)).flags, GUARD_CLASS_CLOSED);
	TEST_NUMBER(class_of(&t, address_ipv4(0xc6336507)).flags, 0);
	TEST_NUMBER(class_of(&t, address_ipv4(0x0a010000)).flags, GUARD_CLASS_NEVER);
	TEST_NUMBER(class_of(&t, address_ipv4(0x0a01ffff)).flags, GUARD_CLASS_NEVER);
	TEST_NUMBER(class_of(&t, address_ipv4(0x0a010001)).flags, 0);
	TEST_NUMBER(class_of(&t, address_ipv4(0x0a020001)).from, 0);
	TEST_NUMBER(t.interval_ns, 1000000000 / GUARD_CONTROL_RATE);
	guard_tables_fini(&t);
}

/* A prefix that changes nothing costs no entry; a speaker given twice is one. */
static void what_says_the_same_is_there_once(void)
{
	struct guard_membership m = plain_member();
	struct prefix nested[] = {prefix_ipv4(0x0a010000, 16), prefix_ipv4(0x0a010200, 24),
				  prefix_ipv4(0x0a010201, 32)};
	struct guard_set sets[2] = {{nested, 3}, m.sets[1]};
	struct guard_speaker speakers[] = {{address_ipv4(0x0a010001), 7},
					   {address_ipv4(0x0a010001), 8},
					   {address_ipv4(0x0a010001), 7}};
	struct guard_input in = {.memberships = &m, .n = 1};
	struct guard_tables t;

	m.sets = sets;
	m.speakers = speakers;
	m.nspeakers = 3;
	TEST_NUMBER(guard_compile(&in, &t, NULL), 0);
	TEST_NUMBER(t.entries.n, 4); /* the mesh, its two edges, the own address */
	TEST_NUMBER(t.voices.n, 2);
	guard_tables_fini(&t);
}

static void the_digest_follows_the_meaning(void)
{
	struct guard_membership m = plain_member();
	struct guard_speaker speaker = {address_ipv4(0x0a010001), 7};
	struct guard_input in = {.memberships = &m, .n = 1};
	struct guard_tables a, b;

	guard_compile(&in, &a, NULL);
	guard_compile(&in, &b, NULL);
	CU_ASSERT(digest_equal(&a.digest, &b.digest));
	guard_tables_fini(&b);
	m.speakers = &speaker;
	m.nspeakers = 1;
	guard_compile(&in, &b, NULL);
	CU_ASSERT(!digest_equal(&a.digest, &b.digest));
	guard_tables_fini(&b);
	m.nspeakers = 0;
	m.bgp_port = 179;
	guard_compile(&in, &b, NULL);
	CU_ASSERT(!digest_equal(&a.digest, &b.digest));
	guard_tables_fini(&b);
	guard_tables_fini(&a);
}

/* Hundreds of prefixes, each with users of its own, and a mesh that all are in: classes multiply,
 * pairs must not. */
static void limited_prefixes_stay_linear(void)
{
	enum { N = 400 };
	static struct prefix prefixes[2 * N + 1];
	static struct guard_set sets[2 * N + 1];
	static struct guard_pair pairs[N + 1];
	struct guard_membership m = plain_member();
	struct guard_input in = {.memberships = &m, .n = 1};
	struct guard_tables t;

	prefixes[2 * N] = m.cidr;
	sets[2 * N] = (struct guard_set){&prefixes[2 * N], 1};
	pairs[N] = (struct guard_pair){2 * N, 2 * N, GUARD_PASS};
	for (uint32_t i = 0; i < N; i++) {
		prefixes[2 * i] = prefix_ipv4(0x0a010100 + i, 32);
		prefixes[2 * i + 1] = prefix_ipv4(0xac100000 + (i << 8), 24);
		sets[2 * i] = (struct guard_set){&prefixes[2 * i], 1};
		sets[2 * i + 1] = (struct guard_set){&prefixes[2 * i + 1], 1};
		pairs[i] = (struct guard_pair){2 * i, 2 * i + 1, GUARD_PASS};
	}
	m.sets = sets;
	m.nsets = 2 * N + 1;
	m.pairs = pairs;
	m.npairs = N + 1;
	TEST_NUMBER(guard_compile(&in, &t, NULL), 0);
	TEST_NUMBER(t.from_classes, N + 2); /* none, a user of each, everybody else */
	TEST_NUMBER(t.pairs.n, 2 * N + 1);
	guard_tables_fini(&t);
}

/* One change to a good input each, and what it must say. */
static void spoil_pair(struct guard_membership *m)
{
	static const struct guard_pair beyond = {0, 2, GUARD_PASS};

	m->pairs = &beyond;
}

static void spoil_verdict(struct guard_membership *m)
{
	static const struct guard_pair none = {0, 1, GUARD_DROP};

	m->pairs = &none;
}

static void spoil_device(struct guard_membership *m)
{
	static const struct guard_speaker nowhere = {{FAMILY_IPV4, {10, 1, 0, 1}}, 0};

	m->speakers = &nowhere;
	m->nspeakers = 1;
}

static void spoil_family(struct guard_membership *m)
{
	m->own.family = FAMILY_IPV6;
}

static void spoil_port(struct guard_membership *m)
{
	m->bgp_port = 0;
}

static void spoil_sets(struct guard_membership *m)
{
	m->nsets = GUARD_SETS_MAX + 1;
}

static void bad_input_is_refused(void)
{
	static const struct {
		void (*spoil)(struct guard_membership *m);
		int code;
	} rows[] = {{spoil_pair, ERR_INVALID},	 {spoil_verdict, ERR_INVALID},
		    {spoil_device, ERR_INVALID}, {spoil_family, ERR_INVALID},
		    {spoil_port, ERR_INVALID},	 {spoil_sets, ERR_EXHAUSTED}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guard_membership m = plain_member();
		struct guard_input in = {.memberships = &m, .n = 1};
		struct guard_tables t;
		struct fault f = {0};

		rows[i].spoil(&m);
		TEST_NUMBER(guard_compile(&in, &t, &f), rows[i].code);
		CU_ASSERT(f.text[0] != '\0');
		guard_tables_fini(&t);
	}
}

TEST_SUITE(gateway_guard_compile, {"tables say what the sets say", tables_say_what_the_sets_say},
	   {"own addresses and edges have flags", own_addresses_and_edges_have_flags},
	   {"what says the same is there once", what_says_the_same_is_there_once},
	   {"the digest follows the meaning", the_digest_follows_the_meaning},
	   {"limited prefixes stay linear", limited_prefixes_stay_linear},
	   {"bad input is refused", bad_input_is_refused});
