/* What rules of ours in another's chain lack, and which are too many. */
#include "agent/plan/passages.h"

#include <string.h>

#include "test/test.h"

static const struct passage wanted[] = {
	{.in = "wg0", .out = "lan0"},
	{.in = "lan0", .out = "wg0"},
	{.in = "wg0t*"},
};

struct row {
	struct filter_accept have[5];
	size_t n;
	const char *add;    /* the devices by which it comes in, a character each from `wanted` */
	const char *remove; /* handles, a digit each */
};

static const struct row rows[] = {
	{{{.handle = 0}}, 0, "012", ""},
	{{{1, "wg0", "lan0", false}, {2, "lan0", "wg0", false}, {3, "wg0t*", "", false}},
	 3,
	 "",
	 ""},
	{{{1, "wg0t*", "", false}, {2, "wg0", "lan0", false}}, 2, "1", ""},
	/* Of another prefix, which is gone. */
	{{{1, "wg0", "lan1", false}, {2, "wg0", "lan0", false}}, 2, "12", "1"},
	/* Twice. */
	{{{1, "wg0", "lan0", false}, {2, "wg0", "lan0", false}}, 2, "12", "2"},
	/* Behind what ends the chain. */
	{{{1, "wg0", "lan0", true}, {2, "lan0", "wg0", false}}, 2, "02", "1"},
	{{{1, "wg0", "lan0", true}, {2, "wg0", "lan0", false}}, 2, "12", "1"},
	{{{1, "wg0t*", "lan0", false}}, 1, "012", "1"},
};

static void compare(const struct row *r)
{
	passage_vec want = {0};
	filter_accept_vec have = {0};
	struct passage_ops ops;
	char add[8] = "", remove[8] = "";

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		vec_push(&want, wanted[i]);
	for (size_t i = 0; i < r->n; i++)
		vec_push(&have, r->have[i]);
	passages_compare(&want, &have, &ops);
	for (size_t i = 0; i < ops.add.n; i++)
		add[i] = (char)('0' + (ops.add.at[i] - want.at));
	for (size_t i = 0; i < ops.remove.n; i++)
		remove[i] = (char)('0' + ops.remove.at[i]);
	TEST_TEXT(add, r->add);
	TEST_TEXT(remove, r->remove);
	passage_ops_fini(&ops);
	vec_free(&want);
	vec_free(&have);
}

static void what_is_there_is_made_what_is_wanted(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		compare(&rows[i]);
}

TEST_SUITE(agent_passages,
	   {"what is there is made what is wanted", what_is_there_is_made_what_is_wanted});
