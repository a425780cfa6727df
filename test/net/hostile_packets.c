/* Forged packets, a row each: where it must be counted as dropped, to the packet; and its positive
 * control in the same run, one condition reversed, which must arrive. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define EACH	  10
#define MANY	  100 /* where bytes are counted, which have handshakes and keepalives among them: */
#define GREETINGS 8   /* at most so many packets' worth */
#define ARRIVE_MS 6000 /* two that greet at the same moment try again after 5 s */
#define COUNT_MS  3000
#define BGP	  179
#define BFD	  3784
#define BFD_ECHO  3785
#define BFD_MULTI 4784

/* `reason` of the fences; WireGuard counts a source that allowed IPs refuse by having taken it
 * while no guard saw it. */
#define WIREGUARD NULL

struct row {
	const char *what;
	struct hostile_shot shot;
	const char *at, *list, *reason;
	/* It arrives at a sink; one to a port that no sink has counts as passed by the guard. */
	struct hostile_shot control;
};

#define UNDERLAY LAB_UNDERLAY

/* clang-format off */
/* To a sink's port; to another one; a TCP SYN. */
#define UDP(...)  {__VA_ARGS__, 0, 0}
#define PORT(...) {__VA_ARGS__, 0}
#define SYN(...)  {__VA_ARGS__, IPPROTO_TCP}

#define MEMBER_TO_GATEWAY UDP("r3", "g1", R3, G1)
#define CLEAR_TO_GATEWAY UDP(UNDERLAY, "g1", R3_UNDERLAY, G1_UNDERLAY)
#define CLEAR_TO_MEMBER UDP(UNDERLAY, "r2", R3_UNDERLAY, R2_UNDERLAY)
#define PORCH_TO_GATEWAY UDP("porch", "g1", PORCH, G1_PORCH)
#define VAULT_TO_ROUTER UDP("vault", "r2", VAULT, R2)
#define VAULT_TO_GATEWAY UDP("vault", "r2", VAULT, G1)

