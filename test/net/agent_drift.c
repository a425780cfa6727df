/* What somebody changes by hand, a row per kind, and comes back. On la. The agent is held while a
 * thing is broken, so that each row shows first that it is. */
#include <signal.h>
#include <stdio.h>

#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/net/settings.h"
#include "test/test.h"

#define TOLD_MS	  3000	/* the kernel says so: a second, on a busy computer */
#define SCAN_MS	  7000	/* BIRD looks every 4 s */
#define LOOK_MS	  13000 /* the agent looks every 10 s at what the kernel does not tell */
#define TUNNEL_MS 10000
#define SLOWER	  4 /* a round under sanitizers, and so its rest, is longer by that */

struct damage {
	const char *what, *break_it, *is_whole;
	int64_t within;
};

#define ADDRESSES    "ip -4 addr show dev "
#define SAVE(what)   what " | sort > /run/before\n"
#define AS_IT_WAS(w) w " | sort | cmp -s - /run/before"
#define T_STATE	     "ip route show table 5200 | grep -q '^unreachable 10.121.0.0/16'"
#define T_BIRD	     "ip route show table 5200 proto bird | grep -q '^10.121.0.0/16 '"
#define C_CIDR	     "ip route show table 5400 | grep -q '^10.120.0.0/16 dev wg0 proto 83 '"

/* One after the other: a round that one of them causes would mend the next. */
static const struct damage told[] = {
	{"a rule", "ip rule del priority 1600", "ip rule | grep -q ^1600:", TOLD_MS},
	{"all rules of a table", "ip rule flush table 5200", "ip rule | grep -q ^1900:", TOLD_MS},
	{"a route of T", "ip route del unreachable 10.121.0.0/16 table 5200", T_STATE, TOLD_MS},
	{"all routes of T", "ip route flush table 5200", T_STATE " && " T_BIRD, SCAN_MS},
	{"a route of C", "ip route del 10.120.0.0/16 table 5400", C_CIDR, TOLD_MS},
	/* That in its place is another's, and stays behind it. */
	{"a route that was replaced", "ip route replace 10.120.0.0/16 dev wg0t1 table 5400",
	 C_CIDR " && ip route show table 5400 | grep -q '^10.120.0.0/16 dev wg0t1 '", TOLD_MS},
	{"a route of BIRD's", "ip route del 10.121.0.0/16 table 5200 metric 32", T_BIRD, SCAN_MS},
	{"a trunk's address", "ip addr flush dev wg0t1 scope global",
	 ADDRESSES "wg0t1 | grep -q 'inet 10.120.0.1 peer 10.120.0.3'", TOLD_MS},
	{"the machine's address", "ip addr del 10.120.0.1/16 dev wg0",
	 ADDRESSES "wg0 | grep -q 'inet 10.120.0.1/16'", TOLD_MS},
	{"an address too many", "ip addr add 10.9.9.9/32 dev wg0",
	 "! " ADDRESSES "wg0 | grep -q 10.9.9.9", TOLD_MS},
	{"a device's state", "ip link set wg0 down",
	 "ip link show wg0 | grep -q ,UP && " C_CIDR " && " ADDRESSES "wg0 | grep -q inet",
	 TOLD_MS},
	{"a device's mark", "ip link set wg0 alias ''", "ip link show wg0 | grep -q 'alias skein:'",
	 TOLD_MS},
	{"an MTU", "ip link set wg0t1 mtu 1300", "ip link show wg0t1 | grep -q 'mtu 1420'",
	 TOLD_MS},
	{"the reverse path", "echo 1 > /proc/sys/net/ipv4/conf/wg0/rp_filter",
	 "grep -q 2 /proc/sys/net/ipv4/conf/wg0/rp_filter", TOLD_MS},
	{"forwarding of a device", "echo 0 > /proc/sys/net/ipv4/conf/wg0t1/forwarding",
	 "grep -q 1 /proc/sys/net/ipv4/conf/wg0t1/forwarding", TOLD_MS},
	{"forwarding of all devices",
	 "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/ip_forward",
	 "grep -q 1 /proc/sys/net/ipv4/conf/wg0/forwarding", TOLD_MS},
	{"the ruleset", SAVE("nft -s list table inet skein") "nft flush ruleset",
	 AS_IT_WAS("nft -s list table inet skein"), TOLD_MS},
	{"a chain of the fence",
	 SAVE("nft -s list table inet skein") "nft flush chain inet skein fence",
	 AS_IT_WAS("nft -s list table inet skein"), TOLD_MS},
	{"a rule too many in the fence",
	 SAVE("nft -s list table inet skein") "nft insert rule inet skein fence accept",
	 AS_IT_WAS("nft -s list table inet skein"), TOLD_MS},
	{"an address too many in the fence's sets",
	 SAVE("nft -s list table inet skein") "nft add element inet skein mesh4 '{ 10.9.0.0/16 }'",
	 AS_IT_WAS("nft -s list table inet skein"), TOLD_MS},
};

