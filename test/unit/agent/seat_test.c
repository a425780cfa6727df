#include "agent/seat.h"

#include "test/test.h"

static const char *const prefixes[] = {"10.1.0.0/16", "10.2.0.0/16"};

/* The first n of the prefixes. */
static struct seat seat_of(uint8_t role, unsigned n)
{
	struct seat s = {.known = true, .role = role, .slot = role != STATE_ROLE_MEMBER ? 3 : 0};

	for (unsigned i = 0; i < n && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct prefix p = {0};

		TEST_NUMBER(prefix_parse(prefixes[i], &p, NULL), 0);
		vec_push(&s.approved, p);
	}
	return s;
}

static const struct change {
	uint8_t from;
	unsigned nfrom;
	uint8_t to;
	unsigned nto;
	bool shrinks, grows;
} changes[] = {
	{STATE_ROLE_MEMBER, 0, STATE_ROLE_MEMBER, 0, false, false},
	{STATE_ROLE_MEMBER, 0, STATE_ROLE_MEMBER, 1, false, false}, /* its alone */
	{STATE_ROLE_MEMBER, 1, STATE_ROLE_MEMBER, 0, true, false},
	{STATE_ROLE_MEMBER, 1, STATE_ROLE_ROUTER, 1, false, false}, /* it had it first */
	{STATE_ROLE_MEMBER, 0, STATE_ROLE_ROUTER, 1, false, true},
	{STATE_ROLE_ROUTER, 1, STATE_ROLE_ROUTER, 2, false, true},
	{STATE_ROLE_ROUTER, 2, STATE_ROLE_ROUTER, 1, true, false},
	{STATE_ROLE_ROUTER, 1, STATE_ROLE_MEMBER, 1, true, false},
	{STATE_ROLE_MEMBER, 0, STATE_ROLE_GATEWAY, 0, false, true},
	{STATE_ROLE_ROUTER, 1, STATE_ROLE_GATEWAY, 1, false, true},
	{STATE_ROLE_GATEWAY, 1, STATE_ROLE_GATEWAY, 1, false, false},
	{STATE_ROLE_GATEWAY, 1, STATE_ROLE_ROUTER, 1, true, false},
	{STATE_ROLE_GATEWAY, 0, STATE_ROLE_MEMBER, 0, true, false},
};

static void what_is_less_and_what_is_more(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		struct seat from = seat_of(c->from, c->nfrom), to = seat_of(c->to, c->nto);

		if (seat_shrinks(&from, &to) != c->shrinks || seat_grows(&from, &to) != c->grows)
			TEST_FAIL("row %zu", i);
		seat_fini(&from);
		seat_fini(&to);
	}
}

static void who_was_not_there_loses_nothing(void)
{
	struct seat from = {0}, to = seat_of(STATE_ROLE_MEMBER, 1);

	CU_ASSERT(!seat_shrinks(&from, &to));
	CU_ASSERT(!seat_grows(&from, &to));
	to.role = STATE_ROLE_GATEWAY;
	CU_ASSERT(seat_grows(&from, &to)); /* a machine that joins as one */
	seat_fini(&to);
}

TEST_SUITE(agent_seat, {"what is less and what is more", what_is_less_and_what_is_more},
	   {"who was not there loses nothing", who_was_not_there_loses_nothing});
