/* The guard on real devices, with real packets: guard_world.h has the drawing. Each row says which
 * counter its packet moves and where it comes out; for each line of the specification there are
 * rows that must pass beside rows that must not. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/tc.h"
#include "test/net/guard_world.h"
#include "test/test.h"

struct row {
	const char *name;
	enum world_device device;
	enum guard_reason want;
	unsigned comes_out;
	struct packet_spec packet;
};

#define UNGUARDED     GUARD_REASON_COUNT
#define FROM_TO(s, d) .source = (s), .destination = (d)
#define QUOTES(s, d)  .protocol = IPPROTO_ICMP, .quote_source = (s), .quote_destination = (d)
#define TCP	      .protocol = IPPROTO_TCP
#define PING	      .protocol = IPPROTO_ICMP

/* What is delivered to this machine. */
static const struct row delivery[] = {
	{"a member to the own address",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1")}},
	{"the last address of the mesh is a member's",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.255.254", "10.100.0.1"), PING}},
	{"over another device of the mesh",
	 TRUNKA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1")}},
	{"to the own address in the other mesh",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.101.0.1")}},
	{"a shown one to the own address in the other mesh",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("10.100.0.2", "10.101.0.1"), PING}},
	{"to the underlay address",
	 MESHA,
	 GUARD_DESTINATION,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "203.0.113.1")}},
	{"to the underlay address from the LAN",
	 LAN,
	 UNGUARDED,
	 TO_SELF,
	 {FROM_TO("192.168.7.5", "203.0.113.1")}},
	{"to the address in the LAN, by who may use it",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "192.168.7.1")}},
	{"to the address in the LAN, by another",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("10.100.0.6", "192.168.7.1")}},
	{"to loopback", MESHA, GUARD_MARTIAN, NOWHERE, {FROM_TO("10.100.0.5", "127.0.0.1")}},
	{"from loopback", MESHA, GUARD_MARTIAN, NOWHERE, {FROM_TO("127.0.0.1", "10.100.0.1")}},
	{"from nowhere", MESHA, GUARD_MARTIAN, NOWHERE, {FROM_TO("0.0.0.0", "10.100.0.1")}},
	{"to a multicast group",
	 MESHA,
	 GUARD_MARTIAN,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "224.0.0.5")}},
	{"to everybody", MESHA, GUARD_MARTIAN, NOWHERE, {FROM_TO("10.100.0.5", "255.255.255.255")}},
	{"to the mesh's broadcast address",
	 MESHA,
	 GUARD_MARTIAN,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.255.255")}},
	{"from the mesh's network address",
	 MESHA,
	 GUARD_MARTIAN,
	 NOWHERE,
	 {FROM_TO("10.100.0.0", "10.100.0.1")}},
	{"from the own address",
	 MESHA,
	 GUARD_OWN_SOURCE,
	 NOWHERE,
	 {FROM_TO("10.100.0.1", "10.100.0.1")}},
	{"from the own address in the other mesh",
	 MESHA,
	 GUARD_OWN_SOURCE,
	 NOWHERE,
	 {FROM_TO("10.101.0.1", "10.100.0.1")}},
	{"from the underlay address",
	 MESHA,
	 GUARD_OWN_SOURCE,
	 NOWHERE,
	 {FROM_TO("203.0.113.1", "10.100.0.1")}},
	{"from a stranger", MESHA, GUARD_SOURCE, NOWHERE, {FROM_TO("198.51.100.1", "10.100.0.1")}},
};