/* Of the gateway, the only one on this device; in no order. */
#define ALLOWED "wg show wg0t1 allowed-ips | tr -s '\\t ' '\\n' | sort"

/* All at once, for nothing of it is told: the next look has to find each. */
static const struct damage untold[] = {
	{"a peer",
	 "wg show wg0 peers | sort > /run/peers\nwg set wg0 peer $(head -n 1 /run/peers) remove",
	 "wg show wg0 peers | sort | cmp -s - /run/peers", LOOK_MS},
	{"what a peer may send",
	 "wg show wg0t1 peers > /run/peer\n" ALLOWED " > /run/allowed\n"
	 "wg set wg0t1 peer $(cat /run/peer) allowed-ips 10.120.0.3/32",
	 ALLOWED " | cmp -s - /run/allowed", LOOK_MS},
	{"a keepalive", "wg set wg0t1 peer $(cat /run/peer) persistent-keepalive 0",
	 "wg show wg0t1 persistent-keepalive | grep -q '25$'", LOOK_MS},
	{"a stranger's peer",
	 "wg set wg0t1 peer $(wg genkey | wg pubkey) allowed-ips 10.120.9.9/32",
	 "! wg show wg0t1 allowed-ips | grep -q 10.120.9.9", LOOK_MS},
	{"a port", "wg set wg0 listen-port 51999", "wg show wg0 listen-port | grep -q ^51820$",
	 LOOK_MS},
	{"WireGuard's mark", "wg set wg0 fwmark 0", "wg show wg0 fwmark | grep -q ^0x5300$",
	 LOOK_MS},
	{"the key",
	 "wg show wg0t1 public-key > /run/key; wg genkey > /run/other\n"
	 "wg set wg0t1 private-key /run/other; rm /run/other",
	 "wg show wg0t1 public-key | cmp -s - /run/key", LOOK_MS},
	{"BIRD's files",
	 SAVE("cat /run/skein/*-*/*.conf") "cd /run/skein/*-*/ && rm bird.conf && "
					   "echo 'protocol device {}' >> membership.conf",
	 AS_IT_WAS("cat /run/skein/*-*/*.conf"), LOOK_MS},
	{"the guard's place", "rm /sys/fs/bpf/skein/link-*",
	 "test $(ls /sys/fs/bpf/skein/link-* | wc -l) = 2", LOOK_MS},
};

static void hold(int signal)
{
	process_vec found = {0};

	agents_pids("la", "skein-agent", &found);
	TEST_NUMBER(found.n, 1);
	for (size_t i = 0; i < found.n; i++)
		kill(found.at[i].pid, signal);
	vec_free(&found);
}

static void break_it(const struct damage *d)
{
	if (agents_sh("la", d->break_it, NULL) != 0)
		TEST_FAIL("%s cannot be broken", d->what);
	if (agents_sh("la", d->is_whole, NULL) == 0)
		TEST_FAIL("%s is whole all the same", d->what);
}

static void await_whole(const struct damage *d, struct mono since)
{
	int64_t within = settings_slow() ? d->within * SLOWER : d->within;
	int64_t left = within - mono_ms_between(since, mono_now());

	agents_await("la", d->is_whole, left > 0 ? left : 0);
}

void what_somebody_removes_comes_back(void)
{
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		hold(SIGSTOP);
		break_it(&told[i]);
		hold(SIGCONT);
		await_whole(&told[i], mono_now());
	}
	CU_ASSERT(agents_reach("la", "lb", TUNNEL_MS));
	CU_ASSERT(agents_reach("la", "lc", TUNNEL_MS));
}

void what_nobody_tells_comes_back(void)
{
	struct mono since;

	hold(SIGSTOP);
	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++)
		break_it(&untold[i]);
	hold(SIGCONT);
	since = mono_now();
	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++)
		await_whole(&untold[i], since);
	TEST_NUMBER(agents_sh("la", "rm -f /run/before /run/peer* /run/allowed /run/key", NULL), 0);
	CU_ASSERT(agents_reach("la", "lb", TUNNEL_MS));
	CU_ASSERT(agents_reach("la", "lc", TUNNEL_MS));
}
