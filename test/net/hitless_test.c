/* The changes of hitless_world.h, each made while packets flow. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "test/net/hitless_world.h"
#include "test/test.h"

#define CUT_MS 1500

/* ---- members come and go ---- */

static void leave_c1(void)
{
	struct fault f = {0};
	const char *const argv[] = {lab_program(&hitless()->lab, "skein-agent"), "leave", NULL};

	TEST_STEP(machine_run(&hitless()->lab, "c1", argv, NULL, MODES_REACH_MS, NULL, &f), &f);
}

static void join_c1(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_join_machine(&hitless()->lab, "c1", &f), &f);
}

static const struct hitless_flow others[] = {{"a1", "prod", "a2", "prod", 0},
					     {"a1", "prod", "r1", "prod", 0},
					     {"a2", "prod", "g1", "prod", 0},
					     {"a1", "prod", "b1", "staging", 0},
					     {"a1", "prod", NULL, NULL, 0},
					     {"b1", "staging", NULL, NULL, 0},
					     {0}};

static void a_machine_leaves(void)
{
	static const struct hitless_change c = {others, leave_c1, join_c1};

	hitless_make(&c);
	CU_ASSERT(modes_member(hitless(), "c1", "prod") == NULL);
}

static void a_machine_joins(void)
{
	static const struct hitless_change c = {others, join_c1, leave_c1};
	struct address c1;

	hitless_make(&c);
	c1 = modes_address(hitless(), "c1", "prod");
	CU_ASSERT(modes_reaches(hitless(), "a1", "prod", &c1, MODES_REACH_MS));
}

/* ---- prefixes ---- */

#define ALONE "172.21.9.0/24" /* a2's alone: it stays what it is, everybody allows it more */

static void approve_a2(void)
{
	modes_skein(hitless(), "prefix", "add", "a2", ALONE, "--mesh", "prod", NULL);
}

static void withdraw_a2(void)
{
	modes_skein(hitless(), "prefix", "withdraw", "a2", ALONE, "--mesh", "prod", NULL);
}

static void a_prefix_is_approved(void)
{
	static const struct hitless_change c = {others, approve_a2, withdraw_a2};

	hitless_make(&c);
	CU_ASSERT(strstr(modes_shell(hitless(), "a1", "wg show wg0 allowed-ips"), ALONE) != NULL);
}

static void a_prefix_is_withdrawn(void)
{
	static const struct hitless_change c = {others, withdraw_a2, approve_a2};

	hitless_make(&c);
	CU_ASSERT(strstr(modes_shell(hitless(), "a1", "wg show wg0 allowed-ips"), ALONE) == NULL);
}

/* ---- plain members become routers and plain again ---- */

static void approve_r2(void)
{
	modes_skein(hitless(), "prefix", "add", "r2", HITLESS_PREFIX, "--mesh", "prod", NULL);
}

static void withdraw_r2(void)
{
	modes_skein(hitless(), "prefix", "withdraw", "r2", HITLESS_PREFIX, "--mesh", "prod", NULL);
}

static const struct hitless_flow prefix_flows[] = {
	{"a1", "prod", "a2", "prod", 0},
	{"a1", "prod", "b1", "staging", 0},
	{"a1", "prod", "r1", "prod", 1},
	{"b1", "staging", "r1", "prod", 1},
	{"r2", "prod", "r1", "prod", 1},
	{"a1", "prod", NULL, NULL, 1},
	{"b1", "staging", NULL, NULL, 1},
	{"b1", "staging", "g1", "staging", HITLESS_CONTROL},
	{0}};

static void a_second_approval_makes_routers(void)
{
	static const struct hitless_change c = {prefix_flows, approve_r2, withdraw_r2};

	hitless_make(&c);
	TEST_TEXT(modes_member(hitless(), "r1", "prod")->role, "router");
	modes_await_devices(hitless(), "a1", "wg0 wg0t1 wg0t2 wg0t3 wg0t4", HITLESS_REST_MS);
}

static void a_withdrawal_makes_plain_members(void)
{
	static const struct hitless_change c = {prefix_flows, withdraw_r2, approve_r2};

	hitless_make(&c);
	TEST_TEXT(modes_member(hitless(), "r1", "prod")->role, "member");
	modes_await_devices(hitless(), "a1", "wg0 wg0t1 wg0t2", HITLESS_REST_MS);
}

/* ---- gateways ---- */