static const struct row member_rows[] = {
	{"to a prefix that no peering names", UDP("r3", "g1", R3, "192.168.77.1"),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to a prefix of the other mesh that the peering does not name", UDP("r3", "g1", R3, YARD),
	 "g1", "guard", "pair", MEMBER_TO_GATEWAY},
	{"named by the peering, to an address that is not", UDP("r1", "g1", R1, "10.121.0.99"),
	 "g1", "guard", "pair", UDP("r1", "g1", R1, B1)},
	/* From a peered mesh, ICMP errors could pass: that is what it is counted as. */
	{"to a machine that another one is shown", UDP("r3", "g1", R3, B1),
	 "g1", "guard", "icmp", UDP("r1", "g1", R1, B1)},
	{"of one peering to a machine of another", UDP("r1", "g1", R1, C1),
	 "g1", "guard", "icmp", UDP("r2", "g1", R2, C1)},
	{"the same, the other way", UDP("b1", "g1", B1, R2),
	 "g1", "guard", "pair", UDP("b1", "g1", B1, R1)},
	{"to a limited prefix, at its router", UDP("r3", "r2", R3, VAULT),
	 "r2", "guard", "pair", UDP("r1", "r2", R1, VAULT)},
	{"to a limited prefix, over a gateway", UDP("r3", "g1", R3, VAULT),
	 "g1", "guard", "pair", MEMBER_TO_GATEWAY},
	{"to the gateway's underlay address", UDP("r3", "g1", R3, G1_UNDERLAY),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to the gateway's LAN address", UDP("r3", "g1", R3, G1_PORCH),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to the gateway's LAN, by its broadcast address", UDP("r3", "g1", R3, "172.20.33.255"),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to a host in the gateway's LAN", UDP("r3", "g1", R3, PORCH),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to another's underlay address, over the gateway", UDP("r3", "g1", R3, R2_UNDERLAY),
	 "g1", "guard", "destination", MEMBER_TO_GATEWAY},
	{"to the gateway's loopback", UDP("r3", "g1", R3, "127.0.0.1"),
	 "g1", "guard", "martian", MEMBER_TO_GATEWAY},
	{"to the gateway's sibling address", SYN("r3", "g1", R3, "127.83.0.1", 17983),
	 "g1", "guard", "martian", MEMBER_TO_GATEWAY},
	{"to multicast", UDP("r3", "g1", R3, "224.0.0.5"),
	 "g1", "guard", "martian", MEMBER_TO_GATEWAY},
	{"to the mesh's broadcast address", UDP("r3", "g1", R3, "10.120.255.255"),
	 "g1", "guard", "martian", MEMBER_TO_GATEWAY},
	{"to the gateway in a peered mesh", UDP("r3", "g1", R3, G1_BLUE),
	 "g1", "guard", "pair", MEMBER_TO_GATEWAY},
	{"named by the peering, to the gateway in the peered mesh", UDP("r1", "g1", R1, G1_BLUE),
	 "g1", "guard", "pair", UDP("r1", "g1", R1, B1)},
	{"to BGP of the gateway's other BIRD", SYN("r3", "g1", R3, G1_BLUE, BGP),
	 "g1", "guard", "bgp", SYN("r3", "g1", R3, G1, BGP)},
	{"named by the peering, to BGP of the other BIRD",
	 SYN("r1", "g1", R1, G1_BLUE, BGP),
	 "g1", "guard", "bgp", SYN("r3", "g1", R3, G1, BGP)},
	{"to BFD of the gateway's other BIRD", PORT("r3", "g1", R3, G1_GREEN, BFD),
	 "g1", "guard", "bfd", PORT("r3", "g1", R3, G1, BFD)},
	{"to BFD of a plain member", PORT("r3", "r2", R3, R2, BFD),
	 "r2", "guard", "bfd", UDP("r3", "r2", R3, R2)},
	{"to BGP of a plain member", SYN("r3", "r2", R3, R2, BGP),
	 "r2", "guard", "bgp", UDP("r3", "r2", R3, R2)},
	{"as another member, to the gateway", UDP("r3", "g1", R1, G1),
	 "g1", "wireguard", WIREGUARD, MEMBER_TO_GATEWAY},
	{"as another member, to what that one is shown", UDP("r3", "g1", R1, B1),
	 "g1", "wireguard", WIREGUARD, UDP("r1", "g1", R1, B1)},
	{"as a host behind another member", UDP("r3", "g1", "172.20.33.200", G1),
	 "g1", "wireguard", WIREGUARD, MEMBER_TO_GATEWAY},
	{"as a user, to the limited prefix", UDP("r3", "r2", R1, VAULT),
	 "r2", "wireguard", WIREGUARD, UDP("r1", "r2", R1, VAULT)},
	{"as a machine of the other mesh, to whom it is shown", UDP("r3", "g1", B1, R1),
	 "g1", "wireguard", WIREGUARD, UDP("b1", "g1", B1, R1)},
	{"as a machine of the other mesh, to a member", UDP("r3", "r2", C1, R2),
	 "r2", "wireguard", WIREGUARD, UDP("c1", "g1", C1, R2)},
	{"as the gateway itself", UDP("r3", "g1", G1, G1),
	 "g1", "wireguard", WIREGUARD, MEMBER_TO_GATEWAY},
	{"as a host of the internet", UDP("r3", "g1", "192.0.2.77", G1),
	 "g1", "wireguard", WIREGUARD, MEMBER_TO_GATEWAY},
};

