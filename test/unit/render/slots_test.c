#include <stdlib.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/render/fleet.h"

/* A generator of its own, so that a failure is the same on every machine. */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint8_t slot(const struct fleet *f, size_t member)
{
	return f->members.at[member].slot;
}

static int place(struct fleet *f, struct fault *fault)
{
	bool changed;

	return plan_slots(fleet_rows(f), &changed, fault);
}

static void gateways_have_slots_of_their_own(void)
{
	struct fleet f;
	size_t a, b, g1, g2;
	bool changed;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	a = fleet_member(&f, "a", 1);
	b = fleet_member(&f, "b", 2);
	g1 = fleet_gateway(&f, "g1", 3);
	g2 = fleet_gateway(&f, "g2", 4);
	fleet_approve(&f, a, "172.20.5.0/24");
	TEST_NUMBER(plan_slots(fleet_rows(&f), &changed, NULL), 0);
	CU_ASSERT_TRUE(changed);
	TEST_NUMBER(slot(&f, a), 0);
	TEST_NUMBER(slot(&f, g1), 1);
	TEST_NUMBER(slot(&f, g2), 2);
	fleet_approve(&f, b, "172.20.5.0/24");
	TEST_NUMBER(plan_slots(fleet_rows(&f), &changed, NULL), 0);
	TEST_NUMBER(slot(&f, a), 3);
	TEST_NUMBER(slot(&f, b), 4);
	TEST_NUMBER(plan_slots(fleet_rows(&f), &changed, NULL), 0);
	CU_ASSERT_FALSE(changed);
	fleet_fini(&f);
}

static void those_that_overlap_nobody_common_share_a_slot(void)
{
	struct fleet f;
	size_t m[6];

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < 6; i++)
		m[i] = fleet_member(&f, "m", i + 1);
	for (size_t i = 0; i < 6; i++)
		fleet_approve(
			&f, m[i],
			(const char *[]){"172.20.1.0/24", "172.20.2.0/24", "172.20.3.0/24"}[i / 2]);
	TEST_NUMBER(place(&f, NULL), 0);
	for (size_t i = 0; i < 6; i++)
		TEST_NUMBER(slot(&f, m[i]), i % 2 + 1);
	fleet_fini(&f);
}

/* A prefix inside another makes no routers: the longer one's addresses are its holder's alone. */
static void nested_prefixes_make_no_routers(void)
{
	struct fleet f;
	size_t a, b;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	a = fleet_member(&f, "a", 1);
	b = fleet_member(&f, "b", 2);
	fleet_approve(&f, a, "172.20.0.0/16");
	fleet_approve(&f, b, "172.20.5.0/24");
	TEST_NUMBER(place(&f, NULL), 0);
	TEST_NUMBER(slot(&f, a), 0);
	TEST_NUMBER(slot(&f, b), 0);
	fleet_fini(&f);
}

static void a_router_that_becomes_a_gateway_moves_alone(void)
{
	struct fleet f;
	size_t m[4];

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < 4; i++)
		m[i] = fleet_member(&f, "m", i + 1);
	for (size_t i = 0; i < 4; i++)
		fleet_approve(&f, m[i], i < 2 ? "172.20.1.0/24" : "172.20.2.0/24");
	TEST_NUMBER(place(&f, NULL), 0);
	f.members.at[m[0]].gateway = true;
	TEST_NUMBER(place(&f, NULL), 0);
	TEST_NUMBER(slot(&f, m[0]), 3);
	TEST_NUMBER(slot(&f, m[1]), 2);
	TEST_NUMBER(slot(&f, m[2]), 1);
	TEST_NUMBER(slot(&f, m[3]), 2);
	fleet_fini(&f);
}

static void more_than_63_are_exhausted(void)
{
	struct fleet f;
	struct fault fault = {0};

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < 63; i++)
		fleet_gateway(&f, "g", i + 1);
	TEST_NUMBER(place(&f, NULL), 0);
	TEST_NUMBER(slot(&f, 62), 63);
	fleet_gateway(&f, "g", 64);
	TEST_NUMBER(place(&f, &fault), ERR_EXHAUSTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(fault.text, "mesh prod"));
	TEST_NUMBER(slot(&f, 63), 0);
	fleet_fini(&f);
}

/* Kept slots leave no room for another gateway, a fresh colouring does. */
static void slots_are_given_anew_only_when_they_run_out(void)
{
	struct fleet f;
	char prefix[32];

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < 64; i++) {
		size_t m = fleet_member(&f, "m", i + 1);

		snprintf(prefix, sizeof(prefix), "172.20.%u.0/24", i / 2);
		fleet_approve(&f, m, prefix);
		f.members.at[m].slot = (uint8_t)(i % 63 + 1);
	}
	TEST_NUMBER(place(&f, NULL), 0);
	TEST_NUMBER(slot(&f, 62), 63);
	fleet_gateway(&f, "g", 100);
	TEST_NUMBER(place(&f, NULL), 0);
	TEST_NUMBER(slot(&f, 64), 1);
	TEST_NUMBER(slot(&f, 62), 2);
	TEST_NUMBER(slot(&f, 63), 3);
	fleet_fini(&f);
}

/* ---- properties of random meshes ---- */

#define MEMBERS	 24
#define PREFIXES 12

static void random_approval(struct fleet *f, uint64_t *seed)
{
	char prefix[32];
	size_t member = next(seed) % MEMBERS;

	snprintf(prefix, sizeof(prefix), "172.20.%u.0/24", (unsigned)(next(seed) % PREFIXES));
	for (size_t i = 0; i < f->announcements.n; i++) {
		char other[PREFIX_TEXT_MAX];

		if (f->announcements.at[i].membership == f->members.at[member].row &&
		    strcmp(prefix_format(&f->announcements.at[i].prefix, other), prefix) == 0)
			return;
	}
	fleet_approve(f, member, prefix);
}

