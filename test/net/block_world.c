/*	red 10.112.0.0/16                                  blue 10.113.0.0/16
 *
 *	attic  172.20.31/24 ── a1    g1 ── desk            b1 ── warren 192.168.0.0/16
 *	cellar 192.168.31/24 ─┘       192.168.77/24        └──── burrow 172.20.32/24
 *	barn   172.20.32/24 ── a2    g1, g2 in both        b2 ── yard   172.20.42/24
 *	byre   172.20.32/24 ── a3    m, plain, in both     └──── depot  172.20.41/24, MTU 1300
 *	porch  172.20.51/24 ── x     └─ docker0 ── crate 172.17/16
 *	vault  10.99.1/24 ─────┤     u goes out by x
 *	lobby  198.51.100/24 ──┘
 *
 * Crate is a container of m's, beside Docker's own filter and masquerade; its port for 4999 is
 * published. X is an exit, for u: all of the underlay is the internet. Cellar, desk, vault and
 *lobby are announced by nobody; burrow's prefix is red's a2 and a3's too. The peering shows red and
 *the attic to blue, and of blue the yard and the depot only. */
#include "test/net/block_world.h"

#include <fnmatch.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/fleet.h"
#include "lab/machine.h"
#include "lab/reach.h"
#include "lab/session.h"
#include "test/test.h"

#define COMMAND_MS 10000
#define LEAVE_MS   2000
#define POLL_MS	   20
#define PLACES_MAX 64

static const char yaml[] = "name: t-block\n"
			   "meshes:\n"
			   "  - {name: red, cidr: 10.112.0.0/16, default: true}\n"
			   "  - {name: blue, cidr: 10.113.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [red]}\n"
			   "  - {name: a2, meshes: [red]}\n"
			   "  - {name: a3, meshes: [red]}\n"
			   "  - {name: b1, meshes: [blue]}\n"
			   "  - {name: b2, meshes: [blue]}\n"
			   "  - {name: m, meshes: [red, blue]}\n"
			   "  - {name: g1, meshes: [red]}\n"
			   "  - {name: g2, meshes: [red]}\n"
			   "  - {name: x, meshes: [red]}\n"
			   "  - {name: u, meshes: [red]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [red, blue]}\n"
			   "  - {machine: g2, meshes: [red, blue]}\n"
			   "prefixes:\n"
			   "  - {machine: a1, mesh: red, prefix: 172.20.31.0/24}\n"
			   "  - {machine: a2, mesh: red, prefix: 172.20.32.0/24}\n"
			   "  - {machine: a3, mesh: red, prefix: 172.20.32.0/24}\n"
			   "  - {machine: x, mesh: red, prefix: 0.0.0.0/0, users: [u]}\n"
			   "  - {machine: x, mesh: red, prefix: 172.20.51.0/24}\n"
			   "  - {machine: b1, mesh: blue, prefix: 192.168.0.0/16}\n"
			   "  - {machine: b1, mesh: blue, prefix: 172.20.32.0/24}\n"
			   "  - {machine: b2, mesh: blue, prefix: 172.20.41.0/24}\n"
			   "  - {machine: b2, mesh: blue, prefix: 172.20.42.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: red\n"
			   "    mesh_b: blue\n"
			   "    prefixes_a: [10.112.0.0/16, 172.20.31.0/24]\n"
			   "    prefixes_b: [172.20.41.0/24, 172.20.42.0/24]\n"
			   "networks:\n"
			   "  - {name: attic, prefix: 172.20.31.0/24, behind: a1}\n"
			   "  - {name: cellar, prefix: 192.168.31.0/24, behind: a1}\n"
			   "  - {name: barn, prefix: 172.20.32.0/24, behind: a2}\n"
			   "  - {name: byre, prefix: 172.20.32.0/24, behind: a3}\n"
			   "  - {name: desk, prefix: 192.168.77.0/24, behind: g1}\n"
			   "  - {name: warren, prefix: 192.168.0.0/16, behind: b1,"
			   " host: 192.168.200.10}\n"
			   "  - {name: burrow, prefix: 172.20.32.0/24, behind: b1,"
			   " host: 172.20.32.20}\n"
			   "  - {name: porch, prefix: 172.20.51.0/24, behind: x}\n"
			   "  - {name: vault, prefix: 10.99.1.0/24, behind: x}\n"
			   "  - {name: lobby, prefix: 198.51.100.0/24, behind: x}\n"
			   "  - {name: crate, prefix: 172.17.0.0/16, behind: m}\n"
			   "  - {name: depot, prefix: 172.20.41.0/24, behind: b2, mtu: 1300}\n"
			   "  - {name: yard, prefix: 172.20.42.0/24, behind: b2}\n";

