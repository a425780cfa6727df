/* Lines that show only when something is broken or taken away. */
#include <poll.h>
#include <string.h>

#include "lab/outage.h"
#include "lab/underlay.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define EACH	   4
#define SILENCE_MS 300
#define REACH_MS   4000
#define BFD_PORT   3784
#define BGP_PORT   179

static void end(struct world *w, const char *machine)
{
	struct fault f = {0};

	TEST_STEP(outage_end(&w->lab, machine, &f), &f);
}

static void cause(struct world *w, const char *machine, const char *kind)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&w->lab, machine, kind, &f), &f);
}

static void check_port_leaves(struct world *w, uint16_t port, const char *device)
{
	struct letter letter = {.to = block_address(w, "g1@red"), .port = port};

	block_post(w, "a1", &letter, EACH, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, "a1", device));
	if (block_count_leaving(w, w->mark, "a1", "wg*") !=
	    block_count_leaving(w, w->mark, "a1", device))
		TEST_FAIL("port %u not by %s only:%s", port, device,
			  block_describe(w, w->mark, "a1"));
}

/* Requests of a1's BIRD, and one of ours. */
static void check_bgp_leaves(struct world *w, const char *device)
{
	const struct address to = block_address(w, "g1@red");
	size_t n, here = 0, elsewhere = 0;
	const struct sighting *s;
	char text[ADDRESS_TEXT_MAX];

	address_format(&to, text);
	block_try(w, "a1", "timeout 0.5 bash -c '</dev/tcp/%s/%d'", text, BGP_PORT);
	s = tap_look(w->tap, &n);
	for (size_t i = 0; i < n; i++)
		if (s[i].leaving && strcmp(s[i].place, "a1") == 0 && s[i].port == BGP_PORT &&
		    s[i].mark == 0 && address_equal(&s[i].to, &to)) {
			here += strcmp(s[i].device, device) == 0;
			elsewhere += strcmp(s[i].device, device) != 0;
		}
	CU_ASSERT(here > 0);
	TEST_NUMBER(elsewhere, 0);
	/* As the server of a session: by source port. */
	CU_ASSERT(block_try(w, "a1",
			    "ip route get %s from 10.112.0.1 ipproto tcp sport %d dport 40000 "
			    "| grep -q 'dev %s '",
			    text, BGP_PORT, device));
}

static void await_way(struct world *w, const char *device)
{
	const struct address router = block_address(w, "g1@red");
	char to[ADDRESS_TEXT_MAX];

	block_await(w, "a1",
		    "ip route show table 5200 %s | grep -q 'dev %s proto bird .*metric 32'",
		    address_format(&router, to), device);
}

/* 1000 and C: a1 and g1 do not hear each other; a1 learns the way over g2, by which the session
 * that is to replace that way must not go. */
void case_session_keeps_to_its_device(struct world *w)
{
	char own[16], spare[16];
	struct fault f = {0};

	block_trunk(w, "g1", "red", own);
	block_trunk(w, "g2", "red", spare);
	TEST_STEP(underlay_cut(&w->lab, "a1", "g1", &f), &f);
	await_way(w, spare);
	tap_forget(w->tap);
	check_port_leaves(w, 0, spare);
	CU_ASSERT(sink_await(w->sink, w->mark, EACH, REACH_MS) == EACH);
	check_port_leaves(w, BFD_PORT, own);
	check_bgp_leaves(w, own);
	TEST_STEP(underlay_heal(&w->lab, "a1", "g1", &f), &f);
	await_way(w, own);
}

/* ---- T, last: lost is not in clear ---- */

struct lost {
	const char *at, *from, *to;
	bool refused; /* by the sender itself */
};

static const struct lost lost_rows[] = {
	{"a1", NULL, "yard", true},	{"a1", "a1@red", "yard", true},
	{"a2", NULL, "yard", true},	{"m", "m@red", "yard", true},
	{"attic", NULL, "yard", false}, {"barn", NULL, "yard", false},
	{"m", NULL, "yard", false},	{"g1", NULL, "yard", false},
	{"g1", "g1@red", "yard", true}, {"a2", NULL, "attic", false},
	{"yard", NULL, "attic", false},
};

static void check_lost(struct world *w, const struct lost *l)
{
	struct letter letter = {.to = block_address(w, l->to)};
	unsigned refused = 0;

	if (l->from != NULL)
		letter.from = block_address(w, l->from);
	block_post(w, l->at, &letter, EACH, &refused);
	if (l->refused && refused != EACH)
		TEST_FAIL("%s to %s: %u of %d refused;%s", l->at, l->to, refused, EACH,
			  block_describe(w, w->mark, "*"));
}