static void enable_c1(void)
{
	modes_skein(hitless(), "gateway", "enable", "c1", "--mesh", "prod", "--mesh", "staging",
		    NULL);
}

static void disable_c1(void)
{
	modes_skein(hitless(), "gateway", "disable", "c1", NULL);
}

static const struct hitless_flow gateway_flows[] = {
	{"a1", "prod", "a2", "prod", 0},    {"a1", "prod", "b1", "staging", 0},
	{"a1", "prod", NULL, NULL, 0},	    {"a1", "prod", "c1", "prod", 1},
	{"b1", "staging", "c1", "prod", 1}, {0}};

static void a_gateway_is_enabled(void)
{
	static const struct hitless_change c = {gateway_flows, enable_c1, disable_c1};

	hitless_make(&c);
	TEST_TEXT(modes_member(hitless(), "c1", "prod")->role, "gateway");
}

static void a_gateway_is_disabled(void)
{
	static const struct hitless_change c = {gateway_flows, disable_c1, enable_c1};

	hitless_make(&c);
	TEST_TEXT(modes_member(hitless(), "c1", "prod")->role, "member");
}

/* ---- drained: cut off, and nobody notices ---- */

#define G1_TRUNK "dev wg0t1 " /* the first gateway has the first slot */

static const char *ways(const char *machine, const char *prefix)
{
	return modes_shell(hitless(), machine,
			   arena_printf(&hitless()->arena,
					"ip -4 route show table 5200 exact %s proto bird", prefix));
}

/* Now, and not some time later. */
static void expect_no_way(const char *machine, const char *prefix, const char *device)
{
	const char *said = ways(machine, prefix);

	if (strstr(said, device) != NULL || strstr(said, "dev wg") == NULL)
		TEST_FAIL("%s: %s leads over %s: %s", machine, prefix, device, said);
}

/* Whether BIRD's routes of the machine to the prefix lead over the device, or none does. */
static bool await_way(const char *machine, const char *prefix, const char *device, bool want)
{
	const struct mono deadline = mono_add_ms(mono_now(), HITLESS_REST_MS);
	const char *said;

	do {
		said = ways(machine, prefix);
		if ((strstr(said, device) != NULL) == want && strstr(said, "dev wg") != NULL)
			return true;
		poll(NULL, 0, 20);
	} while (!mono_reached(deadline, mono_now()));
	TEST_FAIL("%s: %s leads %s %s: %s", machine, prefix, want ? "not over" : "over", device,
		  said);
	return false;
}

static void await_by_g1(bool want)
{
	await_way("a1", "10.137.0.0/16", G1_TRUNK, want);
	await_way("b1", "10.136.0.0/16", G1_TRUNK, want);
	await_way("b1", HITLESS_PREFIX, G1_TRUNK, want);
}

static void cut_off(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&hitless()->lab, machine, "link", &f), &f);
	poll(NULL, 0, CUT_MS); /* twice the time in which a loss is noticed */
	TEST_STEP(outage_end(&hitless()->lab, machine, &f), &f);
}

static void drain_g1(void)
{
	await_by_g1(true);
	modes_skein(hitless(), "gateway", "drain", "g1", "--wait", NULL);
	expect_no_way("a1", "10.137.0.0/16", G1_TRUNK);
	expect_no_way("b1", "10.136.0.0/16", G1_TRUNK);
	expect_no_way("b1", HITLESS_PREFIX, G1_TRUNK);
	cut_off("g1");
	hitless_settle();
	modes_skein(hitless(), "gateway", "undrain", "g1", NULL);
	await_by_g1(true);
}

static void nothing(void)
{
}

static const struct hitless_flow crossing_flows[] = {{"a1", "prod", "a2", "prod", 0},
						     {"a1", "prod", "b1", "staging", 0},
						     {"a1", "prod", NULL, NULL, 0},
						     {"b1", "staging", NULL, NULL, 0},
						     {0}};

static void a_gateway_is_drained(void)
{
	static const struct hitless_change c = {crossing_flows, drain_g1, nothing};

	hitless_make(&c);
}