/* What passes through. */
static const struct row forwarding[] = {
	{"within the mesh", MESHA, GUARD_PASSED, TO_MESHA, {FROM_TO("10.100.0.5", "10.100.0.6")}},
	{"to a member's prefix",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHA,
	 {FROM_TO("10.100.0.5", "172.20.1.9")}},
	{"to a prefix that nobody announces",
	 MESHA,
	 GUARD_DESTINATION,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "172.20.9.9")}},
	{"to the LAN, by who may use it",
	 MESHA,
	 GUARD_PASSED,
	 TO_LAN,
	 {FROM_TO("10.100.0.5", "192.168.7.50")}},
	{"to the LAN, by another",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("10.100.0.6", "192.168.7.50")}},
	{"a peering, there", MESHA, GUARD_PASSED, TO_MESHB, {FROM_TO("172.20.1.5", "172.21.1.9")}},
	{"a peering, back", MESHB, GUARD_PASSED, TO_MESHA, {FROM_TO("172.21.1.9", "172.20.1.5")}},
	{"a peering, machines",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHB,
	 {FROM_TO("10.100.0.2", "10.101.0.2")}},
	{"the second peering",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHB,
	 {FROM_TO("172.20.2.5", "172.21.2.9"), TCP, .from = 4000, .to = 80}},
	{"from the first to the second",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("172.20.1.5", "172.21.2.9")}},
	{"from the second to the first",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("172.20.2.5", "172.21.1.9")}},
	{"a member that no peering names",
	 MESHA,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.100.0.7", "172.21.1.9")}},
	{"to a machine that no peering names",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("172.20.1.5", "10.101.0.7")}},
	{"BGP between others passes by",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHA,
	 {FROM_TO("10.100.0.5", "10.100.0.6"), TCP, .from = 4000, .to = 179}},
	{"a later fragment of who may",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHB,
	 {FROM_TO("172.20.1.5", "172.21.1.9"), .fragment = 5, .payload = 8}},
	{"a later fragment of who may not",
	 MESHA,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("172.20.1.5", "172.21.2.9"), .fragment = 5, .payload = 8}},
};

/* Errors from outside a peering about what is inside. */
static const struct row errors[] = {
	{"too large, on the way",
	 MESHB,
	 GUARD_PASSED,
	 TO_MESHA,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.5", "172.21.1.9")}},
	{"time exceeded",
	 MESHB,
	 GUARD_PASSED,
	 TO_MESHA,
	 {FROM_TO("10.101.0.7", "10.100.0.2"), .icmp = 11, QUOTES("10.100.0.2", "10.101.0.2")}},
	{"parameter problem",
	 MESHB,
	 GUARD_PASSED,
	 TO_MESHA,
	 {FROM_TO("10.101.0.7", "172.20.2.5"), .icmp = 12, QUOTES("172.20.2.5", "172.21.2.9")}},
	{"the other way",
	 MESHA,
	 GUARD_PASSED,
	 TO_MESHB,
	 {FROM_TO("10.100.0.7", "172.21.1.9"), .icmp = 3, QUOTES("172.21.1.9", "172.20.1.5")}},
	{"a redirect",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 5, QUOTES("172.20.1.5", "172.21.1.9")}},
	{"a request", MESHB, GUARD_ICMP, NOWHERE, {FROM_TO("10.101.0.7", "172.20.1.5"), PING}},
	{"quotes another's packet",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.6", "172.21.1.9")}},
	{"quotes what no peering allows",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.5", "172.21.2.9")}},
	{"quotes a packet to itself, barred",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.5", "10.101.0.7")}},
	{"quotes too little",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.5", "172.21.1.9"),
	  .payload = 24}},
	{"in fragments",
	 MESHB,
	 GUARD_ICMP,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "172.20.1.5"), .icmp = 3, QUOTES("172.20.1.5", "172.21.1.9"),
	  .fragment = IP_MF, .payload = 32}},
	{"to whom no peering names",
	 MESHB,
	 GUARD_PAIR,
	 NOWHERE,
	 {FROM_TO("10.101.0.7", "10.100.0.9"), .icmp = 3, QUOTES("10.100.0.9", "172.21.1.9")}},
};