static int run_line(struct lab *lab, const char *machine, const char *line, struct buf *out,
		    struct fault *f)
{
	const char *const argv[] = {"sh", "-c", line, NULL};

	return machine_run(lab, machine, argv, NULL, COMMAND_MS, out, f);
}

static int open_instruments(struct world *w, struct fault *f)
{
	const struct lab_file *file = &w->lab.file;
	const struct lab_network *networks = file->networks.at;
	struct place places[PLACES_MAX];
	size_t n = 0;
	int code;

	for (size_t i = 0; i < file->nnodes && n < PLACES_MAX; i++)
		lab_place(&w->lab, file->nodes[i].name, &places[n++]);
	for (size_t i = 0; i < file->networks.n && n < PLACES_MAX; i++)
		lab_place(&w->lab, networks[i].name, &places[n++]);
	code = sink_open(places, n, &w->sink, f);
	lab_place(&w->lab, LAB_UNDERLAY, &places[n++]);
	return code == 0 ? tap_open(places, n, &w->tap, f) : code;
}

/* The cable to the crate becomes a port of a bridge, and the machine gets what Docker makes. */
static int build_docker(struct lab *lab, struct fault *f)
{
	static const char line[] =
		"ip addr flush dev crate && ip link add docker0 type bridge && "
		"ip link set crate master docker0 && ip addr add 172.17.0.1/16 dev docker0 && "
		"ip link set docker0 up && sysctl -qw net.ipv4.conf.docker0.forwarding=1 && nft '"
		"table ip nat {"
		" chain PREROUTING { type nat hook prerouting priority dstnat;"
		"  fib daddr type local udp dport 4999 dnat to 172.17.0.10:47123; } ;"
		" chain POSTROUTING { type nat hook postrouting priority srcnat;"
		"  ip saddr 172.17.0.0/16 oifname != \"docker0\" masquerade; } ; } ; "
		"table ip filter {"
		" chain FORWARD { type filter hook forward priority filter; policy drop;"
		"  oifname docker0 ct state established,related accept;"
		"  iifname docker0 accept;"
		"  iifname != docker0 oifname docker0 ip daddr 172.17.0.10 udp dport 47123 accept;"
		" } ; }'";

	return run_line(lab, "m", line, NULL, f);
}

int block_build(struct world *w)
{
	static fleet_step *const steps[] = {fleet_build_underlay, build_docker, fleet_raise, NULL};
	struct fault f = {0};
	int code;

	arena_init(&w->arena);
	code = fleet_begin(&w->lab, yaml, steps);
	if (code != 0)
		return code;
	code = operator_members(&w->lab, &w->arena, &w->members, &f);
	if (code == 0)
		code = open_instruments(w, &f);
	if (code != 0) {
		printf("%s\n", f.text);
		block_end(w);
	}
	return code;
}

int block_end(struct world *w)
{
	sink_close(w->sink);
	tap_close(w->tap);
	vec_free(&w->members);
	arena_fini(&w->arena);
	return fleet_end(&w->lab, CU_get_number_of_failures() > 0);
}

/* ---- names ---- */

struct address block_address(const struct world *w, const char *name)
{
	const struct lab_network *host = lab_file_network(&w->lab.file, name);
	const char *at = strchr(name, '@');
	const struct operator_member *m;
	struct address a = {0};
	char machine[32];

	if (host != NULL)
		return host->host;
	if (at == NULL) {
		TEST_MUST(address_parse(name, &a, NULL) == 0);
		return a;
	}
	snprintf(machine, sizeof(machine), "%.*s", (int)(at - name), name);
	if (strcmp(at + 1, "underlay") == 0)
		return lab_file_node(&w->lab.file, machine)->address;
	m = operator_find_member(&w->members, machine, at + 1);
	TEST_MUST(m != NULL);
	return m->address;
}

const char *block_trunk(const struct world *w, const char *router, const char *mesh, char out[16])
{
	const struct operator_member *m = operator_find_member(&w->members, router, mesh);

	TEST_MUST(m != NULL);
	snprintf(out, 16, "wg0t%u", m->slot);
	return out;
}

/* ---- commands ---- */

#define LINE(line, fmt)                                                                            \
	do {                                                                                       \
		va_list ap_;                                                                       \
		va_start(ap_, fmt);                                                                \
		vsnprintf(line, sizeof(line), fmt, ap_);                                           \
		va_end(ap_);                                                                       \
	} while (0)

const char *block_sh(struct world *w, const char *machine, const char *fmt, ...)
{
	struct fault f = {0};
	const char *said;
	char line[1000];
	struct buf out;

	LINE(line, fmt);
	buf_init(&out);
	if (run_line(&w->lab, machine, line, &out, &f) != 0)
		TEST_FAIL("%s: %s: %s", machine, line, f.text);
	said = arena_strdup(&w->arena, buf_text(&out));
	buf_fini(&out);
	return said;
}

