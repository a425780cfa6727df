/* What of the neighbours is told, and how much at a time (agent/ties). */
#include <stdio.h>
#include <string.h>

#include "agent/report_ties.h"
#include "agent/ties/ties.h"
#include "test/test.h"

static void put(tie_vec *v, uint32_t peer, uint8_t handshake)
{
	struct tie x;

	memset(&x, 0, sizeof(x));
	x.kind = TIE_PATH;
	x.path.peer = address_ipv4(peer);
	x.path.handshake = handshake;
	vec_push(v, x);
}

static size_t tell_all(struct ties *t)
{
	size_t reports = 0;

	for (; ties_news(t); reports++) {
		ties_tell(t, 7, TIES_TOLD_MAX);
		CU_ASSERT(t->changes.n <= TIES_TOLD_MAX);
		ties_taken(t);
	}
	return reports;
}

static void many_are_told_in_parts(void)
{
	enum { MANY = 3 * TIES_TOLD_MAX + 1 };
	struct ties t = {0};
	tie_vec now = {0};

	CU_ASSERT_FALSE(ties_news(&t)); /* nobody has looked yet */
	for (uint32_t i = MANY; i > 0; i--)
		put(&now, i, TIE_LIVE);
	put(&now, 5, TIE_LIVE); /* twice */
	ties_see(&t, &now);
	TEST_NUMBER(tell_all(&t), 4);
	TEST_NUMBER(t.told.n, MANY);
	TEST_NUMBER(t.sequence, 4);
	/* One change costs one. */
	for (uint32_t i = 1; i <= MANY; i++)
		put(&now, i, i == 9 ? TIE_OLD : TIE_LIVE);
	ties_see(&t, &now);
	ties_tell(&t, 8, TIES_TOLD_MAX);
	TEST_NUMBER(t.changes.n, 1);
	CU_ASSERT_FALSE(t.first);
	ties_taken(&t);
	/* None costs none, and is no step. */
	ties_tell(&t, 9, TIES_TOLD_MAX);
	TEST_NUMBER(t.changes.n, 0);
	TEST_NUMBER(t.sent_sequence, 5);
	ties_taken(&t);
	/* All go. */
	ties_see(&t, &now);
	TEST_NUMBER(tell_all(&t), 4);
	TEST_NUMBER(t.told.n, 0);
	ties_fini(&t);
}

static void a_latency_on_the_border_does_not_flap(void)
{
	TEST_NUMBER(ties_latency_class(300, 0), 1);
	TEST_NUMBER(ties_latency_class(5100, 0), 10);
	TEST_NUMBER(ties_latency_class(5100, 5), 5);
	TEST_NUMBER(ties_latency_class(4900, 10), 10);
	TEST_NUMBER(ties_latency_class(6100, 5), 10);
	TEST_NUMBER(ties_latency_class(3900, 10), 5);
	TEST_NUMBER(ties_latency_class(9000000, 1), 5000);
	TEST_NUMBER(ties_loss_class(0), 0);
	TEST_NUMBER(ties_loss_class(3), 5);
	TEST_NUMBER(ties_loss_class(97), 99);
	TEST_NUMBER(ties_loss_class(100), 100);
}

/* One membership's news have no room behind another's: they come in the next report. */
static void all_memberships_share_a_report(void)
{
	struct member *members[3];
	member_vec all = {0};
	size_t told = 0, reports = 0;
	bool more = true;

	for (uint8_t i = 0; i < 3; i++) {
		struct id id = {{i}};
		tie_vec now = {0};

		members[i] = member_new(&id);
		for (uint32_t k = 1; k <= TIES_TOLD_MAX / 2 + 100; k++)
			put(&now, k, TIE_LIVE);
		ties_see(&members[i]->ties, &now);
		vec_push(&all, members[i]);
	}
	for (; more && reports < 10; reports++) {
		struct http_answer answer = {0};
		size_t n = 0;

		report_ties_begin(&all);
		for (int i = 0; i < 3; i++)
			n += members[i]->ties.changes.n;
		CU_ASSERT(n <= TIES_TOLD_MAX);
		told += n;
		more = report_ties_answered(&all, &answer);
	}
	TEST_NUMBER(reports, 3);
	TEST_NUMBER(told, 3 * (TIES_TOLD_MAX / 2 + 100));
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FALSE(ties_news(&members[i]->ties));
		member_free(members[i]);
	}
	vec_free(&all);
}

TEST_SUITE(agent_ties, {"many_are_told_in_parts", many_are_told_in_parts},
	   {"all_memberships_share_a_report", all_memberships_share_a_report},
	   {"a_latency_on_the_border_does_not_flap", a_latency_on_the_border_does_not_flap});
