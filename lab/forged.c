#include "lab/forged.h"

#include <string.h>

#include "lab/attack.h"
#include "lab/drops.h"
#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/traffic.h"

#define WG_MS	   20000
#define NFT_MS	   20000
#define COUNT_MS   15000 /* until counters show what was sent */
#define ARRIVE_MS  10000
#define BFD_PORT   3784
#define CABLE	   "eth0"
#define FIRST_MARK 1000

enum via { VIA_TRUNK, VIA_MAIN, VIA_UNDERLAY, VIA_LAN };

/* Addresses, as the rows below name them. */
enum who {
	WHO_ATTACKER,
	WHO_VICTIM,
	WHO_NEIGHBOUR,
	WHO_TARGET,
	WHO_GATEWAY,	   /* in the attacker's mesh */
	WHO_GATEWAY_OTHER, /* in the other one */
	WHO_GATEWAY_UNDERLAY,
	WHO_NEIGHBOUR_UNDERLAY,
	WHO_LOOPBACK,
	WHO_UNPEERED, /* in no mesh, no peering */
	WHO_HOST,
	WHO_ROUTER, /* of the host, in its mesh */
	WHO_COUNT
};

struct kind_row {
	const char *what;
	enum via via;
	enum who from, to;
	uint16_t port; /* 0: where sinks listen */
};

static const struct kind_row kind_rows[] = {
	{"member, as another member, to the other mesh", VIA_TRUNK, WHO_VICTIM, WHO_TARGET, 0},
	{"member, as another member, to a third", VIA_MAIN, WHO_VICTIM, WHO_NEIGHBOUR, 0},
	{"member, to a prefix of no peering", VIA_TRUNK, WHO_ATTACKER, WHO_UNPEERED, 0},
	{"member, to the gateway's underlay address", VIA_TRUNK, WHO_ATTACKER, WHO_GATEWAY_UNDERLAY,
	 0},
	{"member, to the gateway's loopback", VIA_TRUNK, WHO_ATTACKER, WHO_LOOPBACK, 0},
	{"member, to BFD of the gateway's other mesh", VIA_TRUNK, WHO_ATTACKER, WHO_GATEWAY_OTHER,
	 BFD_PORT},
	{"neighbour, clear text, from a mesh address", VIA_UNDERLAY, WHO_VICTIM,
	 WHO_GATEWAY_UNDERLAY, 0},
	{"neighbour, clear text, to a mesh address", VIA_UNDERLAY, WHO_NEIGHBOUR_UNDERLAY,
	 WHO_GATEWAY, 0},
	{"neighbour, clear text, both, to be forwarded", VIA_UNDERLAY, WHO_VICTIM, WHO_TARGET, 0},
	{"host behind a member, to its router's BFD", VIA_LAN, WHO_HOST, WHO_ROUTER, BFD_PORT},
};

_Static_assert(sizeof(kind_rows) / sizeof(kind_rows[0]) <= FORGED_KINDS_MAX, "room for results");

struct assault {
	struct lab *lab;
	const struct forged_plan *plan;
	struct address who[WHO_COUNT];
	char trunk[16];
	char key[64]; /* the attacker's public key, as `wg` writes it */
	const struct lab_network *network;
	uint8_t gateway_mac[6], router_mac[6];
	struct sink *sink;
};

/* ---- the attacker's machine ---- */

static int ask_wg(struct assault *a, const char *machine, const char *const *argv, struct buf *out,
		  struct fault *f)
{
	int code = machine_run(a->lab, machine, argv, NULL, WG_MS, out, f);

	if (code == 0 && out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	return code;
}

/* Everything may be sent through the trunk now, as far as the attacker is concerned. */
static int open_trunk(struct assault *a, struct fault *f)
{
	const char *const list[] = {"wg", "show", a->trunk, "peers", NULL};
	const char *const own[] = {"wg", "show", "wg0", "public-key", NULL};
	const char *attacker = a->plan->attacker;
	struct buf peer, key;
	int code;

	buf_init(&peer);
	buf_init(&key);
	code = ask_wg(a, attacker, list, &peer, f);
	if (code == 0)
		code = ask_wg(a, attacker, own, &key, f);
	if (code == 0) {
		const char *const set[] = {
			"wg",	       "set",	    a->trunk, "peer", buf_text(&peer),
			"allowed-ips", "0.0.0.0/0", NULL};

		snprintf(a->key, sizeof(a->key), "%s", buf_text(&key));
		code = machine_run(a->lab, attacker, set, NULL, WG_MS, NULL, f);
	}
	buf_fini(&peer);
	buf_fini(&key);
	return code;
}

/* What the machine itself says into the mesh (to BGP and BFD that are no longer there) would count
 * as ours. Forged packets are put on the device behind this. */
static const char silence[] = "table inet attacker {\n"
			      "	chain out {\n"
			      "		type filter hook output priority filter;\n"
			      "		oifname \"wg*\" drop\n"
			      "	}\n"
			      "}\n";

static int nft(struct assault *a, const char *script, struct fault *f)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};

	return machine_run(a->lab, a->plan->attacker, argv, script, NFT_MS, NULL, f);
}