static const struct row clear_rows[] = {
	{"from a member, to the underlay address", UDP(UNDERLAY, "g1", R1, G1_UNDERLAY),
	 "g1", "fence", "mesh_source", CLEAR_TO_GATEWAY},
	{"to the gateway's mesh address", UDP(UNDERLAY, "g1", R3_UNDERLAY, G1),
	 "g1", "fence", "mesh_destination", CLEAR_TO_GATEWAY},
	{"to the gateway's address in another mesh", UDP(UNDERLAY, "g1", R3_UNDERLAY, G1_GREEN),
	 "g1", "fence", "mesh_destination", CLEAR_TO_GATEWAY},
	{"from a member, to the gateway's mesh address", UDP(UNDERLAY, "g1", R1, G1),
	 "g1", "fence", "mesh_source", CLEAR_TO_GATEWAY},
	{"to be forwarded to a member", UDP(UNDERLAY, "g1", R3_UNDERLAY, R1),
	 "g1", "fence", "mesh_destination", CLEAR_TO_GATEWAY},
	{"from a member, to be forwarded to whom it is shown", UDP(UNDERLAY, "g1", R1, B1),
	 "g1", "fence", "mesh_source", CLEAR_TO_GATEWAY},
	{"to WireGuard's port at the mesh address",
	 PORT(UNDERLAY, "g1", R3_UNDERLAY, G1, 51820),
	 "g1", "fence", "mesh_destination", CLEAR_TO_GATEWAY},
	{"to BGP at the mesh address", SYN(UNDERLAY, "g1", R1, G1, BGP),
	 "g1", "fence", "control", CLEAR_TO_GATEWAY},
	{"to BFD at the mesh address", PORT(UNDERLAY, "g1", R1, G1, BFD),
	 "g1", "fence", "control", CLEAR_TO_GATEWAY},
	{"from a network behind a member, to the underlay address",
	 UDP(UNDERLAY, "g1", YARD, G1_UNDERLAY),
	 "g1", "fence", "prefix_source", CLEAR_TO_GATEWAY},
	{"to a network behind a member", UDP(UNDERLAY, "g1", R3_UNDERLAY, YARD),
	 "g1", "fence", "prefix_destination", CLEAR_TO_GATEWAY},
	{"at a member: from another one, to its mesh address", UDP(UNDERLAY, "r2", R1, R2),
	 "r2", "fence", "mesh_source", CLEAR_TO_MEMBER},
	{"at a member: to its mesh address", UDP(UNDERLAY, "r2", R3_UNDERLAY, R2),
	 "r2", "fence", "mesh_destination", CLEAR_TO_MEMBER},
	{"at a member: from a user, to the network behind it", UDP(UNDERLAY, "r2", R1, VAULT),
	 "r2", "fence", "mesh_source", CLEAR_TO_MEMBER},
	{"at a member: to be forwarded to a third", UDP(UNDERLAY, "r2", R3_UNDERLAY, R1),
	 "r2", "fence", "mesh_destination", CLEAR_TO_MEMBER},
};