/* BGP and BFD to this machine. */
static const struct row control[] = {
	{"BGP of a speaker",
	 TRUNKA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), TCP, .from = 4000, .to = 179}},
	{"a speaker's answer",
	 TRUNKA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), TCP, .from = 179, .to = 4000}},
	{"BFD of a speaker",
	 TRUNKA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), .from = 50000, .to = 3784}},
	{"BGP of a speaker over the wrong device",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), TCP, .from = 4000, .to = 179}},
	{"BFD of a speaker over the wrong device",
	 MESHA,
	 GUARD_BFD,
	 NOWHERE,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), .from = 50000, .to = 3784}},
	{"another service of a speaker over that device",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.2", "10.100.0.1"), TCP, .from = 4000, .to = 22}},
	{"a speaker on the main device",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.3", "10.100.0.1"), TCP, .from = 4000, .to = 179}},
	{"BGP of a member",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .from = 4000, .to = 179}},
	{"an answer that nobody asked for",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .from = 179, .to = 4000}},
	{"its port with UDP",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 4000, .to = 179}},
	{"BFD of a member",
	 MESHA,
	 GUARD_BFD,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 50000, .to = 3784}},
	{"BFD echo",
	 MESHA,
	 GUARD_BFD,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 50000, .to = 3785}},
	{"BFD multihop",
	 MESHA,
	 GUARD_BFD,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 50000, .to = 4784}},
	{"BFD's port with TCP",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .from = 4000, .to = 3784}},
	{"BGP to the other mesh's address",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.2", "10.101.0.1"), TCP, .from = 4000, .to = 1790}},
	{"the other mesh's BGP port is its own",
	 MESHB,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.101.0.5", "10.101.0.1"), TCP, .from = 4000, .to = 1790}},
	{"where 179 is any port",
	 MESHB,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.101.0.5", "10.101.0.1"), TCP, .from = 4000, .to = 179}},
	{"a stranger's BGP",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("198.51.100.1", "10.100.0.1"), TCP, .from = 4000, .to = 179}},
	{"BGP in a first fragment",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .from = 4000, .to = 179, .fragment = IP_MF,
	  .payload = 16}},
	{"a first fragment that hides its ports",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .from = 4000, .to = 179, .fragment = IP_MF,
	  .payload = 4}},
	{"a first fragment of something else",
	 MESHA,
	 GUARD_PASSED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 4000, .to = 53, .fragment = IP_MF,
	  .payload = 16}},
	{"a packet too short for ports",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .from = 4000, .to = 53, .payload = 3}},
};

#define OPTIONS(text) .options = (text), .noptions = sizeof(text) - 1

/* Headers. */
static const struct row headers[] = {
	{"options that do no harm",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x01\x01\x01\x00")}},
	{"record route",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x07\x07\x04\0\0\0\0\0")}},
	{"the ports are found behind options",
	 MESHA,
	 GUARD_BGP,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), TCP, .to = 179, OPTIONS("\x07\x07\x04\0\0\0\0\0")}},
	{"loose source route",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x83\x07\x04\x0a\x65\x00\x07\0")}},
	{"strict source route behind others",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"),
	  OPTIONS("\x01\x01\x89\x07\x04\x0a\x65\0\x07\0\0\0")}},
	{"an option without a length",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x01\x01\x01\x07")}},
	{"an option of length 0",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x07\x00\x01\x01")}},
	{"an option beyond the header",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\x07\x09\x04\0\0\0\0\0")}},
	{"all forty bytes of options",
	 MESHA,
	 GUARD_PASSED,
	 TO_SELF,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), OPTIONS("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
						       "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")}},
	{"a source route at their very end",
	 MESHA,
	 GUARD_SOURCE_ROUTE,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"),
	  OPTIONS("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\x83\7\4\0\0\0"
		  "\0")}},
	{"shorter than it says",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .cut = 1}},
	{"half a header",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .cut = 34}},
	{"a header of 16 bytes",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .ihl = 4}},
	{"a header longer than the packet",
	 MESHA,
	 GUARD_TRUNCATED,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .ihl = 15}},
	{"IPv6",
	 MESHA,
	 GUARD_IPV6,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .version = 6, .ethertype = 0x86dd}},
	{"IPv6 called IPv4",
	 MESHA,
	 GUARD_IPV6,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .version = 6}},
	{"neither",
	 MESHA,
	 GUARD_NOT_IP,
	 NOWHERE,
	 {FROM_TO("10.100.0.5", "10.100.0.1"), .ethertype = 0x0806}},
	{"IPv5", MESHA, GUARD_NOT_IP, NOWHERE, {FROM_TO("10.100.0.5", "10.100.0.1"), .version = 5}},
};

static struct guard *guard;

static struct guard *open_guard(void)
{
	struct guard *g = NULL;
	struct fault f = {0};

	if (guard_open(world_directory(), &g, &f) != 0)
		TEST_FAIL("guard_open: %s", f.text);
	return g;
}

static void attach_all(struct guard *g)
{
	struct fault f = {0};

	for (enum world_device d = 0; d < LAN; d++)
		if (guard_attach(g, world_ifindex(d), &f) != 0)
			TEST_FAIL("guard_attach: %s", f.text);
}

static void apply(struct guard *g, const struct guard_input *in)
{
	struct fault f = {0};

	if (guard_apply(g, in, &f) != 0)
		TEST_FAIL("guard_apply: %s", f.text);
}