static int seize(struct assault *a, struct fault *f)
{
	int code = outage_cause(a->lab, a->plan->attacker, "agent", f);

	if (code == 0)
		code = outage_cause(a->lab, a->plan->attacker, "bird", f);
	if (code == 0)
		code = nft(a, silence, f);
	return code == 0 ? open_trunk(a, f) : code;
}

/* Its agent puts right what the attacker has changed. */
static int release(struct assault *a, struct fault *f)
{
	int code = nft(a, "add table inet attacker\ndelete table inet attacker\n", f);

	return code == 0 ? outage_end(a->lab, a->plan->attacker, f) : code;
}

/* ---- counters ---- */

struct counted {
	struct drops drops;
	uint64_t received; /* forged packets, by the bytes that WireGuard took from the attacker */
};

/* On the machines that a forged packet can get to first. */
static int read_counted(struct assault *a, struct counted *out, struct fault *f)
{
	const char *machines[] = {a->plan->gateway, a->plan->neighbour,
				  a->network != NULL ? a->network->behind : NULL};
	int code = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < 3 && machines[i] != NULL && code == 0; i++) {
		struct drops d;
		uint64_t bytes = 0;

		code = drops_read(a->lab, machines[i], &d, f);
		if (code == 0)
			code = traffic_received(a->lab, machines[i], a->key, &bytes, f);
		if (code != 0)
			break;
		out->drops.guard += d.guard;
		out->drops.fence += d.fence;
		out->drops.wireguard += d.wireguard;
		out->received += bytes;
	}
	return code;
}

static uint64_t at_most(uint64_t n, uint64_t max)
{
	return n < max ? n : max;
}

/* What WireGuard decrypted and no guard saw was refused by its allowed IPs. (The kernel's counts
 * these itself, and not as received.) What else WireGuard itself still sends, keepalives and
 * handshakes, is a fraction of one packet of ours. */
static void compare(const struct counted *before, const struct counted *now, bool by_member,
		    struct forged_kind *k)
{
	uint64_t taken = (now->received - before->received) / (ATTACK_SIZE + TRAFFIC_OVERHEAD);

	k->guard = at_most(now->drops.guard - before->drops.guard, k->sent);
	k->fence = at_most(now->drops.fence - before->drops.fence, k->sent);
	k->wireguard = now->drops.wireguard - before->drops.wireguard;
	if (by_member && taken > k->guard + k->fence + k->through)
		k->wireguard += taken - k->guard - k->fence - k->through;
	k->wireguard = at_most(k->wireguard, k->sent);
}

/* ---- the attack ---- */

static const char *sender_of(const struct assault *a, enum via via)
{
	switch (via) {
	case VIA_TRUNK:
	case VIA_MAIN:
		return a->plan->attacker;
	case VIA_UNDERLAY:
		return LAB_UNDERLAY; /* the only neighbour that a routed cable has */
	case VIA_LAN:
		return a->network->name;
	}
	return NULL;
}

static void aim(const struct assault *a, const struct kind_row *row, struct forgery *out)
{
	*out = (struct forgery){
		.from = a->who[row->from], .to = a->who[row->to], .port = row->port};
	switch (row->via) {
	case VIA_TRUNK:
		out->device = a->trunk;
		break;
	case VIA_MAIN:
		out->device = "wg0";
		break;
	case VIA_UNDERLAY:
		out->device = a->plan->gateway;
		out->mac = a->gateway_mac;
		break;
	case VIA_LAN:
		out->device = CABLE;
		out->mac = a->router_mac;
		break;
	}
}

static int run_kind(struct assault *a, const struct kind_row *row, uint32_t mark,
		    struct forged_kind *k, struct fault *f)
{
	bool by_member = row->via == VIA_TRUNK || row->via == VIA_MAIN;
	struct counted before, now;
	struct forgery forgery;
	struct mono deadline;
	struct place from;
	int code = read_counted(a, &before, f);

	*k = (struct forged_kind){.what = row->what, .sent = FORGED_EACH};
	aim(a, row, &forgery);
	lab_place(a->lab, sender_of(a, row->via), &from);
	if (code == 0)
		code = attack_send(&from, &forgery, mark, FORGED_EACH, f);
	deadline = mono_add_ms(mono_now(), COUNT_MS);
	while (code == 0) {
		code = read_counted(a, &now, f);
		k->through = sink_count(a->sink, mark);
		if (code == 0)
			compare(&before, &now, by_member, k);
		if (k->guard + k->fence + k->wireguard >= k->sent ||
		    mono_reached(deadline, mono_now()))
			break;
	}
	return code;
}

/* The same kind of packet from the attacker's own address to where it may go: it arrives, so the
 * others could have. */
