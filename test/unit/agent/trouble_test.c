/* What goes wrong in every round is in the log when it begins and when it is over. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/trouble.h"
#include "lib/base/file.h"
#include "test/test.h"

#define PORT "wg0: UDP port 51820 is taken"

struct bench {
	struct troubles troubles;
	struct buf said; /* the log, from the last call of say() */
};

static void say(struct bench *b)
{
	char log[256];

	snprintf(log, sizeof(log), "%s/hushed.log", test_dir());
	unlink(log);
	test_hush(true);
	troubles_say(&b->troubles);
	test_hush(false);
	buf_clear(&b->said);
	TEST_NUMBER(file_read(log, 1 << 16, &b->said, NULL), 0);
}

static size_t count(const struct bench *b, const char *words)
{
	size_t n = 0;

	for (const char *at = buf_text(&b->said); (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

static void fail(struct bench *b, const char *of, const char *why)
{
	troubles_note(&b->troubles, "a change failed", of, why);
}

static void each_is_said_once(void)
{
	struct bench b = {0};

	buf_init(&b.said);
	for (int pass = 0; pass < 6; pass++) {
		troubles_clear(&b.troubles);
		fail(&b, "wg0", PORT);
		fail(&b, "wg0", PORT); /* on its device, and on its peers */
		fail(&b, "", "a rule");
	}
	say(&b);
	TEST_NUMBER(count(&b, "\n"), 2);
	TEST_NUMBER(count(&b, PORT), 1);
	TEST_NUMBER(count(&b, "a rule"), 1);
	say(&b); /* a round that came to nothing tells nothing */
	TEST_NUMBER(b.said.len, 0);
	troubles_clear(&b.troubles);
	fail(&b, "wg0t1", PORT); /* of another device: another one */
	fail(&b, "wg0", PORT);
	say(&b);
	TEST_NUMBER(count(&b, "\n"), 2);
	TEST_NUMBER(count(&b, "of=wg0t1"), 1);
	TEST_NUMBER(count(&b, "a trouble is over"), 1);
	CU_ASSERT(strstr(buf_text(&b.said), "why=\"a rule\"") != NULL);
	troubles_clear(&b.troubles);
	say(&b);
	TEST_NUMBER(count(&b, "a trouble is over"), 2);
	say(&b);
	TEST_NUMBER(b.said.len, 0);
	troubles_fini(&b.troubles);
	buf_fini(&b.said);
}

/* What goes wrong in the first attempt and is right in the second was none. */
static void what_is_right_in_the_end_is_not_said(void)
{
	struct bench b = {0};

	buf_init(&b.said);
	fail(&b, "wg0", "not there yet");
	troubles_clear(&b.troubles);
	say(&b);
	TEST_NUMBER(b.said.len, 0);
	troubles_fini(&b.troubles);
	buf_fini(&b.said);
}

TEST_SUITE(trouble, {"each is said once", each_is_said_once},
	   {"what is right in the end is not said", what_is_right_in_the_end_is_not_said});