static const struct row lan_rows[] = {
	{"to its router's BGP", SYN("vault", "r2", VAULT, R2, BGP),
	 "r2", "fence", "control", VAULT_TO_ROUTER},
	{"to its router's BFD", PORT("vault", "r2", VAULT, R2, BFD),
	 "r2", "fence", "control", VAULT_TO_ROUTER},
	{"to its router's BFD, echo", PORT("vault", "r2", VAULT, R2, BFD_ECHO),
	 "r2", "fence", "control", VAULT_TO_ROUTER},
	{"to its router's BFD, multihop", PORT("vault", "r2", VAULT, R2, BFD_MULTI),
	 "r2", "fence", "control", VAULT_TO_ROUTER},
	{"to a gateway's BGP", SYN("vault", "r2", VAULT, G1, BGP),
	 "r2", "fence", "control", VAULT_TO_GATEWAY},
	{"to a gateway's BFD", PORT("vault", "r2", VAULT, G1, BFD),
	 "r2", "fence", "control", VAULT_TO_GATEWAY},
	{"as a member, to its router", UDP("vault", "r2", R1, R2),
	 "r2", "fence", "mesh_source", VAULT_TO_ROUTER},
	{"as a member, to another", UDP("vault", "r2", R1, G1),
	 "r2", "fence", "mesh_source", VAULT_TO_GATEWAY},
	{"as a host outside, to another", UDP("vault", "r2", "192.0.2.77", G1),
	 "r2", "fence", "mesh_destination", VAULT_TO_GATEWAY},
	{"of a LAN that is no prefix, to the router's mesh address", UDP("porch", "g1", PORCH, G1),
	 "g1", "fence", "mesh_destination", PORCH_TO_GATEWAY},
	{"of a LAN that is no prefix, to a member", UDP("porch", "g1", PORCH, R1),
	 "g1", "fence", "mesh_destination", PORCH_TO_GATEWAY},
	{"of a LAN that is no prefix, as a member", UDP("porch", "g1", R1, B1),
	 "g1", "fence", "mesh_source", PORCH_TO_GATEWAY},
	{"of a LAN that is no prefix, to BGP", SYN("porch", "g1", PORCH, G1, BGP),
	 "g1", "fence", "control", PORCH_TO_GATEWAY},
	{"of a LAN that is no prefix, to a network behind a member", UDP("porch", "g1", PORCH, YARD),
	 "g1", "fence", "prefix_destination", PORCH_TO_GATEWAY},
};
/* clang-format on */

static struct sink *sink;
static uint32_t next_mark = 1;

struct counted {
	uint64_t reason, dropped, passed, taken;
};

static int read_counted(const struct row *row, struct counted *out, struct fault *f)
{
	json_t *status = machine_agent_status(hostile_lab(), row->at, f);
	int code = status == NULL ? f->code : 0;

	*out = (struct counted){0};
	if (code == 0) {
		out->dropped = hostile_dropped(status);
		out->passed = hostile_counter(status, "guard", "passed");
		if (row->reason != WIREGUARD)
			out->reason = hostile_counter(status, row->list, row->reason);
		else
			code = hostile_taken(row->at, row->shot.sender, &out->taken, f);
	}
	json_decref(status);
	return code;
}

static int hear_control(const struct row *row, struct fault *f)
{
	uint32_t mark = next_mark++;
	int code = hostile_fire(&row->control, mark, EACH, f);
	uint64_t got = code == 0 ? sink_await(sink, mark, EACH, ARRIVE_MS) : 0;

	if (code == 0 && got != EACH)
		TEST_FAIL("%s: %d of the control arrived", row->what, (int)got);
	return code;
}

/* Where no sink listens, the guard's count has to say that it got in. */
static int count_control(const struct row *row, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), COUNT_MS);
	struct counted before, after = {0};
	int code = read_counted(row, &before, f);

	if (code == 0)
		code = hostile_fire(&row->control, next_mark++, EACH, f);
	while (code == 0 && after.passed < before.passed + EACH &&
	       !mono_reached(deadline, mono_now()))
		code = read_counted(row, &after, f);
	if (code == 0 && (after.passed < before.passed + EACH || after.reason != before.reason))
		TEST_FAIL("%s: the control did not pass", row->what);
	return code;
}

static int run_control(const struct row *row, struct fault *f)
{
	return row->control.port == 0 ? hear_control(row, f) : count_control(row, f);
}

static unsigned shots(const struct row *row)
{
	return row->reason == WIREGUARD ? MANY : EACH;
}

static uint64_t counted_as(const struct row *row, const struct counted *before,
			   const struct counted *now)
{
	return row->reason == WIREGUARD ? now->taken - before->taken : now->reason - before->reason;
}