bool block_try(struct world *w, const char *machine, const char *fmt, ...)
{
	struct fault f = {0};
	char line[1000];

	LINE(line, fmt);
	return run_line(&w->lab, machine, line, NULL, &f) == 0;
}

void block_await(struct world *w, const char *machine, const char *fmt, ...)
{
	struct mono deadline = mono_add_ms(mono_now(), BLOCK_SETTLE_MS);
	struct fault f = {0};
	char line[1000];

	LINE(line, fmt);
	while (run_line(&w->lab, machine, line, NULL, &f) != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: waited in vain for: %s", machine, line);
			return;
		}
		poll(NULL, 0, POLL_MS);
	}
}

void block_await_sessions(struct world *w)
{
	struct fault f = {0};

	TEST_STEP(session_await_all(&w->lab, mono_add_ms(mono_now(), BLOCK_SETTLE_MS), &f), &f);
}

/* ---- packets ---- */

bool block_reaches(struct world *w, const char *at, const char *from, const char *to, int64_t ms)
{
	struct reach pair = {.to = block_address(w, to)};
	struct fault f = {0};
	struct place p;

	lab_place(&w->lab, at, &p);
	pair.at = &p;
	if (from != NULL)
		pair.from = block_address(w, from);
	return reach_check(&pair, 1, ms, &f) == 1;
}

void block_post(struct world *w, const char *at, const struct letter *what, unsigned count,
		unsigned *refused)
{
	struct fault f = {0};
	struct place p;

	lab_place(&w->lab, at, &p);
	TEST_STEP(attack_post(&p, what, ++w->mark, count, refused, &f), &f);
}

void block_forge(struct world *w, const char *at, const char *device, const char *victim,
		 struct forgery *what, unsigned count)
{
	const struct lab_network *network = lab_file_network(&w->lab.file, at);
	bool cable = network != NULL || strcmp(at, LAB_UNDERLAY) == 0;
	struct fault f = {0};
	uint8_t mac[6];
	struct place p;
	int code = 0;

	lab_place(&w->lab, victim, &p);
	if (cable)
		code = attack_read_mac(&p, network != NULL ? at : "eth0", mac, &f);
	what->device = device;
	what->mac = cable ? mac : NULL;
	lab_place(&w->lab, at, &p);
	if (code == 0)
		code = attack_send(&p, what, ++w->mark, count, &f);
	TEST_STEP(code, &f);
}

/* ---- what was seen ---- */

static bool has_left(const struct sighting *s, uint32_t mark, const char *place, const char *device)
{
	return s->leaving && s->mark == mark && fnmatch(place, s->place, 0) == 0 &&
	       fnmatch(device, s->device, 0) == 0;
}

size_t block_count_leaving(struct world *w, uint32_t mark, const char *place, const char *device)
{
	size_t n, count = 0;
	const struct sighting *s = tap_look(w->tap, &n);

	for (size_t i = 0; i < n; i++)
		count += has_left(&s[i], mark, place, device);
	return count;
}

bool block_await_leaving(struct world *w, uint32_t mark, const char *place, const char *device)
{
	struct mono deadline = mono_add_ms(mono_now(), LEAVE_MS);

	while (block_count_leaving(w, mark, place, device) == 0) {
		if (mono_reached(deadline, mono_now()))
			return false;
		poll(NULL, 0, POLL_MS);
	}
	return true;
}

const char *block_describe(struct world *w, uint32_t mark, const char *place)
{
	char from[ADDRESS_TEXT_MAX];
	const char *text = "";
	size_t n;
	const struct sighting *s = tap_look(w->tap, &n);

	for (size_t i = 0; i < n; i++)
		if (s[i].mark == mark && fnmatch(place, s[i].place, 0) == 0)
			text = arena_printf(&w->arena, "%s [%s %s %s from %s]", text, s[i].place,
					    s[i].leaving ? ">" : "<", s[i].device,
					    address_format(&s[i].from, from));
	return text;
}

uint64_t block_counter(struct world *w, const char *machine, const char *counter)
{
	const char *reason = strchr(counter, ':') + 1;
	struct fault f = {0};
	json_t *status = machine_agent_status(&w->lab, machine, &f);
	char part[16];
	uint64_t n = 0;
	json_t *row;
	size_t i;

	snprintf(part, sizeof(part), "%.*s", (int)(reason - counter - 1), counter);
	if (status == NULL)
		TEST_FAIL("%s", f.text);
	json_array_foreach(json_object_get(status, part), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "reason")), reason) == 0)
			n = strtoull(json_string_value(json_object_get(row, "packets")), NULL, 10);
	}
	json_decref(status);
	return n;
}
