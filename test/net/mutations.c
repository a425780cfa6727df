#include "test/net/mutations.h"

#include <stdio.h>
#include <string.h>

#define PER_PRIORITY 50 /* what is of one line of the block: 1300 … 1349 */

#define RULE(machine, priority, has, ...)                                                          \
	{                                                                                          \
		MUTATION_RULE, machine, priority, NULL, has,                                       \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define NFT(machine, chain, has, ...)                                                              \
	{                                                                                          \
		MUTATION_NFT, machine, 0, chain, has,                                              \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define LINE(row)	   .kind = TRIAL_LINE, .test = row
#define REACHES(at_, to_)  .kind = TRIAL_REACHES, .test = at_ " reaches " to_, .at = at_, .to = to_
#define SHELL(name, m, sh) .kind = TRIAL_SHELL, .test = name, .at = m, .shell = sh
#define OTHER(name)	   .kind = TRIAL_OTHER, .test = name
#define PORT(at_, to_, p)                                                                          \
	.kind = TRIAL_PORT, .test = at_ " asks " to_, .at = at_, .to = to_, .port = p
#define SYN(at_, to_, s, d)                                                                        \
	.kind = TRIAL_SYN, .test = "a SYN in clear to " to_, .at = at_, .to = to_,                 \
	.source_port = s, .port = d

/* A route of T's that leads elsewhere: what C says counts. A3 is a router. */
#define CAPTURED(ports)                                                                            \
	"a=10.112.0.3; ip route add $a/32 dev wg0 table 5200 metric 5; "                           \
	"ip route get $a " ports " | grep -q 'dev wg0t'; s=$?; "                                   \
	"ip route del $a/32 dev wg0 table 5200 metric 5; exit $s"
/* Main's own routes: narrower than the mesh's default, wider than its prefixes. */
#define BESIDE(wide, how)                                                                          \
	"ip route add " wide " dev eth0; ip route get " how "; s=$?; "                             \
	"ip route del " wide " dev eth0; exit $s"
#define DOCKER "from 172.18.0.5 iif docker1"
/* What counts it has said so once more. */
#define COUNTED(counter, send)                                                                     \
	"n() { nft list counter inet skein " counter                                               \
	" | sed -n 's/.*packets \\([0-9]*\\) .*/\\1/p'; }; "                                       \
	"a=$(n); timeout 2 setpriv --reuid=65534 --clear-groups bash -c '" send                    \
	"' 2>/dev/null; test $(n) -gt $a"

/* clang-format off */
const struct mutation mutations[] = {
	RULE("a1", 400, "", LINE("400: marked")),
	RULE("a1", 1000, "tcp dport", SHELL("a session keeps to its device", "a1",
	     CAPTURED("ipproto tcp dport 179"))),
	RULE("a1", 1000, "tcp sport", SHELL("a session keeps to its device", "a1",
	     CAPTURED("ipproto tcp sport 179"))),
	RULE("a1", 1000, "udp dport", SHELL("a session keeps to its device", "a1",
	     CAPTURED("ipproto udp dport 3784"))),
	RULE("g1 g2", 1100, "", LINE("1100: over a gateway")),
	RULE("a1", 1200, "to 172.20.31.0/24", LINE("1200: to an own prefix")),
	RULE("x", 1200, "from all iif", LINE("1200: out of the exit, as the exit")),
	RULE("m", 1200, "to 172.17.0.0/16", REACHES("crate", "a1@red")),
	RULE("a1", 1299, "", OTHER("block/rules hold without the fences")),
	RULE("m", 1300, "", LINE("1300: from red's address")),
	RULE("a1", 1400, "iif lo", LINE("1400: to a plain member")),
	RULE("m", 1400, "iif docker0", LINE("1400: a container, to red")),
	RULE("a1", 1500, "iif attic", LINE("1500: from behind, to a prefix")),
	RULE("x", 1500, "from all iif eth0", REACHES("u", "b1@underlay")),
	RULE("a1", 1600, "", OTHER("block/rules hold without the fences")),
	RULE("m", 1650, "iif lo", LINE("1651: shown by a peering, but one's own")),
	RULE("m", 1650, "iif docker0", LINE("1651: a container, what a peering shows")),
	RULE("m", 1700, "iif lo", SHELL("a mesh's prefix comes before a wider route of main", "m",
	     BESIDE("172.20.0.0/16", "172.20.51.10 | grep -q 'dev wg0'"))),
	RULE("m", 1700, "iif docker0",
	     SHELL("the same, for a container", "m",
	     BESIDE("172.20.0.0/16", "172.20.51.10 from 172.17.0.10 iif docker0 | grep -q 'dev wg0'"))),
	RULE("u", 1800, "iif lo",
	     SHELL("a mesh default comes after the machine's own routes", "u",
	     BESIDE("203.0.113.0/24", "203.0.113.7 | grep -q 'dev eth0'"))),
	RULE("u", 1800, "iif docker1", SHELL("the same, for a container", "u",
	     BESIDE("203.0.113.0/24", "203.0.113.7 " DOCKER " | grep -q 'dev eth0'"))),
	RULE("u", 1850, "", LINE("1850: from the own address outside")),
	RULE("u", 1900, "iif lo", LINE("1900: to the exit")),
	RULE("u", 1900, "iif docker1", SHELL("a container, to the exit", "u",
	     "ip route get 203.0.113.7 " DOCKER " | grep -q 'dev wg0t'")),
	RULE("u", 2000, "iif lo", SHELL("a lost exit is not clear text", "u",
	     "r=$(ip -o route show table 5200 exact 0.0.0.0/0 | head -1); ip route del $r table 5200; "
	     "ip route get 203.0.113.7 >/dev/null 2>&1; s=$?; ip route add $r table 5200; test $s != 0")),
	RULE("u", 2000, "iif docker1", SHELL("the same, for a container", "u",
	     "r=$(ip -o route show table 5200 exact 0.0.0.0/0 | head -1); ip route del $r table 5200; "
	     "ip route get 203.0.113.7 " DOCKER " >/dev/null 2>&1; s=$?; ip route add $r table 5200; "
	     "test $s != 0")),

	NFT("a1", "fence", "iifname \"lo\" accept", REACHES("a1", "a1@red")),
	NFT("a1", "fence", "redirect_in", LINE("fence: a redirect")),
	NFT("a1", "fence", "iifname @mesh_devices goto", REACHES("a2", "a1@red")),
	NFT("a1", "fence", "tcp dport @bgp_ports", SYN("a1", "a1@red", 0, 179)),
	NFT("a1", "fence", "tcp sport @bgp_ports", SYN("a1", "a1@red", 179, 0)),
	NFT("a1", "fence", "udp dport { 3784", LINE("1000: BFD on the underlay")),
	NFT("m", "fence", "iifname \"docker0\" ip saddr", REACHES("crate", "a1@red")),
	NFT("a1", "fence", "ip saddr 172.20.31.0/24 ip daddr @mesh4",
	    LINE("1500: from behind, to the mesh")),
	NFT("a1", "fence", "ip saddr 172.20.31.0/24 ip daddr @others4",
	    LINE("1500: from behind, to a prefix")),
	NFT("a1", "fence", "saddr @mesh4 counter", LINE("as a mesh address, to the machine")),
	NFT("a1", "fence", "daddr @mesh4 counter", LINE("fence: to a mesh address, in clear")),
	NFT("a1", "fence", "fib daddr type local udp dport",
	    SHELL("a prefix may cover a peer's endpoint", "a1",
	    "nft add element inet skein others4 '{ 192.0.2.0/24 }'; "
	    "ping -c 2 -i 0.2 -W 1 10.112.0.2 >/dev/null; s=$?; "
	    "nft delete element inet skein others4 '{ 192.0.2.0/24 }'; exit $s")),
	NFT("a1", "fence", "tcp sport 8443 accept",
	    SHELL("a prefix may cover the controller", "a1",
	    "nft add element inet skein others4 '{ 192.0.2.0/24 }'; "
	    "timeout 2 bash -c '</dev/tcp/192.0.2.1/8443' 2>/dev/null; s=$?; "
	    "nft delete element inet skein others4 '{ 192.0.2.0/24 }'; exit $s")),
	NFT("a1", "fence", "saddr @others4 counter", LINE("1700: as a prefix of the mesh, from outside")),
	NFT("a1", "fence", "daddr @others4 counter",
	    LINE("1500: a network that is not announced, to a prefix")),
	NFT("a1", "opened", "oifname != @mesh_devices", LINE("1500: from behind, to elsewhere")),
	NFT("m", "opened", "oifname \"docker0\" ct direction reply", REACHES("crate", "a1@red")),
	NFT("m", "opened", "oifname \"docker0\" ct status dnat", PORT("a1", "m@red", 4999)),
	NFT("m", "opened", "oifname \"docker0\" counter name \"unasked\"",
	    OTHER("block/nobody reaches a container unasked")),
	NFT("x", "opened", "oifname @mesh_devices ct direction reply", REACHES("u", "b1@underlay")),
	NFT("x", "opened", "oifname @mesh_devices counter name \"unasked\"",
	    OTHER("none: nothing gets past the fence to it")),
	NFT("m", "untracked", "fib daddr type local accept", PORT("a1", "m@red", 4999)),
	NFT("x", "untracked", "@exit_users", REACHES("u", "b1@underlay")),
	NFT("a1", "untracked", "notrack", OTHER("block/forwarded mesh traffic is not tracked")),
	NFT("a1", "out", "redirect_out", OTHER("unit: fence")),
	NFT("a1", "out", "tcp dport @bgp_ports", SHELL("a user is no BIRD", "a1",
	    COUNTED("control_out", "</dev/tcp/10.112.0.5/179"))),
	NFT("a1", "out", "udp dport { 3784", SHELL("a user is no BIRD: BFD", "a1",
	    COUNTED("control_out", "echo x >/dev/udp/10.112.0.5/3784"))),
	NFT("g1", "out", "127.83.0.0/16", SHELL("a user is no BIRD: a sibling", "g1",
	    COUNTED("control_out", "</dev/tcp/127.83.0.1/17983"))),
	NFT("m", "translation", "iifname \"docker0\"",
	    OTHER("none: Docker's own masquerade does the same in this fleet")),
	NFT("x", "translation", "masquerade", REACHES("u", "b1@underlay")),
};
/* clang-format on */
const size_t nmutations = sizeof(mutations) / sizeof(mutations[0]);

/* Prefixes, LANs and containers' bridges have other names on other machines: it is one line. */
static void put_general(const char *from, char *out, size_t room)
{
	static const char *const names[][2] = {
		{"attic", "LAN"},  {"barn", "LAN"},  {"byre", "LAN"}, {"warren", "LAN"},
		{"burrow", "LAN"}, {"depot", "LAN"}, {"yard", "LAN"}, {"porch", "LAN"},
		{"docker0", "BR"}, {"docker1", "BR"}};
	size_t n = 0;

	while (*from != '\0' && n + 8 < room) {
		size_t digits = strspn(from, "0123456789./"), i = 0;

		while (i < sizeof(names) / sizeof(names[0]) &&
		       strncmp(from, names[i][0], strlen(names[i][0])) != 0)
			i++;
		if (i < sizeof(names) / sizeof(names[0])) {
			n += (size_t)snprintf(out + n, room - n, "%s", names[i][1]);
			from += strlen(names[i][0]);
		} else if (memchr(from, '/', digits) != NULL) {
			n += (size_t)snprintf(out + n, room - n, "NET");
			from += digits;
		} else {
			out[n++] = *from++;
		}
	}
	out[n] = '\0';
}

static bool has(const struct mutation *m, const char *line)
{
	char general[2000], wanted[200];

	put_general(line, general, sizeof(general));
	put_general(m->has, wanted, sizeof(wanted));
	return strstr(general, wanted) != NULL;
}

bool mutation_is_of_rule(const struct mutation *m, int priority, const char *line)
{
	return m->kind == MUTATION_RULE && priority >= m->priority &&
	       priority < m->priority + (m->priority % 100 == 99 ? 1 : PER_PRIORITY) &&
	       has(m, line);
}

bool mutation_is_of_nft(const struct mutation *m, const char *chain, const char *line)
{
	return m->kind == MUTATION_NFT && strcmp(m->chain, chain) == 0 && has(m, line);
}