/* The other way round: the one in service is cut off. It shows, and the drained one goes on. */
static void a_drained_gateway_is_better_than_none(void)
{
	struct stream *across;
	struct fault f = {0};

	modes_skein(hitless(), "gateway", "drain", "g2", "--wait", NULL);
	across = modes_probe(hitless(), "a1 to b1, by the only gateway", "a1", "prod", "b1",
			     "staging");
	modes_await_passing(hitless(), MODES_REACH_MS);
	TEST_STEP(outage_cause(&hitless()->lab, "g1", "link", &f), &f);
	modes_await_said(hitless(), "\"idle\": false", HITLESS_REST_MS, "machine", "show", "g2",
			 "--json", NULL);
	TEST_STEP(outage_end(&hitless()->lab, "g1", &f), &f);
	modes_await_passing(hitless(), MODES_REACH_MS);
	modes_stop(hitless());
	CU_ASSERT(across->lost > 0);
	modes_await_said(hitless(), "\"idle\": true", HITLESS_REST_MS, "machine", "show", "g2",
			 "--json", NULL);
	modes_skein(hitless(), "gateway", "undrain", "g2", NULL);
	hitless_settle();
}

/* r2 has become a router, too. */
static void drain_r1(void)
{
	const char *by_r1 = arena_printf(&hitless()->arena, "dev wg0t%u ",
					 (unsigned)modes_member(hitless(), "r1", "prod")->slot);

	modes_skein(hitless(), "machine", "drain", "r1", "--wait", NULL);
	expect_no_way("a1", HITLESS_PREFIX, by_r1);
	expect_no_way("g1", HITLESS_PREFIX, by_r1);
	expect_no_way("g2", HITLESS_PREFIX, by_r1);
	cut_off("r1");
	hitless_settle();
	modes_skein(hitless(), "machine", "undrain", "r1", NULL);
	await_way("a1", HITLESS_PREFIX, by_r1, true);
}

static void a_router_is_drained(void)
{
	static const struct hitless_flow flows[] = {{"a1", "prod", "a2", "prod", 0},
						    {"a1", "prod", NULL, NULL, 0},
						    {"b1", "staging", NULL, NULL, 0},
						    {0}};
	static const struct hitless_change c = {flows, drain_r1, nothing};

	hitless_make(&c);
}

/* ---- a machine is shut out: nothing for it any more, all for the others ---- */

static void revoke_c1(void)
{
	modes_skein(hitless(), "machine", "revoke", "c1", NULL);
}

/* It has ended its memberships when it was told; then it is as if it had never been. */
static void take_c1_back(void)
{
	struct fault f = {0};

	modes_skein(hitless(), "machine", "delete", "c1", NULL);
	TEST_STEP(outage_cause(&hitless()->lab, "c1", "agent", &f), &f);
	modes_shell(hitless(), "c1", "rm -rf /var/lib/skein/agent/*");
	join_c1();
}

static void a_machine_is_revoked(void)
{
	static const struct hitless_change c = {others, revoke_c1, take_c1_back};
	struct address c1 = modes_address(hitless(), "c1", "prod");
	struct stream *lost;

	CU_ASSERT(modes_reaches(hitless(), "a1", "prod", &c1, MODES_REACH_MS));
	hitless_make(&c);
	/* That such a stream would show a loss. */
	lost = modes_probe(hitless(), "a1 to r1, whose tunnels die", "a1", "prod", "r1", "prod");
	modes_await_passing(hitless(), MODES_REACH_MS);
	modes_shell(hitless(), "r1", "ip link set wg0 down; ip link set wg0 up");
	modes_await_passing(hitless(), MODES_REACH_MS);
	modes_stop(hitless());
	CU_ASSERT(lost->lost > 0);
}

TEST_SUITE_WITH(hitless, hitless_open, hitless_close, {"a machine leaves", a_machine_leaves},
		{"a machine joins", a_machine_joins},
		{"a prefix is approved", a_prefix_is_approved},
		{"a prefix is withdrawn", a_prefix_is_withdrawn},
		{"a gateway is enabled", a_gateway_is_enabled},
		{"a gateway is disabled", a_gateway_is_disabled},
		{"a gateway is drained", a_gateway_is_drained},
		{"a drained gateway is better than none", a_drained_gateway_is_better_than_none},
		{"a machine is revoked", a_machine_is_revoked});

/* Two routers move at once, each of them for everybody: on two cores the programs that are the
 * tunnels often fall behind then, and no attempt is conclusive. */
TEST_SUITE_LONG(hitless_routers, hitless_open, hitless_close,
		{"a second approval makes routers", a_second_approval_makes_routers},
		{"a router is drained", a_router_is_drained},
		{"a withdrawal makes plain members", a_withdrawal_makes_plain_members});
