/* Changes to a fleet at work: whom they do not concern loses no packet, whom they concern at most
 * one on each flow.
 *
 *	prod 10.136.0.0/16                                       staging 10.137.0.0/16
 *	a1  a2  c1      r1 ── east 172.21.6.10    g1 and g2      b1
 *	                r2 ── west 172.21.6.10    in both
 *
 * c1 leaves, joins anew, becomes a gateway, ceases to be one, is shut out; g1 and r1 are drained,
 * cut off and brought back. Both hosts have the same address. A flow is a pair of ports; a packet
 * every 5 ms on each, both ways.
 *
 * The tunnels of the lab are programs, all of them on one computer: when that is busy they lose
 * packets, and a round trip takes as long as a handshake may. So a loss counts when the control, a
 * probe over the plain underlay, lost nothing and never stalled for 50 ms, nor did any flow that
 * the change does not concern, nor one over tunnels of the other mesh, where it has one. Else the
 * change is made again, after its opposite: three times, and where none was conclusive, the test
 * has failed. */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define PREFIX	  "172.21.6.0/24"
#define ATTEMPTS  3
#define WATCH_MS  1500 /* under observation after all is done: no late loss is missed */
#define REST_MS	  40000
#define PACKETS	  200 /* at least, on each flow, or nothing was measured */
#define STEADY_MS 50  /* nothing waits for so long on a computer that keeps up */
#define FLOWS_MAX 8
#define CONTROL	  UINT_MAX

static const char yaml[] = "name: t-hitless\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.136.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.137.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: c1, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " PREFIX "}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.136.0.0/16, " PREFIX "]\n"
			   "    prefixes_b: [10.137.0.0/16]\n"
			   "networks:\n"
			   "  - {name: east, prefix: " PREFIX ", behind: r1}\n"
			   "  - {name: west, prefix: " PREFIX ", behind: r2}\n";

static const char *const hosts[] = {"east", "west"};
static struct modes w;

static int set_up(void)
{
	int code = modes_open(&w, yaml);

	w.flows = 1;
	w.stall_ms = STEADY_MS;
	return code;
}

static int tear_down(void)
{
	return modes_close(&w);
}

/* To another machine, or (to NULL) to the prefix. */
struct flow {
	const char *from, *from_mesh, *to, *to_mesh;
	unsigned most; /* packets that it may lose; CONTROL: it says how busy the computer is */
};

struct change {
	const struct flow *flows; /* ends with a zeroed one */
	void (*there)(void);
	void (*back)(void); /* before another attempt */
};

enum outcome { GOOD, LOST, INCONCLUSIVE };

static const char *name_of(const struct flow *f)
{
	return arena_printf(&w.arena, "%s to %s", f->from, f->to != NULL ? f->to : "the prefix");
}

/* Two that greet for the first time may need 5 s: not part of what is measured. */
static void greet(const struct flow *f)
{
	const struct address to = f->to != NULL ? modes_address(&w, f->to, f->to_mesh)
						: lab_file_network(&w.lab.file, hosts[0])->host;

	if (!modes_reaches(&w, f->from, f->from_mesh, &to, MODES_REACH_MS))
		TEST_FAIL("%s: nothing arrives before the change", name_of(f));
}

static void settle(void)
{
	modes_settle(&w);
	modes_rest(&w, REST_MS);
}

static enum outcome judge(const struct change *c, struct stream *const *streams, size_t n)
{
	bool lost = false, steady = w.steady;

	/* What is lost in a mesh where nothing changes, no change has lost. */
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT(streams[i]->sent >= PACKETS);
		lost = lost || streams[i]->lost > c->flows[i].most;
		if (c->flows[i].most == CONTROL)
			steady = steady && streams[i]->lost == 0;
		if (c->flows[i].most == CONTROL || (c->flows[i].most == 0 && streams[i]->lost == 0))
			steady = steady && streams[i]->gap_ms <= STEADY_MS;
	}
	return !lost ? GOOD : steady ? LOST : INCONCLUSIVE;
}

