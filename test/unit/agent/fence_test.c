/* What is taken over when the nftables table is replaced. */
#include "agent/fence.h"

#include "test/test.h"

static void check_kept(const char *listed, const char *text, const char *want)
{
	json_t *objects = json_loads(listed, 0, NULL);
	struct buf script;

	TEST_MUST(objects != NULL);
	buf_init(&script);
	fence_keep_greeted(objects, text, &script);
	TEST_TEXT(buf_text(&script), want);
	buf_fini(&script);
	json_decref(objects);
}

#define LISTED(name, elements)                                                                     \
	"[{\"table\": {\"name\": \"skein\"}}, {\"set\": {\"family\": \"inet\", \"name\": \"" name  \
	"\", "                                                                                     \
	"\"type\": \"inet_service\"" elements "}}]"

static void who_was_heard_stays_heard(void)
{
	check_kept(LISTED("greeted_0_1_0_3", ", \"elem\": [51820]"), "\tset greeted_0_1_0_3 {\n",
		   "add element inet skein greeted_0_1_0_3 { 51820 }\n");
	/* Nobody was heard yet. */
	check_kept(LISTED("greeted_0_1_0_3", ""), "\tset greeted_0_1_0_3 {\n", "");
}

static void other_sets_are_as_the_text_says(void)
{
	/* It greets no more; by now between other devices. */
	check_kept(LISTED("greeted_0_1_0_3", ", \"elem\": [51820]"), "", "");
	check_kept(LISTED("greeted_0_1_0_3", ", \"elem\": [51820]"), "\tset greeted_0_1_0_31 {\n",
		   "");
	/* Another kind, and what no agent makes. */
	check_kept(LISTED("mesh4", ", \"elem\": [1]"), "\tset mesh4 {\n", "");
	check_kept(LISTED("greeted_0_1_0_3", ", \"elem\": [\"1 }; flush ruleset\"]"),
		   "\tset greeted_0_1_0_3 {\n", "");
	check_kept("[]", "\tset greeted_0_1_0_3 {\n", "");
}

TEST_SUITE(agent_fence, {"who was heard stays heard", who_was_heard_stays_heard},
	   {"other sets are as the text says", other_sets_are_as_the_text_says});