/* The networks behind b2 and a1 lose their cables: b2's is withdrawn, a1's stays in T as a sole
 * prefix, for its own mesh, and what comes to a1 ends there (1299). */
void case_lost_is_unreachable(struct world *w)
{
	struct letter plain = {.to = block_address(w, "b1@underlay")};
	uint32_t first;

	block_sh(w, "b2", "ip link set yard down");
	block_sh(w, "a1", "ip link set attic down");
	for (size_t i = 0; i < 4; i++)
		block_await(
			w, (const char *const[]){"a1", "a2", "m", "g1"}[i],
			"! ip route show table 5200 | grep -q '^172.20.42.0/24.* metric 3[23] '");
	tap_forget(w->tap);
	first = w->mark + 1;
	for (size_t i = 0; i < sizeof(lost_rows) / sizeof(lost_rows[0]); i++)
		check_lost(w, &lost_rows[i]);
	block_post(w, "a1", &plain, EACH, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, LAB_UNDERLAY, "b1")); /* the tap works */
	poll(NULL, 0, SILENCE_MS);
	for (uint32_t mark = first; mark < w->mark; mark++) {
		if (block_count_leaving(w, mark, LAB_UNDERLAY, "*") != 0 ||
		    block_count_leaving(w, mark, "[abgm]?", "eth0") != 0)
			TEST_FAIL("%s: in clear;%s", lost_rows[mark - first].at,
				  block_describe(w, mark, "*"));
		TEST_NUMBER(sink_count(w->sink, mark), 0);
	}
	block_sh(w, "b2", "ip link set yard up");
	block_sh(w, "a1", "ip link set attic up");
	block_await(w, "a1", "ip route show table 5200 | grep -q '172.20.42.0/24.*bird'");
	CU_ASSERT(block_reaches(w, "attic", NULL, "yard", BLOCK_SETTLE_MS));
}

/* ---- rules alone ---- */

static void forge(struct world *w, const char *at, const char *device, const char *from,
		  const char *to)
{
	struct forgery forgery = {.from = block_address(w, from), .to = block_address(w, to)};

	block_forge(w, at, device, "a1", &forgery, EACH);
}

/* Everything that rules alone must stop on a1, which forwards on every device and has no fence. */
static uint32_t send_against_rules(struct world *w)
{
	uint32_t first = w->mark + 1;

	forge(w, LAB_UNDERLAY, "a1", "g2@underlay", "a3@red"); /* 1600 */
	forge(w, LAB_UNDERLAY, "a1", "m@red", "a3@red");       /* 1600, 1400 has iif lo */
	forge(w, LAB_UNDERLAY, "a1", "m@red", "barn");	       /* 1700 has iif lo */
	forge(w, LAB_UNDERLAY, "a1", "attic", "barn");	       /* 1500 has iif attic */
	forge(w, "cellar", "eth0", "cellar", "a3@red");	       /* 1600 */
	forge(w, "cellar", "eth0", "attic", "barn");	       /* 1500 */
	forge(w, "a2", "wg0", "a2@red", "cellar");	       /* 1200, 1299 */
	forge(w, "a2", "wg0", "a2@red", "g2@underlay");	       /* 1299 */
	return first;
}

/* Into the mesh, or out of it: what came in clear and leaves in clear is none of ours. */
static size_t count_through(struct world *w, uint32_t first)
{
	size_t n = 0;

	poll(NULL, 0, SILENCE_MS);
	for (uint32_t mark = first; mark <= w->mark; mark++) {
		bool from_mesh = mark > w->mark - 2;

		n += block_count_leaving(w, mark, "a1", from_mesh ? "*" : "wg*") > 0;
	}
	return n;
}

void case_rules_hold_without_fences(struct world *w)
{
	const char *victim = block_sh(w, "a1", "wg show wg0 public-key | tr -d '\\n'");
	uint32_t first;

	cause(w, "a1", "agent");
	cause(w, "a2", "agent");
	block_sh(w, "a2", "wg set wg0 peer %s allowed-ips 0.0.0.0/0", victim);
	block_sh(w, "a1",
		 "rm -r /sys/fs/bpf/skein; nft delete table inet skein; "
		 "sysctl -qw net.ipv4.conf.eth0.forwarding=1 "
		 "net.ipv4.conf.cellar.forwarding=1");
	tap_forget(w->tap);
	first = send_against_rules(w);
	TEST_NUMBER(count_through(w, first), 0);
	/* The same without the rules gets through: it was they. */
	block_sh(w, "a1",
		 "while ip rule del pref 1299 2>/dev/null; do :; done; ip rule del pref "
		 "1600; ip rule add pref 1600 lookup 5200");
	tap_forget(w->tap);
	first = send_against_rules(w);
	TEST_NUMBER(count_through(w, first), 8);
	block_sh(w, "a1",
		 "ip rule del pref 1600; sysctl -qw net.ipv4.conf.eth0.forwarding=0 "
		 "net.ipv4.conf.cellar.forwarding=0");
	end(w, "a1");
	end(w, "a2");
	block_await(w, "a1",
		    "nft list table inet skein && ip rule show pref 1299 | grep -q wg0t1 "
		    "&& ip rule show pref 1600 | grep -q unreachable");
	CU_ASSERT(block_reaches(w, "attic", NULL, "yard", BLOCK_SETTLE_MS));
}