static void complain(const struct change *c, struct stream *const *streams, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streams[i]->lost > c->flows[i].most)
			TEST_FAIL("%s: %llu packets lost, %u may be", streams[i]->what,
				  (unsigned long long)streams[i]->lost, c->flows[i].most);
}

/* Begun, the change made, ended. */
static enum outcome attempt(const struct change *c, bool last)
{
	struct stream *streams[FLOWS_MAX];
	enum outcome outcome;
	size_t n = 0;

	for (const struct flow *f = c->flows; f->from != NULL; f++)
		greet(f);
	for (const struct flow *f = c->flows; f->from != NULL && n < FLOWS_MAX; f++)
		streams[n++] = f->to != NULL ? modes_probe(&w, name_of(f), f->from, f->from_mesh,
							   f->to, f->to_mesh)
					     : modes_trip(&w, name_of(f), f->from, f->from_mesh,
							  hosts, 2, 1);
	modes_await_passing(&w, MODES_REACH_MS);
	c->there();
	settle();
	poll(NULL, 0, WATCH_MS);
	modes_stop(&w);
	outcome = judge(c, streams, n);
	if (outcome == LOST || (last && outcome == INCONCLUSIVE))
		complain(c, streams, n);
	return outcome;
}

static void change(const struct change *c)
{
	for (unsigned i = 1; attempt(c, i == ATTEMPTS) == INCONCLUSIVE; i++) {
		if (i == ATTEMPTS) {
			TEST_FAIL("no attempt of %u was conclusive: the computer stalls", i);
			return;
		}
		c->back();
		settle();
	}
}

/* ---- members come and go ---- */

static void leave_c1(void)
{
	struct fault f = {0};
	const char *const argv[] = {lab_program(&w.lab, "skein-agent"), "leave", NULL};

	TEST_STEP(machine_run(&w.lab, "c1", argv, NULL, MODES_REACH_MS, NULL, &f), &f);
}

static void join_c1(void)
{
	struct fault f = {0};

	TEST_STEP(fleet_join_machine(&w.lab, "c1", &f), &f);
}

static const struct flow others[] = {{"a1", "prod", "a2", "prod", 0},
				     {"a1", "prod", "r1", "prod", 0},
				     {"a2", "prod", "g1", "prod", 0},
				     {"a1", "prod", "b1", "staging", 0},
				     {"a1", "prod", NULL, NULL, 0},
				     {"b1", "staging", NULL, NULL, 0},
				     {0}};

static void a_machine_leaves(void)
{
	static const struct change c = {others, leave_c1, join_c1};

	change(&c);
	CU_ASSERT(modes_member(&w, "c1", "prod") == NULL);
}

static void a_machine_joins(void)
{
	static const struct change c = {others, join_c1, leave_c1};
	struct address c1;

	change(&c);
	c1 = modes_address(&w, "c1", "prod");
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &c1, MODES_REACH_MS));
}

/* ---- prefixes ---- */

#define ALONE "172.21.9.0/24" /* a2's alone: it stays what it is, everybody allows it more */

static void approve_a2(void)
{
	modes_skein(&w, "prefix", "add", "a2", ALONE, "--mesh", "prod", NULL);
}

static void withdraw_a2(void)
{
	modes_skein(&w, "prefix", "withdraw", "a2", ALONE, "--mesh", "prod", NULL);
}

static void a_prefix_is_approved(void)
{
	static const struct change c = {others, approve_a2, withdraw_a2};

	change(&c);
	CU_ASSERT(strstr(modes_shell(&w, "a1", "wg show wg0 allowed-ips"), ALONE) != NULL);
}

static void a_prefix_is_withdrawn(void)
{
	static const struct change c = {others, withdraw_a2, approve_a2};

	change(&c);
	CU_ASSERT(strstr(modes_shell(&w, "a1", "wg show wg0 allowed-ips"), ALONE) == NULL);
}

/* ---- plain members become routers and plain again ---- */

static void approve_r2(void)
{
	modes_skein(&w, "prefix", "add", "r2", PREFIX, "--mesh", "prod", NULL);
}

