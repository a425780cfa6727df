/* Whose turn it is to be probed, and what came of it (agent/latency). */
#include <string.h>

#include "agent/latency/turns.h"
#include "agent/latency/work.h"
#include "test/test.h"

#define NETWORK 0x0a000000u
#define SECOND	INT64_C(1000000000)

static const struct id mesh = {{1}};

static void add(latency_target_vec *v, uint32_t peer, enum latency_circle circle)
{
	vec_push(v, (struct latency_target){.membership = mesh,
					    .to = address_ipv4(NETWORK + peer),
					    .device = 5,
					    .circle = circle});
}

static void follow(struct latency_turns *t, uint32_t routers, uint32_t others)
{
	latency_target_vec v = {0};

	for (uint32_t i = others; i > 0; i--)
		add(&v, 1000 + i, LATENCY_OTHERS);
	for (uint32_t i = 1; i <= routers; i++)
		add(&v, i, LATENCY_ROUTERS);
	latency_turns_follow(t, &v);
	vec_free(&v);
}

static const struct latency_peer *peer(const struct latency_turns *t, uint32_t n)
{
	struct address a = address_ipv4(NETWORK + n);

	return latency_turns_find(t, &mesh, &a);
}

/* Ticks for so long, from *now on; who is asked answers after 3 ms, but the one who does not. How
 * many were asked. */
static size_t tick(struct latency_turns *t, struct mono *now, int64_t ms, uint32_t silent)
{
	struct address mute = address_ipv4(NETWORK + silent);
	size_t asked = 0;

	for (int64_t at = 0; at < ms; at += LATENCY_TICK_MS) {
		uint16_t sequence;
		const struct latency_target *to;

		*now = mono_add_ms(*now, LATENCY_TICK_MS);
		latency_turns_expire(t, *now);
		to = latency_turns_take(t, *now, now->ns, &sequence);
		if (to == NULL)
			continue;
		asked++;
		if (!address_equal(&to->to, &mute))
			latency_turns_answer(t, sequence, &to->to, now->ns + 3000000);
	}
	return asked;
}

static void many_cost_what_few_do(void)
{
	struct latency_turns few = {0}, many = {0}, one = {0};
	struct mono now = {SECOND}, later = now, last = now;

	follow(&few, 2, 100);
	follow(&many, 2, 10000);
	follow(&one, 1, 0);
	TEST_NUMBER(tick(&few, &now, 60000, 0), 300);
	TEST_NUMBER(tick(&many, &later, 60000, 0), 300);
	CU_ASSERT(tick(&one, &last, 60000, 0) <= 30);
	/* Routers come first: they had all the turns that they could have. */
	TEST_NUMBER(peer(&many, 1)->decided, 30);
	TEST_NUMBER(peer(&many, 2)->decided, 30);
	/* And none of the others had a second turn before each had one. */
	for (uint32_t i = 1001; i <= 11000; i++)
		CU_ASSERT(peer(&many, i)->decided <= 1);
	for (uint32_t i = 1001; i <= 1100; i++)
		CU_ASSERT(peer(&few, i)->decided >= 2);
	latency_turns_fini(&few);
	latency_turns_fini(&many);
	latency_turns_fini(&one);
}

static void what_is_lost_is_counted(void)
{
	struct latency_turns t = {0};
	struct mono now = {SECOND};

	follow(&t, 2, 0);
	tick(&t, &now, 120000, 2);
	TEST_NUMBER(latency_peer_loss(peer(&t, 1)), 0);
	TEST_NUMBER(latency_peer_us(peer(&t, 1)), 3000);
	TEST_NUMBER(latency_peer_loss(peer(&t, 2)), 100);
	TEST_NUMBER(latency_peer_us(peer(&t, 2)), 0);
	/* It comes back, and after as many probes as are remembered nothing is known of it. */
	tick(&t, &now, 32000, 0);
	CU_ASSERT(latency_peer_loss(peer(&t, 2)) > 40 && latency_peer_loss(peer(&t, 2)) < 60);
	tick(&t, &now, 40000, 0);
	TEST_NUMBER(latency_peer_loss(peer(&t, 2)), 0);
	/* Who stays keeps what is known, who goes does not. */
	follow(&t, 1, 1);
	TEST_NUMBER(peer(&t, 1)->decided, LATENCY_HISTORY);
	CU_ASSERT_PTR_NULL(peer(&t, 2));
	TEST_NUMBER(peer(&t, 1001)->decided, 0);
	latency_turns_fini(&t);
}