/* ---- T at 1024 and T at 32, each without the other ---- */

void case_no_routing_protocol(struct world *w)
{
	struct letter shared = {.to = block_address(w, "barn")};
	unsigned refused;

	cause(w, "m", "agent");
	cause(w, "m", "bird");
	block_sh(w, "m",
		 "ip route flush table 5200 proto bird; ip route flush table 5201 proto bird");
	CU_ASSERT(block_reaches(w, "m", NULL, "a1@red", REACH_MS));
	CU_ASSERT(block_reaches(w, "m", NULL, "a2@red", REACH_MS));
	CU_ASSERT(block_reaches(w, "m", NULL, "g1@blue", REACH_MS));
	CU_ASSERT(block_reaches(w, "m", NULL, "attic", REACH_MS));
	CU_ASSERT(block_reaches(w, "m", NULL, "yard", REACH_MS));
	/* What several have depends on it, and is not sent in clear. */
	block_post(w, "m", &shared, EACH, &refused);
	TEST_NUMBER(refused, EACH);
	end(w, "m");
	block_await(w, "m", "ip route show table 5200 | grep -q '172.20.32.0/24 proto bird'");
}

static const char *const plain[] = {"a1", "b1", "b2", "m"}, *const routers[] = {"a2", "a3", "g1",
										"g2"};

/* Plain members keep the mesh's CIDR: BGP does not tell them of one another. */
static void take_state_routes(struct world *w)
{
	static const char line[] = "for t in 5200 5201; do ip route show table $t proto 83 metric "
				   "1024 2>/dev/null | grep -v '%s' | while read -r r; do ip route "
				   "del $r table $t; done; done";

	for (size_t i = 0; i < 4; i++) {
		cause(w, plain[i], "agent");
		cause(w, routers[i], "agent");
		block_sh(w, plain[i], line, "^10[.].*/16 ");
		block_sh(w, routers[i], line, "nothing");
	}
}

static const struct {
	const char *at, *from, *to;
} learned_rows[] = {
	{"a1", NULL, "attic"},	  {"a1", NULL, "g1@red"},   {"a1", NULL, "a2@red"},
	{"a1", NULL, "yard"},	  {"a1", NULL, "barn"},	    {"a2", NULL, "attic"},
	{"a2", NULL, "a1@red"},	  {"a2", NULL, "a3@red"},   {"g1", NULL, "attic"},
	{"g1", NULL, "m@red"},	  {"g1", NULL, "b2@blue"},  {"g1", NULL, "g2@blue"},
	{"g1", NULL, "warren"},	  {"m", NULL, "attic"},	    {"m", NULL, "yard"},
	{"m", "m@red", "yard"},	  {"m", NULL, "warren"},    {"b2", NULL, "warren"},
	{"b2", NULL, "burrow"},	  {"attic", NULL, "yard"},  {"yard", NULL, "attic"},
	{"yard", NULL, "a1@red"}, {"yard", NULL, "g1@red"}, {"barn", NULL, "attic"},
};

/* Those routes hid a filter that refused plain prefixes once. */
void case_routing_protocol_alone(struct world *w)
{
	take_state_routes(w);
	CU_ASSERT(!block_try(w, "a1", "ip route show table 5200 metric 1024 | grep -qv /16"));
	for (size_t i = 0; i < sizeof(learned_rows) / sizeof(learned_rows[0]); i++)
		if (!block_reaches(w, learned_rows[i].at, learned_rows[i].from, learned_rows[i].to,
				   REACH_MS))
			TEST_FAIL("%s does not reach %s by what BGP told it", learned_rows[i].at,
				  learned_rows[i].to);
	for (size_t i = 0; i < 4; i++) {
		end(w, plain[i]);
		end(w, routers[i]);
	}
	block_await(w, "a1", "ip route show table 5200 metric 1024 | grep -q wg0t1");
}
