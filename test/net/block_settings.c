/* The lines about defaults, the kernel's settings, and connection tracking. */
#include <string.h>

#include "test/net/block_cases.h"
#include "test/test.h"

#define EACH 4
#define MARK 0x5300

static void check_leaves(struct world *w, const char *at, const char *to, uint32_t mark,
			 const char *device)
{
	struct letter letter = {.to = block_address(w, to), .socket_mark = mark};

	block_post(w, at, &letter, EACH, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, at, device));
	if (block_count_leaving(w, w->mark, at, "*") != EACH)
		TEST_FAIL("%s to %s by %s:%s", at, to, device, block_describe(w, w->mark, at));
}

/* As an exit would set it: 198.19.0.1 is nowhere else, 198.18.0.1 has a route of the machine's. */
void case_mesh_default_is_last(struct world *w)
{
	struct letter from_behind = {.to = block_address(w, "198.19.0.1")};
	char trunk[16];

	tap_forget(w->tap);
	block_trunk(w, "g1", "red", trunk);
	block_sh(w, "a1", "ip route add 198.18.0.0/24 via 169.254.0.1 dev eth0 onlink");
	check_leaves(w, "a1", "198.19.0.1", 0, "eth0");
	block_sh(w, "a1", "ip route add default dev %s table 5200", trunk);
	check_leaves(w, "a1", "198.19.0.1", 0, trunk);	   /* 1900 */
	check_leaves(w, "a1", "198.18.0.1", 0, "eth0");	   /* 1800 */
	check_leaves(w, "a1", "198.19.0.1", MARK, "eth0"); /* 400 */
	/* 1500 is suppressed: networks behind do not use it. */
	block_post(w, "attic", &from_behind, EACH, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, "attic", "eth0"));
	/* 400: WireGuard's packets are not swallowed. */
	CU_ASSERT(block_reaches(w, "a1", NULL, "m@red", 3000));
	CU_ASSERT(block_reaches(w, "a1", NULL, "yard", 3000));
	CU_ASSERT(block_count_leaving(w, w->mark, "a1", "*") == 0);
	block_sh(w, "a1", "ip route del default table 5200; ip route del 198.18.0.0/24");
}

/* ---- settings ---- */

static void check_setting(struct world *w, const char *machine, const char *name, int want)
{
	const char *text = block_sh(w, machine, "sysctl -n net.ipv4.%s", name);

	if (atoi(text) != want)
		TEST_FAIL("%s: %s is %s, want %d", machine, name, text, want);
}

static const struct {
	const char *machine, *name;
	int want;
} setting_rows[] = {
	{"a1", "conf.wg0.forwarding", 1},
	{"a1", "conf.wg0.rp_filter", 2},
	{"a1", "conf.wg0t1.forwarding", 1},
	{"a1", "conf.wg0t1.rp_filter", 2},
	{"a1", "conf.attic.forwarding", 1},
	{"a1", "conf.attic.rp_filter", 0},
	{"a1", "conf.cellar.forwarding", 0},
	{"a1", "conf.eth0.forwarding", 0},
	{"a1", "ip_forward", 0},
	{"a1", "conf.all.rp_filter", 0},
	{"a1", "fib_multipath_hash_policy", 1},
	{"g1", "conf.wg1.forwarding", 1},
	{"g1", "conf.wg1.rp_filter", 2},
	{"g1", "conf.desk.forwarding", 0},
	{"g1", "conf.eth0.forwarding", 0},
	{"g1", "ip_forward", 0},
	{"m", "conf.eth0.forwarding", 0},
	{"m", "conf.wg1.rp_filter", 2},
};

static const char *const machines[] = {"a1", "a2", "a3", "b1", "b2", "m", "g1", "g2"};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

static void check_asymmetric_ways(struct world *w)
{
	CU_ASSERT(block_reaches(w, "a1", "a1@red", "yard", 3000));
	CU_ASSERT(block_reaches(w, "attic", NULL, "yard", 3000));
	CU_ASSERT(block_reaches(w, "yard", NULL, "attic", 3000));
	CU_ASSERT(block_reaches(w, "m", NULL, "attic", 3000));
	CU_ASSERT(block_reaches(w, "m", "m@red", "yard", 3000));
	CU_ASSERT(block_reaches(w, "g1", NULL, "attic", 3000));
	CU_ASSERT(block_reaches(w, "b2", NULL, "warren", 3000));
}

void case_settings(struct world *w)
{
	for (size_t i = 0; i < sizeof(setting_rows) / sizeof(setting_rows[0]); i++)
		check_setting(w, setting_rows[i].machine, setting_rows[i].name,
			      setting_rows[i].want);
	/* The greater of `all` and the device's holds: loose wins over strict. */
	for (size_t i = 0; i < MACHINES; i++)
		block_sh(w, machines[i], "sysctl -qw net.ipv4.conf.all.rp_filter=1");
	check_asymmetric_ways(w);
	for (size_t i = 0; i < MACHINES; i++)
		block_sh(w, machines[i], "sysctl -qw net.ipv4.conf.all.rp_filter=0");
	/* Writing the global one clears every device's. */
	block_sh(w, "a1", "sysctl -qw net.ipv4.ip_forward=1; sysctl -qw net.ipv4.ip_forward=0");
	block_await(w, "a1",
		    "test $(sysctl -n net.ipv4.conf.wg0.forwarding) = 1 && "
		    "test $(sysctl -n net.ipv4.conf.attic.forwarding) = 1");
	check_setting(w, "a1", "conf.eth0.forwarding", 0);
	CU_ASSERT(block_reaches(w, "a2", NULL, "attic", 3000));
	CU_ASSERT(block_reaches(w, "attic", NULL, "a2@red", 3000));
}

/* ---- connection tracking ---- */

static int count(struct world *w, const char *machine, const char *counter)
{
	return atoi(block_sh(w, machine,
			     "nft list counter inet watch %s | sed -n 's/.*packets \\([0-9]*\\) "
			     ".*/\\1/p'",
			     counter));
}

static const char *const forwarders[] = {"a1", "g1", "g2", "b2"};
#define FORWARDERS (sizeof(forwarders) / sizeof(forwarders[0]))

/* A firewall that drops what is invalid, as most do, on every machine on the way. */
void case_nothing_is_tracked(struct world *w)
{
	int untracked = 0;

	for (size_t i = 0; i < FORWARDERS; i++)
		block_sh(w, forwarders[i],
			 "nft 'table inet watch { counter loose { } ; counter held { } ; "
			 "chain forward { type filter hook forward priority 0; "
			 "ct state untracked counter name loose accept; "
			 "counter name held; ct state invalid drop; } ; }'");
	for (unsigned i = 0; i < EACH; i++) {
		CU_ASSERT(block_reaches(w, "attic", NULL, "yard", 3000));
		CU_ASSERT(block_reaches(w, "yard", NULL, "attic", 3000));
	}
	for (size_t i = 0; i < FORWARDERS; i++) {
		untracked += count(w, forwarders[i], "loose");
		TEST_NUMBER(count(w, forwarders[i], "held"), 0);
		block_sh(w, forwarders[i], "nft delete table inet watch");
	}
	/* There and back over three forwarders. */
	CU_ASSERT(untracked >= (int)(2 * EACH * 2 * 3));
}