static int run_control(struct assault *a, bool *arrived, struct fault *f)
{
	const struct kind_row row = {"control", VIA_TRUNK, WHO_ATTACKER, WHO_TARGET, 0};
	struct forgery forgery;
	struct place from;
	int code;

	aim(a, &row, &forgery);
	lab_place(a->lab, a->plan->attacker, &from);
	code = attack_send(&from, &forgery, FIRST_MARK, FORGED_EACH, f);
	*arrived =
		code == 0 && sink_await(a->sink, FIRST_MARK, FORGED_EACH, ARRIVE_MS) == FORGED_EACH;
	return code;
}

/* ---- preparation ---- */

static int find_member(const operator_member_vec *members, const char *machine, const char *mesh,
		       const struct operator_member **out, struct fault *f)
{
	*out = operator_find_member(members, machine, mesh);
	return *out != NULL ? 0 : fault_set(f, ERR_NOT_FOUND, "%s is not in %s", machine, mesh);
}

static int find_addresses(struct assault *a, const operator_member_vec *members, struct fault *f)
{
	const struct forged_plan *plan = a->plan;
	const struct {
		const char *machine;
		int mesh;
		enum who who;
	} rows[] = {{plan->attacker, 0, WHO_ATTACKER},	 {plan->victim, 0, WHO_VICTIM},
		    {plan->neighbour, 0, WHO_NEIGHBOUR}, {plan->target, 1, WHO_TARGET},
		    {plan->gateway, 0, WHO_GATEWAY},	 {plan->gateway, 1, WHO_GATEWAY_OTHER}};
	const struct operator_member *m;
	int code = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && code == 0; i++) {
		code = find_member(members, rows[i].machine, plan->meshes[rows[i].mesh], &m, f);
		if (code != 0)
			return code;
		a->who[rows[i].who] = m->address;
		if (rows[i].who == WHO_GATEWAY)
			snprintf(a->trunk, sizeof(a->trunk), "wg0t%u", m->slot);
	}
	a->who[WHO_GATEWAY_UNDERLAY] = lab_file_node(&a->lab->file, plan->gateway)->address;
	a->who[WHO_NEIGHBOUR_UNDERLAY] = lab_file_node(&a->lab->file, plan->neighbour)->address;
	a->who[WHO_LOOPBACK] = address_ipv4(0x7f000001);
	a->who[WHO_UNPEERED] = address_ipv4(0xc0a84d01); /* 192.168.77.1 */
	if (plan->host == NULL)
		return 0;
	a->network = lab_file_network(&a->lab->file, plan->host);
	code = find_member(members, a->network->behind, plan->meshes[1], &m, f);
	if (code == 0)
		a->who[WHO_ROUTER] = m->address;
	a->who[WHO_HOST] = a->network->host;
	return code;
}

static int read_macs(struct assault *a, struct fault *f)
{
	struct place p;
	int code;

	lab_place(a->lab, a->plan->gateway, &p);
	code = attack_read_mac(&p, CABLE, a->gateway_mac, f);
	if (code != 0 || a->network == NULL)
		return code;
	lab_place(a->lab, a->network->behind, &p);
	return attack_read_mac(&p, a->network->name, a->router_mac, f);
}

struct place_list {
	struct place at[64];
	size_t n;
};

/* Everywhere: a forged packet must not arrive at a machine that nobody thought of, either. */
static int open_sinks(struct assault *a, struct fault *f)
{
	const struct lab_file *file = &a->lab->file;
	const struct lab_network *networks = file->networks.at;
	struct place_list list = {.n = 0};

	for (size_t i = 0; i < file->nnodes && list.n < 64; i++)
		lab_place(a->lab, file->nodes[i].name, &list.at[list.n++]);
	for (size_t i = 0; i < file->networks.n && list.n < 64; i++)
		lab_place(a->lab, networks[i].name, &list.at[list.n++]);
	return sink_open(list.at, list.n, &a->sink, f);
}

int forged_run(struct lab *lab, const operator_member_vec *members, const struct forged_plan *plan,
	       struct forged_result *out, struct fault *f)
{
	struct assault a = {.lab = lab, .plan = plan};
	int code = find_addresses(&a, members, f), released;

	memset(out, 0, sizeof(*out));
	if (code == 0)
		code = read_macs(&a, f);
	if (code == 0)
		code = open_sinks(&a, f);
	if (code == 0)
		code = seize(&a, f);
	if (code == 0)
		code = run_control(&a, &out->control_arrived, f);
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]) && code == 0; i++) {
		struct forged_kind *k = &out->kinds[out->nkinds];

		if (kind_rows[i].via == VIA_LAN && a.network == NULL)
			continue;
		code = run_kind(&a, &kind_rows[i], FIRST_MARK + 1 + (uint32_t)i, k, f);
		out->nkinds++;
		out->sent += k->sent;
		out->through += k->through;
		out->counted += k->guard + k->fence + k->wireguard;
	}
	sink_close(a.sink);
	released = release(&a, code == 0 ? f : &(struct fault){0});
	return code == 0 ? released : code;
}