/* Which counters moved, in words: "passed 1". */
static void check_counters(const char *name, const uint64_t before[GUARD_REASON_COUNT],
			   enum guard_reason want)
{
	uint64_t after[GUARD_REASON_COUNT];

	guard_counters(guard, after, NULL);
	for (enum guard_reason r = 0; r < GUARD_REASON_COUNT; r++) {
		uint64_t moved = after[r] - before[r];

		if (moved != (r == want))
			TEST_FAIL("%s: counter %s moved by %llu", name, guard_reason_name(r),
				  (unsigned long long)moved);
	}
}

static void check_row(const struct row *row, enum guard_reason want, unsigned comes_out)
{
	uint64_t before[GUARD_REASON_COUNT];
	unsigned where;

	guard_counters(guard, before, NULL);
	where = world_trace(row->device, &row->packet, comes_out);
	if (where != comes_out)
		TEST_FAIL("%s: came out at %#x, want %#x", row->name, where, comes_out);
	check_counters(row->name, before, want);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(&rows[i], rows[i].want, rows[i].comes_out);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))
#define FIRST_PASSES	 (&delivery[0])
#define FIRST_BARRED	 (&delivery[3])

static void without_rules_nothing_gets_in(void)
{
	guard = open_guard();
	if (guard == NULL)
		return;
	check_row(FIRST_PASSES, GUARD_REASON_COUNT, TO_SELF); /* not attached yet */
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_SOURCE, NOWHERE);
}

static void each_packet_has_its_verdict(void)
{
	apply(guard, world_input());
	CHECK_ROWS(delivery);
	CHECK_ROWS(forwarding);
	CHECK_ROWS(errors);
	CHECK_ROWS(control);
	CHECK_ROWS(headers);
}