static void judge(const struct row *row, const struct counted *before, const struct counted *now,
		  uint64_t through)
{
	uint64_t n = counted_as(row, before, now), all = now->dropped - before->dropped;
	uint64_t want = row->reason == WIREGUARD ? 0 : EACH, fired = shots(row);
	uint64_t most = fired + (row->reason == WIREGUARD ? GREETINGS : 0);

	if (through > 0)
		TEST_FAIL("%s: %d arrived", row->what, (int)through);
	if (n < fired || n > most || all != want)
		TEST_FAIL("%s: %d of %d counted at %s as %s %s; by both fences: %d", row->what,
			  (int)n, (int)fired, row->at, row->list,
			  row->reason != WIREGUARD ? row->reason : "", (int)all);
	else
		CU_PASS("counted");
}

static int run_row(const struct row *row, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), COUNT_MS);
	struct counted before, now;
	uint32_t mark = next_mark++;
	int code = read_counted(row, &before, f);

	if (code == 0)
		code = hostile_fire(&row->shot, mark, shots(row), f);
	do
		code = code == 0 ? read_counted(row, &now, f) : code;
	while (code == 0 && counted_as(row, &before, &now) < shots(row) &&
	       !mono_reached(deadline, mono_now()));
	if (code == 0)
		judge(row, &before, &now, sink_count(sink, mark));
	return code;
}

static void run_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fault f = {0};

		if (run_control(&rows[i], &f) != 0 || run_row(&rows[i], &f) != 0)
			TEST_FAIL("%s: %s", rows[i].what, f.text);
	}
}

/* Everywhere: it must not arrive at a machine that nobody thought of, either. */
static int open_sinks(struct fault *f)
{
	static const char *const hosts[] = {"vault", "yard", "porch"};
	struct place places[16];
	size_t n = 0;

	for (size_t i = 0; i < hostile_lab()->file.nnodes; i++)
		lab_place(hostile_lab(), hostile_lab()->file.nodes[i].name, &places[n++]);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		lab_place(hostile_lab(), hosts[i], &places[n++]);
	return sink_open(places, n, &sink, f);
}

void hostile_packets_are_dropped_and_counted(void)
{
	struct fault f = {0};

	if (hostile_seize(&f) != 0 || open_sinks(&f) != 0) {
		TEST_FAIL("%s", f.text);
		return;
	}
	run_rows(member_rows, sizeof(member_rows) / sizeof(member_rows[0]));
	run_rows(clear_rows, sizeof(clear_rows) / sizeof(clear_rows[0]));
	run_rows(lan_rows, sizeof(lan_rows) / sizeof(lan_rows[0]));
	sink_close(sink);
	sink = NULL;
}

/* ---- the status for people ---- */

/* A line of the screen: count, name, words; as the JSON has them. */
static void check_line(const char *screen, const json_t *row)
{
	const char *packets = json_string_value(json_object_get(row, "packets"));
	const char *name = json_string_value(json_object_get(row, "reason"));
	const char *text = json_string_value(json_object_get(row, "text"));
	char line[200];

	if (strcmp(name, "passed") == 0 || strcmp(name, "ipv6") == 0 || strcmp(packets, "0") == 0)
		return;
	snprintf(line, sizeof(line), "  %10s  %-18s %s\n", packets, name, text);
	if (strstr(screen, line) == NULL)
		TEST_FAIL("status does not show: %s", line);
	else
		CU_PASS("shown");
}

void hostile_status_shows_what_was_dropped(void)
{
	static const char *const lists[] = {"guard", "fence"};
	const char *const argv[] = {lab_program(hostile_lab(), "skein-agent"), "status", NULL};
	struct fault f = {0};
	struct buf screen;
	json_t *status, *row;
	size_t i;

	buf_init(&screen);
	status = machine_agent_status(hostile_lab(), "g1", &f);
	if (status == NULL ||
	    machine_run(hostile_lab(), "g1", argv, NULL, COUNT_MS, &screen, &f) != 0)
		TEST_FAIL("%s", f.text);
	for (size_t k = 0; status != NULL && k < 2; k++)
		json_array_foreach(json_object_get(status, lists[k]), i, row)
			check_line(buf_text(&screen), row);
	json_decref(status);
	buf_fini(&screen);
}