static void only_the_right_answer_counts(void)
{
	struct latency_turns t = {0};
	struct mono now = {SECOND};
	struct address wrong = address_ipv4(NETWORK + 9), right = address_ipv4(NETWORK + 1);
	uint16_t sequence;

	follow(&t, 1, 0);
	TEST_MUST(latency_turns_take(&t, now, now.ns, &sequence) != NULL);
	CU_ASSERT_PTR_NULL(latency_turns_take(&t, now, now.ns, &sequence)); /* not so soon */
	latency_turns_answer(&t, sequence, &wrong, now.ns + 1000);
	latency_turns_answer(&t, (uint16_t)(sequence + LATENCY_FLIGHT), &right, now.ns + 1000);
	TEST_NUMBER(peer(&t, 1)->decided, 0);
	latency_turns_answer(&t, sequence, &right, now.ns + 4000000);
	latency_turns_answer(&t, sequence, &right, now.ns + 5000000); /* twice */
	TEST_NUMBER(peer(&t, 1)->decided, 1);
	TEST_NUMBER(latency_peer_us(peer(&t, 1)), 4000);
	/* An answer that comes too late was lost. */
	now = mono_add_ms(now, 3000);
	TEST_MUST(latency_turns_take(&t, now, now.ns, &sequence) != NULL);
	now = mono_add_ms(now, LATENCY_LOST_MS);
	latency_turns_expire(&t, now);
	latency_turns_answer(&t, sequence, &right, now.ns);
	TEST_NUMBER(peer(&t, 1)->decided, 2);
	TEST_NUMBER(latency_peer_loss(peer(&t, 1)), 50);
	latency_turns_fini(&t);
}

static void count(work_vec *v, uint32_t peer, uint64_t bytes)
{
	vec_push(v, (struct work_peer){
			    .membership = mesh, .address = address_ipv4(peer), .bytes = bytes});
}

static bool works(const work_vec *v, uint32_t peer, struct mono at)
{
	struct address a = address_ipv4(peer);

	return work_is_on(v, &mesh, &a, at);
}

/* One that came late is an answer, and says little about the way. */
static void one_late_answer_is_not_the_latency(void)
{
	struct latency_turns t = {0};
	struct mono now = {SECOND};
	struct address to = address_ipv4(NETWORK + 1);

	follow(&t, 1, 0);
	for (int i = 0; i < 5; i++) {
		uint16_t sequence;

		TEST_MUST(latency_turns_take(&t, now, now.ns, &sequence) != NULL);
		latency_turns_answer(&t, sequence, &to, now.ns + (i == 0 ? SECOND : 2000000 + i));
		now = mono_add_ms(now, 3000);
	}
	TEST_NUMBER(latency_peer_us(peer(&t, 1)), 2000);
	latency_turns_fini(&t);
}

/* Else two machines' probes would keep each other going for ever. */
static void probes_are_no_work(void)
{
	work_vec v = {0}, now = {0};
	struct mono at = {SECOND};

	for (uint32_t i = 3; i > 0; i--)
		count(&now, i, 1 << 20);
	work_follow(&v, &now, at);
	CU_ASSERT_FALSE(works(&v, 1, at)); /* it may be old */
	at = mono_add_ms(at, 10000);
	count(&now, 1, (1 << 20) + 2 * 2 * 128 + 240 + 32);
	count(&now, 2, (1 << 20) + 10000);
	count(&now, 3, 50); /* a new device */
	work_follow(&v, &now, at);
	CU_ASSERT_FALSE(works(&v, 1, at));
	CU_ASSERT_TRUE(works(&v, 2, at));
	CU_ASSERT_FALSE(works(&v, 3, at));
	CU_ASSERT_TRUE(works(&v, 2, mono_add_ms(at, WORK_HOLD_MS - 1)));
	CU_ASSERT_FALSE(works(&v, 2, mono_add_ms(at, WORK_HOLD_MS)));
	vec_free(&v);
}

TEST_SUITE(agent_latency, {"many_cost_what_few_do", many_cost_what_few_do},
	   {"what_is_lost_is_counted", what_is_lost_is_counted},
	   {"only_the_right_answer_counts", only_the_right_answer_counts},
	   {"one_late_answer_is_not_the_latency", one_late_answer_is_not_the_latency},
	   {"probes_are_no_work", probes_are_no_work});
