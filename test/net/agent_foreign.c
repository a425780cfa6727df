#include "test/net/agent_foreign.h"

#include <string.h>

#include "test/net/agent_world.h"
#include "test/test.h"

/* The machine shares /etc and /usr with the computer: ufw lies over them in its mount namespace
 * only. The second mount over /etc would hide the machine's own /etc/skein. */
static const char make_ufw[] =
	"set -e\n"
	"mkdir -p /run/over/etc /run/over/etc.work /run/over/sbin /run/over/sbin.work "
	"/run/over/own\n"
	"mount --bind /etc/skein /run/over/own\n"
	"mount -t overlay over -o lowerdir=/etc,upperdir=/run/over/etc,workdir=/run/over/etc.work "
	"/etc\n"
	"mount --bind /run/over/own /etc/skein\n"
	"mount -t overlay over -o "
	"lowerdir=/usr/sbin,upperdir=/run/over/sbin,workdir=/run/over/sbin.work /usr/sbin\n"
	"mkdir -p /etc/ufw\n"
	"echo ENABLED=yes > /etc/ufw/ufw.conf\n"
	"cp $ROOT/test/net/rulesets/ufw.sh /usr/sbin/ufw\n"
	"chmod 755 /usr/sbin/ufw\n"
	": > /run/ufw.calls\n"
	": > /run/ufw.rules\n"
	"nft -f $ROOT/test/net/rulesets/ufw.nft\n";

/* Two devices of WireGuard, one with the name of ours; and one whose name is as that of a trunk. */
static const char make_devices[] =
	"set -e\n"
	"umask 077\n"
	"export WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 LOG_LEVEL=silent\n"
	"for d in wg0 office; do wireguard-go $d 2> /dev/null\n"
	"wg genkey > /run/foreign.key\n"
	"wg set $d private-key /run/foreign.key; done\n"
	"wg genpsk > /run/foreign.psk\n"
	"wg set wg0 listen-port 51999 peer $(wg genkey | wg pubkey) preshared-key /run/foreign.psk "
	"allowed-ips 198.18.7.0/24 endpoint 192.0.2.250:51999 persistent-keepalive 25 "
	"peer $(wg genkey | wg pubkey) allowed-ips 198.18.8.0/24,10.120.99.0/24\n"
	"wg set office listen-port 51998 fwmark 0x77 peer $(wg genkey | wg pubkey) "
	"allowed-ips 0.0.0.0/0\n"
	"ip addr add 198.18.7.1/24 dev wg0\n"
	"ip addr add 198.18.8.1/32 dev office\n"
	"ip link set wg0 up; ip link set office up mtu 1380\n"
	"ip tuntap add wg1t9 mode tun; ip link set wg1t9 alias 'skein: not of ours'\n";

/* Rules of priorities, and routes of tables, prefixes and metrics, that are ours too; a BIRD. */
static const char make_routes[] =
	"set -e\n"
	"ip rule add priority 400 fwmark 0x77 lookup main\n"
	"ip rule add priority 450 from 198.18.1.0/24 lookup 5200\n"
	"ip rule add priority 1350 to 198.18.2.0/24 lookup 5999\n"
	"ip rule add priority 1400 to 10.120.0.0/16 lookup 5999\n"
	"ip rule add priority 1600 iif lo to 198.18.4.0/24 lookup 5999 protocol static\n"
	"ip -6 rule add priority 1600 to 2001:db8::/32 lookup 5200\n"
	"ip route add 198.18.1.0/24 via 169.254.0.1 dev eth0 onlink table 5200 metric 32\n"
	"ip route add 10.120.0.0/16 via 169.254.0.1 dev eth0 onlink table 5200 metric 1024 "
	"proto static\n"
	"ip route add 198.18.2.0/24 dev lo table 5400\n"
	"ip route add unreachable 198.18.3.0/24 table 5999\n"
	"ip route add 198.18.5.0/24 via 169.254.0.1 dev eth0 onlink metric 1024 proto static\n"
	"ip -6 route add 2001:db8:1::/48 dev lo table 5200\n"
	"cat > /run/foreign.conf <<'E'\n"
	"router id 192.0.2.77;\n"
	"protocol device { }\n"
	"protocol kernel { kernel table 7000; ipv4 { export all; import none; }; }\n"
	"protocol static { ipv4; route 198.18.9.0/24 via \"lo\"; }\n"
	"protocol bgp { local 127.0.0.77 port 1790 as 65001; neighbor 127.0.0.78 as 65002; "
	"multihop; passive; ipv4 { import none; export none; }; }\n"
	"E\n"
	"bird -c /run/foreign.conf -s /run/foreign.ctl -P /run/foreign.pid\n"
	"until ip route show table 7000 | grep -q 198.18.9; do :; done\n";

/* Tables of every family, of our table's name in another; settings. */
static const char make_filters[] =
	"set -e\n"
	"nft -f - <<'E'\n"
	"table inet foreign {\n"
	"  set peers { type ipv4_addr; flags interval; elements = { 10.120.0.0/24 }; }\n"
	"  counter seen { }\n"
	"  chain input { type filter hook input priority 10; udp dport 9 counter name seen drop; "
	"}\n"
	"  chain early { type filter hook prerouting priority raw; ip saddr @peers accept; }\n"
	"}\n"
	"table ip skein { chain other { type filter hook output priority 5; udp dport 9 drop; }; "
	"}\n"
	"table inet skein2 { chain fence { ip saddr 10.120.0.1 drop; }; }\n"
	"table ip nat { chain POSTROUTING { type nat hook postrouting priority srcnat;\n"
	"  ip saddr 172.17.0.0/16 oifname != \"docker0\" masquerade; }; }\n"
	"table netdev edge { chain in { type filter hook ingress device \"eth0\" priority 0;\n"
	"  udp dport 9 drop; }; }\n"
	"E\n"
	"echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter\n"
	"echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter\n"
	"echo 1 > /proc/sys/net/ipv4/conf/office/forwarding\n"
	"tc qdisc add dev eth0 ingress\n";