static void withdraw_r2(void)
{
	modes_skein(&w, "prefix", "withdraw", "r2", PREFIX, "--mesh", "prod", NULL);
}

static const struct flow prefix_flows[] = {{"a1", "prod", "a2", "prod", 0},
					   {"a1", "prod", "b1", "staging", 0},
					   {"a1", "prod", "r1", "prod", 1},
					   {"b1", "staging", "r1", "prod", 1},
					   {"r2", "prod", "r1", "prod", 1},
					   {"a1", "prod", NULL, NULL, 1},
					   {"b1", "staging", NULL, NULL, 1},
					   {"b1", "staging", "g1", "staging", CONTROL},
					   {0}};

static void a_second_approval_makes_routers(void)
{
	static const struct change c = {prefix_flows, approve_r2, withdraw_r2};

	change(&c);
	TEST_TEXT(modes_member(&w, "r1", "prod")->role, "router");
	modes_await_devices(&w, "a1", "wg0 wg0t1 wg0t2 wg0t3 wg0t4", REST_MS);
}

static void a_withdrawal_makes_plain_members(void)
{
	static const struct change c = {prefix_flows, withdraw_r2, approve_r2};

	change(&c);
	TEST_TEXT(modes_member(&w, "r1", "prod")->role, "member");
	modes_await_devices(&w, "a1", "wg0 wg0t1 wg0t2", REST_MS);
}

/* ---- gateways ---- */

static void enable_c1(void)
{
	modes_skein(&w, "gateway", "enable", "c1", "--mesh", "prod", "--mesh", "staging", NULL);
}

static void disable_c1(void)
{
	modes_skein(&w, "gateway", "disable", "c1", NULL);
}

static const struct flow gateway_flows[] = {
	{"a1", "prod", "a2", "prod", 0},    {"a1", "prod", "b1", "staging", 0},
	{"a1", "prod", NULL, NULL, 0},	    {"a1", "prod", "c1", "prod", 1},
	{"b1", "staging", "c1", "prod", 1}, {0}};

static void a_gateway_is_enabled(void)
{
	static const struct change c = {gateway_flows, enable_c1, disable_c1};

	change(&c);
	TEST_TEXT(modes_member(&w, "c1", "prod")->role, "gateway");
}

static void a_gateway_is_disabled(void)
{
	static const struct change c = {gateway_flows, disable_c1, enable_c1};

	change(&c);
	TEST_TEXT(modes_member(&w, "c1", "prod")->role, "member");
}

/* ---- drained: cut off, and nobody notices ---- */

#define G1_TRUNK "dev wg0t1 " /* the first gateway has the first slot */

static const char *ways(const char *machine, const char *prefix)
{
	return modes_shell(
		&w, machine,
		arena_printf(&w.arena, "ip -4 route show table 5200 exact %s proto bird", prefix));
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
	const struct mono deadline = mono_add_ms(mono_now(), REST_MS);
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
	await_way("b1", PREFIX, G1_TRUNK, want);
}

static void cut_off(const char *machine)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&w.lab, machine, "link", &f), &f);
	poll(NULL, 0, WATCH_MS); /* twice the time in which a loss is noticed */
	TEST_STEP(outage_end(&w.lab, machine, &f), &f);
}

static void drain_g1(void)
{
	await_by_g1(true);
	modes_skein(&w, "gateway", "drain", "g1", "--wait", NULL);
	expect_no_way("a1", "10.137.0.0/16", G1_TRUNK);
	expect_no_way("b1", "10.136.0.0/16", G1_TRUNK);
	expect_no_way("b1", PREFIX, G1_TRUNK);
	cut_off("g1");
	settle();
	modes_skein(&w, "gateway", "undrain", "g1", NULL);
	await_by_g1(true);
}

static void nothing(void)
{
}

static const struct flow crossing_flows[] = {{"a1", "prod", "a2", "prod", 0},
					     {"a1", "prod", "b1", "staging", 0},
					     {"a1", "prod", NULL, NULL, 0},
					     {"b1", "staging", NULL, NULL, 0},
					     {0}};