static bool share(const struct fleet *f, size_t a, size_t b)
{
	for (size_t i = 0; i < f->announcements.n; i++)
		for (size_t k = 0; k < f->announcements.n; k++)
			if (f->announcements.at[i].membership == f->members.at[a].row &&
			    f->announcements.at[k].membership == f->members.at[b].row &&
			    prefix_equal(&f->announcements.at[i].prefix,
					 &f->announcements.at[k].prefix))
				return true;
	return false;
}

static size_t others_that_overlap(const struct fleet *f, size_t member)
{
	size_t n = 0;

	for (size_t m = 0; m < f->members.n; m++)
		n += m != member && !f->members.at[m].gateway && share(f, member, m);
	return n;
}

static void check_colours(const struct fleet *f)
{
	for (size_t a = 0; a < f->members.n; a++)
		for (size_t b = a + 1; b < f->members.n; b++) {
			bool gateway = f->members.at[a].gateway || f->members.at[b].gateway;

			if (slot(f, a) != 0 && slot(f, a) == slot(f, b) &&
			    (gateway || share(f, a, b)))
				TEST_FAIL("%zu and %zu have slot %u", a, b, slot(f, a));
		}
}

static size_t slots_of_routers(const struct fleet *f)
{
	uint64_t used = 0;

	for (size_t m = 0; m < f->members.n; m++)
		if (!f->members.at[m].gateway && slot(f, m) != 0)
			used |= UINT64_C(1) << slot(f, m);
	return (size_t)__builtin_popcountll(used);
}

static void fill(struct fleet *f, uint64_t *seed)
{
	fleet_init(f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < MEMBERS; i++)
		if (next(seed) % 8 == 0)
			fleet_gateway(f, "g", i + 1);
		else
			fleet_member(f, "m", i + 1);
	for (uint64_t i = next(seed) % 40; i > 0; i--)
		random_approval(f, seed);
}

static void from_nothing_few_slots_are_used(void)
{
	uint64_t seed = 0x5eed;

	for (unsigned round = 0; round < 300; round++) {
		struct fleet f;
		size_t most = 0;

		fill(&f, &seed);
		TEST_NUMBER(place(&f, NULL), 0);
		check_colours(&f);
		for (size_t m = 0; m < f.members.n; m++)
			if (!f.members.at[m].gateway && others_that_overlap(&f, m) > most)
				most = others_that_overlap(&f, m);
		if (slots_of_routers(&f) > most + 1)
			TEST_FAIL("round %u: %zu slots, %zu overlap", round, slots_of_routers(&f),
				  most);
		fleet_fini(&f);
	}
}

/* At most two move, and each of them is approved for the prefix in question. */
static void check_moves(const struct fleet *f, const uint8_t before[MEMBERS],
			const struct announcement *about, const row_t *holders, size_t nholders)
{
	unsigned moves = 0;

	for (size_t m = 0; m < f->members.n; m++) {
		bool concerned = f->members.at[m].row == about->membership;

		if (slot(f, m) == before[m])
			continue;
		moves++;
		for (size_t i = 0; i < nholders; i++)
			concerned = concerned || holders[i] == f->members.at[m].row;
		if (!concerned)
			TEST_FAIL("member %zu moved, and has nothing to do with it", m);
	}
	if (moves > 2)
		TEST_FAIL("%u moved", moves);
}

static size_t holders_of(const struct fleet *f, const struct prefix *p, row_t out[MEMBERS])
{
	size_t n = 0;

	for (size_t i = 0; i < f->announcements.n; i++)
		if (prefix_equal(&f->announcements.at[i].prefix, p))
			out[n++] = f->announcements.at[i].membership;
	return n;
}

static void one_approval_moves_few(void)
{
	uint64_t seed = 0xc0ffee;

	for (unsigned round = 0; round < 60; round++) {
		struct fleet f;

		fill(&f, &seed);
		TEST_NUMBER(place(&f, NULL), 0);
		for (unsigned step = 0; step < 30; step++) {
			uint8_t before[MEMBERS] = {0};
			row_t holders[MEMBERS];
			struct announcement about;
			size_t n = f.announcements.n, nholders;

			for (size_t m = 0; m < f.members.n; m++)
				before[m] = slot(&f, m);
			if (n > 0 && next(&seed) % 2 == 0) {
				size_t i = next(&seed) % n;

				about = f.announcements.at[i];
				nholders = holders_of(&f, &about.prefix, holders);
				fleet_withdraw(&f, i);
			} else {
				random_approval(&f, &seed);
				if (f.announcements.n == n)
					continue;
				about = f.announcements.at[n];
				nholders = holders_of(&f, &about.prefix, holders);
			}
			TEST_NUMBER(place(&f, NULL), 0);
			check_colours(&f);
			check_moves(&f, before, &about, holders, nholders);
		}
		fleet_fini(&f);
	}
}

TEST_SUITE(render_slots, {"gateways have slots of their own", gateways_have_slots_of_their_own},
	   {"those that do not overlap share a slot",
	    those_that_overlap_nobody_common_share_a_slot},
	   {"nested prefixes make no routers", nested_prefixes_make_no_routers},
	   {"a router that becomes a gateway moves alone",
	    a_router_that_becomes_a_gateway_moves_alone},
	   {"more than 63 are exhausted", more_than_63_are_exhausted},
	   {"slots are given anew only when they run out",
	    slots_are_given_anew_only_when_they_run_out},
	   {"from nothing few slots are used", from_nothing_few_slots_are_used},
	   {"one approval moves few", one_approval_moves_few});
