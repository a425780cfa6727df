/* How fast BFD may be. */
#include "lib/mesh/bfd_pace.h"
#include "test/test.h"
#include "test/unit/net/random.h"

static void few_have_what_is_asked_for(void)
{
	static const struct {
		uint32_t asked;
		uint64_t sessions;
		uint32_t ms;
	} rows[] = {
		{250, 0, 250},	    {250, 1, 250},     {250, 1000, 250},
		{250, 1001, 500},   {250, 2000, 500},  {250, 2001, 1000},
		{50, 200, 50},	    {50, 201, 100},    {1000, 4000, 1000},
		{1000, 4001, 2000}, {60000, 1, 60000}, {50000, 1000000, 60000},
		{50, 250, 100},	    {50, 1000, 400},   {250, 4194302, 60000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		TEST_NUMBER(bfd_pace_ms(rows[i].asked, rows[i].sessions), rows[i].ms);
}

static void no_instance_sends_more_than_it_can_bear(void)
{
	struct random random = {20260301};

	for (int i = 0; i < 20000; i++) {
		uint32_t asked = BFD_INTERVAL_MIN_MS +
				 random_below(&random, BFD_INTERVAL_MAX_MS - BFD_INTERVAL_MIN_MS);
		uint64_t sessions = random_below(&random, 1u << random_below(&random, 18));
		uint32_t ms = bfd_pace_ms(asked, sessions);

		if (ms < asked || sessions * 1000 > (uint64_t)ms * BFD_PACKETS_MAX ||
		    (ms > asked && ms < BFD_INTERVAL_MAX_MS && ms % asked != 0) ||
		    bfd_pace_ms(asked, sessions + 1) < ms)
			TEST_FAIL("%u ms asked for, %llu sessions: %u ms", asked,
				  (unsigned long long)sessions, ms);
	}
	CU_PASS("all");
}

TEST_SUITE(mesh_bfd_pace, {"few have what is asked for", few_have_what_is_asked_for},
	   {"no instance sends more than it can bear", no_instance_sends_more_than_it_can_bear});