static void it_stands_without_its_agent(void)
{
	guard_close(guard);
	CU_ASSERT(world_trace(MESHA, &FIRST_PASSES->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, NOWHERE) == NOWHERE);
	guard = open_guard();
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

static void a_failed_update_changes_nothing(void)
{
	struct guard_input in = *world_input();
	struct guard_membership m = in.memberships[0];
	struct guard_speaker many[2] = {{m.speakers[0].source, 1}, {m.speakers[0].source, 0}};
	struct fault f = {0};

	m.speakers = many;
	m.nspeakers = 2;
	in.memberships = &m;
	in.n = 1;
	TEST_NUMBER(guard_apply(guard, &in, &f), ERR_INVALID);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(&control[0], GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

/* Changes the rules until it is killed; a byte into the pipe for each time. */
static void change_rules(int done)
{
	struct guard *g = NULL;
	int e = guard_open(world_directory(), &g, NULL);

	for (int i = 0; e == 0; i++) {
		e = guard_apply(g, i % 2 ? world_input() : world_input_other(), NULL);
		if (e == 0 && write(done, "", 1) != 1)
			break;
	}
	_exit(1);
}

/* While a child changes the rules, all the time, who may passes always, and who may not never. */
static void an_update_is_seen_whole(void)
{
	const struct packet_spec *may = &forwarding[5].packet, *may_not = &forwarding[9].packet;
	uint64_t before[GUARD_REASON_COUNT], after[GUARD_REASON_COUNT];
	uint64_t sent = 0;
	char bytes[4096];
	int done[2], changed = 0;
	pid_t child;

	if (pipe2(done, O_CLOEXEC | O_NONBLOCK) != 0 || (child = fork()) < 0) {
		TEST_FAIL("no child");
		return;
	}
	if (child == 0)
		change_rules(done[1]);
	close(done[1]);
	guard_counters(guard, before, NULL);
	while (changed < 50 || sent < 5000) {
		ssize_t n = read(done[0], bytes, sizeof(bytes));

		if (n == 0) {
			TEST_FAIL("the child failed after %d changes", changed);
			break;
		}
		changed += n > 0 ? (int)n : 0;
		for (int i = 0; i < 50; i++, sent++) {
			world_send(MESHA, may, 1);
			world_send(MESHA, may_not, 1);
		}
	}
	guard_counters(guard, after, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(done[0]);
	TEST_NUMBER(after[GUARD_PASSED] - before[GUARD_PASSED], sent);
	TEST_NUMBER(after[GUARD_PAIR] - before[GUARD_PAIR], sent);
	/* It died in the middle of something: the next one makes good. */
	apply(guard, world_input());
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

static uint64_t send_many(const struct row *row, unsigned n, enum guard_reason r)
{
	uint64_t before[GUARD_REASON_COUNT], after[GUARD_REASON_COUNT];

	guard_counters(guard, before, NULL);
	for (unsigned i = 0; i < n; i++)
		world_send(row->device, &row->packet, 1);
	guard_counters(guard, after, NULL);
	return after[r] - before[r];
}

static void one_speaker_cannot_take_it_all(void)
{
	struct guard_input in = *world_input();
	uint64_t passed;

	in.control_rate = 10;
	in.control_burst = 50;
	apply(guard, &in);
	passed = send_many(&control[2], 500, GUARD_PASSED);
	if (passed < 50 || passed > 100)
		TEST_FAIL("%llu packets passed, the burst is 50", (unsigned long long)passed);
	CU_ASSERT(send_many(&control[2], 10, GUARD_POLICED) > 5);
	check_row(&control[6], GUARD_PASSED, TO_SELF); /* another speaker has a bucket of its own */
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF); /* and it is for BGP and BFD only */
	apply(guard, world_input());
	/* By default a speaker may do what no session comes near: BFD every 10 ms for 10 s. */
	TEST_NUMBER(send_many(&control[2], 1000, GUARD_PASSED), 1000);
}

static void a_newer_program_takes_over(void)
{
	char old[400], own[400];
	uint64_t before[GUARD_REASON_COUNT];

	/* What a program of another agent leaves: pins under another digest. */
	snprintf(old, sizeof(old), "mv %s/guard-* %s/guard-0000000000000000", world_directory(),
		 world_directory());
	snprintf(own, sizeof(own), "test ! -e %s/guard-0000000000000000", world_directory());
	guard_close(guard);
	TEST_NUMBER(system(old), 0);
	guard = open_guard();
	guard_counters(guard, before, NULL);
	/* The devices still have the old one, with its rules. */
	CU_ASSERT(world_trace(MESHA, &FIRST_PASSES->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, NOWHERE) == NOWHERE);
	check_counters("the old program", before, GUARD_REASON_COUNT);
	apply(guard, world_input());
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(system(own), 0);
}

static void a_device_comes_and_goes(void)
{
	struct fault f = {0};
	uint32_t ifindex = world_ifindex(MESHA);

	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_REASON_COUNT, TO_SELF); /* nothing else stops it */
	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	TEST_NUMBER(guard_attach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(guard_attach(guard, 999999, &f), ERR_NOT_FOUND);
}

/* Kernels without tcx: a filter of clsact does the same. */
static void a_filter_does_where_there_is_no_link(void)
{
	struct fault f = {0};
	uint32_t ifindex = world_ifindex(MESHA);
	int program = guard_program(guard);

	guard_detach(guard, ifindex, &f);
	TEST_NUMBER(tc_attach(world_directory(), program, ifindex, TC_FILTER, &f), 0);
	TEST_NUMBER(tc_attach(world_directory(), program, ifindex, TC_FILTER, &f), 0);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_REASON_COUNT, TO_SELF);
	if (f.code != 0)
		TEST_FAIL("%s", f.text);
}

static void leaving_takes_all_of_it_away(void)
{
	struct fault f = {0};

	attach_all(guard);
	guard_close(guard);
	guard = NULL;
	TEST_NUMBER(guard_remove(world_directory(), &f), 0);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(access(world_directory(), F_OK) != 0);
	TEST_NUMBER(guard_remove(world_directory(), &f), 0);
}

TEST_SUITE_WITH(net_guard, world_make, world_break,
		{"without rules nothing gets in", without_rules_nothing_gets_in},
		{"each packet has its verdict", each_packet_has_its_verdict},
		{"it stands without its agent", it_stands_without_its_agent},
		{"a failed update changes nothing", a_failed_update_changes_nothing},
		{"an update is seen whole", an_update_is_seen_whole},
		{"one speaker cannot take it all", one_speaker_cannot_take_it_all},
		{"a newer program takes over", a_newer_program_takes_over},
		{"a device comes and goes", a_device_comes_and_goes},
		{"a filter does where there is no link", a_filter_does_where_there_is_no_link},
		{"leaving takes all of it away", leaving_takes_all_of_it_away});
