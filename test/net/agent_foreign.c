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

static const char make_others[] =
	"set -e\n"
	"WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 LOG_LEVEL=silent wireguard-go wg0\n"
	"wg genkey > /run/foreign.key\n"
	"chmod 600 /run/foreign.key\n"
	"wg set wg0 listen-port 51999 private-key /run/foreign.key peer "
	"$(wg genkey | wg pubkey) allowed-ips 198.18.7.0/24 endpoint 192.0.2.250:51999\n"
	"ip addr add 198.18.7.1/24 dev wg0\n"
	"ip link set wg0 up\n"
	"ip rule add priority 450 from 198.18.1.0/24 lookup 5200\n"
	"ip rule add priority 1350 to 198.18.2.0/24 lookup 5999\n"
	"ip route add 198.18.1.0/24 via 169.254.0.1 dev eth0 onlink table 5200 metric 32\n"
	"ip route add 198.18.2.0/24 dev lo table 5400\n"
	"ip route add unreachable 198.18.3.0/24 table 5999\n"
	"nft add table inet foreign\n"
	"nft add chain inet foreign input '{ type filter hook input priority 10; }'\n"
	"nft add rule inet foreign input udp dport 9 drop\n"
	"echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter\n"
	"echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter\n";

static const char dump_foreign[] =
	"wg showconf wg0\n"
	"ip -o addr show dev wg0 | sed 's/^[0-9]*: //'\n"
	"ip rule show | grep 198.18\n"
	"ip route show table all | grep 198.18 | grep -v 'proto 83' | sort\n"
	"nft -s list table inet foreign\n"
	"cat /proc/sys/net/ipv4/conf/all/* /proc/sys/net/ipv4/conf/default/* "
	"/proc/sys/net/ipv4/conf/eth0/* /proc/sys/net/ipv4/conf/wg0/* "
	"/proc/sys/net/ipv4/ip_forward\n";

/* What counts as left over: everything that an agent could have made, by any name. */
static const char dump_all[] =
	"ip -o link show | sed 's/^[0-9]*: //'\n"
	"ip -o addr show | sed 's/^[0-9]*: //'\n"
	"ip route show table all | sort\n"
	"ip -6 route show table all | sort\n"
	"ip rule show\n"
	"ip -6 rule show\n"
	"nft -s list ruleset\n"
	"tc filter show dev eth0 ingress\n"
	"grep -H . /proc/sys/net/ipv4/conf/*/* /proc/sys/net/ipv4/ip_forward "
	"/proc/sys/net/ipv4/fib_multipath_hash_policy\n"
	"find /etc/skein /etc/ufw /var/lib/skein /run /sys/fs/bpf -path /run/over -prune -o ! "
	"-name agent.conf "
	"-printf '%M %u:%g %p\\n' | sort\n";

static struct buf foreign_before, all_before;

int foreign_make(const char *machine)
{
	int code = agents_sh(machine, make_ufw, NULL);

	if (code == 0)
		code = agents_sh(machine, make_others, NULL);
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
