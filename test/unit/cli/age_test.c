/* How long something has been so, by BIRD's clock and in its forms of time. */
#include "cli/bgp/age.h"

#include "test/test.h"

#define NOW "2026-11-21 13:48:15.610"

static void ages(void)
{
	static const struct {
		const char *since;
		int64_t seconds;
	} rows[] = {
		{"2026-11-21 13:48:12.494", 3},
		{"2026-11-20 13:48:15", 86400},
		{"2026-11-19", 2 * 86400},
		{"13:48:00.001", 15},
		{"13:49:15", 86340}, /* of yesterday */
		{"2026-11-22 00:00:00", AGE_UNKNOWN},
		{"Nov 21", AGE_UNKNOWN},
		{"25:00:00", AGE_UNKNOWN},
		{"2026-13-01", AGE_UNKNOWN},
		{"", AGE_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		TEST_NUMBER(age_seconds(NOW, rows[i].since), rows[i].seconds);
	TEST_NUMBER(age_seconds("13:48:15", "13:48:12"), AGE_UNKNOWN);
}

static void words(void)
{
	char out[AGE_TEXT_MAX];

	TEST_TEXT(age_format(0, "?", out), "0 s");
	TEST_TEXT(age_format(59, "?", out), "59 s");
	TEST_TEXT(age_format(185, "?", out), "3 min");
	TEST_TEXT(age_format(7500, "?", out), "2 h 5 min");
	TEST_TEXT(age_format(7200, "?", out), "2 h");
	TEST_TEXT(age_format(4 * 86400 + 3 * 3600, "?", out), "4 d 3 h");
	TEST_TEXT(age_format(AGE_UNKNOWN, "Nov 21", out), "Nov 21");
}

TEST_SUITE(cli_bgp_age, {"ages", ages}, {"words", words});