#define SETTINGS                                                                                   \
	"grep -H . /proc/sys/net/ipv4/conf/*/* /proc/sys/net/ipv6/conf/*/* /proc/sys/net/ipv4/* "  \
	"2> /dev/null "

/* What must not change while the agent runs. */
static const char dump_foreign[] =
	"wg showconf wg0; wg showconf office\n"
	"for d in wg0 office wg1t9; do ip -o link show dev $d; ip -o addr show dev $d; done | "
	"sed 's/^[0-9]*: //'\n"
	"ip -d rule show | grep -v 'proto 83'; ip -6 rule show\n"
	"ip -d route show table all | grep -v -e ' proto 83 ' -e 'table 52.* proto bird ' "
	"-e ' dev wg2' | sort\n"
	"ip -6 route show table all | grep -v wg2 | sort\n"
	"for t in 'inet foreign' 'ip skein' 'inet skein2' 'ip nat' 'netdev edge'; do\n"
	"nft -s list table $t; done\n"
	"tc qdisc show dev eth0; tc filter show dev eth0 ingress\n"
	"echo bird $(cat /run/foreign.pid); ls -l /proc/$(cat /run/foreign.pid)/exe | "
	"sed 's/.* -> //'\n"
	"birdc -s /run/foreign.ctl show protocols | grep -c up\n" SETTINGS
	"| grep -v -e /wg2 -e /barn/forwarding -e fib_multipath_hash_policy\n";

/* What counts as left over: everything that an agent could have made, by any name. */
static const char dump_all[] =
	"ip -o link show | sed 's/^[0-9]*: //'\n"
	"ip -o addr show | sed 's/^[0-9]*: //'\n"
	"wg showconf wg0; wg showconf office\n"
	"ip -d route show table all | sort\n"
	"ip -6 -d route show table all | sort\n"
	"ip -d rule show\n"
	"ip -6 -d rule show\n"
	"nft -s list ruleset\n"
	"tc qdisc show; for d in eth0 wg0 office; do tc filter show dev $d ingress; done\n"
	"birdc -s /run/foreign.ctl show route | sed 's/ [[].*[]]//'\n" SETTINGS "\n"
	"find /etc/skein /etc/ufw /var/lib/skein /run /sys/fs/bpf -path /run/over -prune -o ! "
	"-name agent.conf "
	"-printf '%M %u:%g %p\\n' | sort\n"
	"find /run/over/etc /run/over/sbin ! -name agent.conf -printf '%M %u:%g %p ' "
	"\\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\) | sort\n";

static struct buf foreign_before, all_before;

int foreign_make(const char *machine)
{
	static const char *const scripts[] = {make_ufw, make_devices, make_routes, make_filters};
	int code = 0;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]) && code == 0; i++)
		code = agents_sh(machine, scripts[i], NULL);
	/* The kernel gives IPv6 addresses a moment later. */
	agents_await(machine, "! ip -6 addr show | grep -q tentative", 5000);
	buf_clear(&foreign_before);
	buf_clear(&all_before);
	agents_sh(machine, dump_foreign, &foreign_before);
	agents_sh(machine, dump_all, &all_before);
	return code;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == len && memcmp(at, line, len) == 0)
			return true;
	return false;
}

/* Names each line of one that the other has not. */
static void compare(const char *what, const char *in, const char *other)
{
	for (const char *at = in; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (!has_line(other, at, strcspn(at, "\n")))
			TEST_FAIL("%s: %.*s", what, (int)strcspn(at, "\n"), at);
}

static void check(const char *machine, const char *script, const struct buf *before)
{
	struct buf now;

	buf_init(&now);
	agents_sh(machine, script, &now);
	CU_ASSERT(now.len > 0);
	compare("gone", buf_text(before), buf_text(&now));
	compare("left behind", buf_text(&now), buf_text(before));
	buf_fini(&now);
}

void foreign_sees_ours(const char *machine)
{
	static const char *const ours[] = {
		": <POINTOPOINT,",    "alias skein:",	       "proto 83",   "metric 32",
		"table inet skein {", "/conf/wg2/rp_filter:2", "agent.sock", "udp dport 51820"};
	struct buf now;

	buf_init(&now);
	agents_sh(machine, dump_all, &now);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strstr(buf_text(&now), ours[i]) == NULL)
			TEST_FAIL("the dump does not show: %s", ours[i]);
	buf_fini(&now);
}

void foreign_check(const char *machine)
{
	check(machine, dump_foreign, &foreign_before);
}

void foreign_check_all(const char *machine)
{
	check(machine, dump_all, &all_before);
}

const char *foreign_ufw_calls(const char *machine)
{
	return agents_text(machine, "cat /run/ufw.calls");
}

const char *foreign_ufw_rules(const char *machine)
{
	return agents_text(machine, "cat /run/ufw.rules");
}