static void a_gateway_is_drained(void)
{
	static const struct change c = {crossing_flows, drain_g1, nothing};

	change(&c);
}

/* The other way round: the one in service is cut off. It shows, and the drained one goes on. */
static void a_drained_gateway_is_better_than_none(void)
{
	struct stream *across;
	struct fault f = {0};

	modes_skein(&w, "gateway", "drain", "g2", "--wait", NULL);
	across = modes_probe(&w, "a1 to b1, by the only gateway", "a1", "prod", "b1", "staging");
	modes_await_passing(&w, MODES_REACH_MS);
	TEST_STEP(outage_cause(&w.lab, "g1", "link", &f), &f);
	modes_await_said(&w, "\"idle\": false", REST_MS, "machine", "show", "g2", "--json", NULL);
	TEST_STEP(outage_end(&w.lab, "g1", &f), &f);
	modes_await_passing(&w, MODES_REACH_MS);
	modes_stop(&w);
	CU_ASSERT(across->lost > 0);
	modes_await_said(&w, "\"idle\": true", REST_MS, "machine", "show", "g2", "--json", NULL);
	modes_skein(&w, "gateway", "undrain", "g2", NULL);
	settle();
}

/* r2 has become a router, too. */
static void drain_r1(void)
{
	const char *by_r1 = arena_printf(&w.arena, "dev wg0t%u ",
					 (unsigned)modes_member(&w, "r1", "prod")->slot);

	modes_skein(&w, "machine", "drain", "r1", "--wait", NULL);
	expect_no_way("a1", PREFIX, by_r1);
	expect_no_way("g1", PREFIX, by_r1);
	expect_no_way("g2", PREFIX, by_r1);
	cut_off("r1");
	settle();
	modes_skein(&w, "machine", "undrain", "r1", NULL);
	await_way("a1", PREFIX, by_r1, true);
}

static void a_router_is_drained(void)
{
	static const struct flow flows[] = {{"a1", "prod", "a2", "prod", 0},
					    {"a1", "prod", NULL, NULL, 0},
					    {"b1", "staging", NULL, NULL, 0},
					    {0}};
	static const struct change c = {flows, drain_r1, nothing};

	change(&c);
}

/* ---- a machine is shut out: nothing for it any more, all for the others ---- */

static void revoke_c1(void)
{
	modes_skein(&w, "machine", "revoke", "c1", NULL);
}

/* It has ended its memberships when it was told; then it is as if it had never been. */
static void take_c1_back(void)
{
	struct fault f = {0};

	modes_skein(&w, "machine", "delete", "c1", NULL);
	TEST_STEP(outage_cause(&w.lab, "c1", "agent", &f), &f);
	modes_shell(&w, "c1", "rm -rf /var/lib/skein/agent/*");
	join_c1();
}

static void a_machine_is_revoked(void)
{
	static const struct change c = {others, revoke_c1, take_c1_back};
	struct address c1 = modes_address(&w, "c1", "prod");
	struct stream *lost;

	CU_ASSERT(modes_reaches(&w, "a1", "prod", &c1, MODES_REACH_MS));
	change(&c);
	/* That such a stream would show a loss. */
	lost = modes_probe(&w, "a1 to r1, whose tunnels die", "a1", "prod", "r1", "prod");
	modes_await_passing(&w, MODES_REACH_MS);
	modes_shell(&w, "r1", "ip link set wg0 down; ip link set wg0 up");
	modes_await_passing(&w, MODES_REACH_MS);
	modes_stop(&w);
	CU_ASSERT(lost->lost > 0);
}

TEST_SUITE_WITH(hitless, set_up, tear_down, {"a machine leaves", a_machine_leaves},
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
TEST_SUITE_LONG(hitless_routers, set_up, tear_down,
		{"a second approval makes routers", a_second_approval_makes_routers},
		{"a router is drained", a_router_is_drained},
		{"a withdrawal makes plain members", a_withdrawal_makes_plain_members});
