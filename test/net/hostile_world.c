#include "test/net/hostile_world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lab/fleet.h"
#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/session.h"
#include "lab/traffic.h"
#include "test/test.h"

#define SETTLE_MS 40000
#define RUN_MS	  5000
#define CABLE	  "eth0"

#define HEAD "name: t-hostile\nmeshes:\n"
#define RED  "  - {name: red, cidr: 10.120.0.0/16, default: true"
#define REST                                                                                       \
	"  - {name: blue, cidr: 10.121.0.0/16}\n"                                                  \
	"  - {name: green, cidr: 10.122.0.0/16}\n"                                                 \
	"machines:\n"                                                                              \
	"  - {name: r1, meshes: [red]}\n"                                                          \
	"  - {name: r2, meshes: [red]}\n"                                                          \
	"  - {name: r3, meshes: [red]}\n"                                                          \
	"  - {name: g1, meshes: [red]}\n"                                                          \
	"  - {name: g2, meshes: [red]}\n"                                                          \
	"  - {name: b1, meshes: [blue]}\n"                                                         \
	"  - {name: c1, meshes: [green]}\n"                                                        \
	"gateways:\n"                                                                              \
	"  - {machine: g1, meshes: [red, blue, green]}\n"                                          \
	"  - {machine: g2, meshes: [red, blue]}\n"                                                 \
	"prefixes:\n"                                                                              \
	"  - {machine: r2, mesh: red, prefix: 172.20.31.0/24, users: [r1]}\n"                      \
	"  - {machine: b1, mesh: blue, prefix: 172.20.32.0/24}\n"                                  \
	"  - {machine: r1, mesh: red, prefix: 172.20.33.192/26}\n"                                 \
	"peerings:\n"                                                                              \
	"  - {mesh_a: red, mesh_b: blue, prefixes_a: [" R1 "/32], prefixes_b: [" B1 "/32]}\n"      \
	"  - {mesh_a: red, mesh_b: green, prefixes_a: [" R2 "/32], prefixes_b: [" C1 "/32]}\n"     \
	"links:\n"                                                                                 \
	"  - {machine: r2, address: " R2_UNDERLAY "}\n"                                            \
	"  - {machine: r3, address: " R3_UNDERLAY "}\n"                                            \
	"  - {machine: g1, address: " G1_UNDERLAY "}\n"                                            \
	"networks:\n"                                                                              \
	"  - {name: vault, prefix: 172.20.31.0/24, behind: r2}\n"                                  \
	"  - {name: yard, prefix: 172.20.32.0/24, behind: b1}\n"                                   \
	"  - {name: porch, prefix: 172.20.33.0/24, behind: g1}\n"

static const char reflected[] = HEAD RED "}\n" REST;
static const char full_mesh[] = HEAD RED ", route_reflector: false}\n" REST;

static struct lab lab;
static operator_member_vec members;
static struct arena arena;
static bool full;

/* ---- the fleet ---- */

struct lab *hostile_lab(void)
{
	return &lab;
}

const struct operator_member *hostile_member(const char *machine, const char *mesh)
{
	return operator_find_member(&members, machine, mesh);
}

/* The drawing is what the tables of packets rely on. */
static int check_drawing(struct fault *f)
{
	static const struct {
		const char *machine, *mesh, *address;
	} rows[] = {{"r1", "red", R1},	 {"r2", "red", R2},	  {"r3", "red", R3},
		    {"g1", "red", G1},	 {"g2", "red", G2},	  {"b1", "blue", B1},
		    {"c1", "green", C1}, {"g1", "blue", G1_BLUE}, {"g1", "green", G1_GREEN}};
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct operator_member *m = hostile_member(rows[i].machine, rows[i].mesh);

		if (m == NULL || strcmp(address_format(&m->address, text), rows[i].address) != 0)
			return fault_set(f, ERR_CHECK, "%s is not %s in %s", rows[i].machine,
					 rows[i].address, rows[i].mesh);
	}
	return 0;
}

static int read_members(struct lab *l, struct fault *f)
{
	int code = operator_members(l, &arena, &members, f);

	return code == 0 ? check_drawing(f) : code;
}

static int await_sessions(struct lab *l, struct fault *f)
{
	return session_await_all(l, mono_add_ms(mono_now(), SETTLE_MS), f);
}

static int set_up(const char *yaml)
{
	static fleet_step *const steps[] = {fleet_up, read_members, await_sessions, NULL};

	arena_init(&arena);
	return fleet_begin(&lab, yaml, steps);
}

int hostile_set_up(void)
{
	full = false;
	return set_up(reflected);
}

int hostile_set_up_full(void)
{
	full = true;
	return set_up(full_mesh);
}

bool hostile_is_full(void)
{
	return full;
}

int hostile_tear_down(void)
{
	vec_free(&members);
	arena_fini(&arena);
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}

int hostile_seize(struct fault *f)
{
	int code;

	if (!machine_runs(&lab, HOSTILE_ATTACKER, "skein-agent"))
		return 0;
	code = outage_cause(&lab, HOSTILE_ATTACKER, "agent", f);

	return code == 0 ? outage_cause(&lab, HOSTILE_ATTACKER, "bird", f) : code;
}

int hostile_restore(struct fault *f)
{
	int code = outage_end(&lab, HOSTILE_ATTACKER, f);

	return code == 0 ? await_sessions(&lab, f) : code;
}

int hostile_shell(const char *machine, const char *command, const char *argument, struct buf *out,
		  struct fault *f)
{
	const char *const argv[] = {"sh", "-c", command, "sh", argument, NULL};

	return machine_run(&lab, machine, argv, NULL, RUN_MS, out, f);
}

/* ---- sending ---- */

/* All devices of a membership have its key; the first one is wg0 here. */
static int read_key(const char *machine, char key[64], struct fault *f)
{
	struct buf out;
	int code;

	buf_init(&out);
	code = hostile_shell(machine, "wg show wg0 public-key", NULL, &out, f);
	snprintf(key, 64, "%.*s", (int)strcspn(buf_text(&out), "\n"), buf_text(&out));
	buf_fini(&out);
	return code;
}

/* On the attacker's own machine everything may go to whom he likes. Elsewhere allowed IPs stay. */
static int open_tunnel(const struct hostile_shot *s, const char *device, struct fault *f)
{
	char key[64], command[200];
	int code;

	if (strcmp(s->sender, HOSTILE_ATTACKER) != 0)
		return 0;
	code = read_key(s->toward, key, f);
	if (code != 0)
		return code;
	snprintf(command, sizeof(command), "wg set %s peer %s allowed-ips 0.0.0.0/0", device, key);
	return hostile_shell(s->sender, command, NULL, NULL, f);
}

static int aim(const struct hostile_shot *s, struct forgery *out, char device[16], uint8_t mac[6],
	       struct fault *f)
{
	const struct operator_member *sender = hostile_member(s->sender, NULL);
	const struct operator_member *toward = hostile_member(s->toward, NULL);
	bool underlay = strcmp(s->sender, LAB_UNDERLAY) == 0;
	struct place p;

	*out = (struct forgery){.port = s->port, .protocol = s->protocol, .device = device};
	if (address_parse(s->from, &out->from, f) != 0 || address_parse(s->to, &out->to, f) != 0)
		return f->code;
	if (sender != NULL) {
		if (toward->slot != 0)
			snprintf(device, 16, "wg0t%u", toward->slot);
		else
			snprintf(device, 16, "wg0");
		return open_tunnel(s, device, f);
	}
	/* The underlay's end of a cable has the machine's name, a LAN's end at its router that of
	 * the host in it. */
	snprintf(device, 16, "%s", underlay ? s->toward : CABLE);
	lab_place(&lab, s->toward, &p);
	out->mac = mac;
	return attack_read_mac(&p, underlay ? CABLE : s->sender, mac, f);
}

int hostile_fire(const struct hostile_shot *shot, uint32_t mark, unsigned count, struct fault *f)
{
	struct forgery forgery;
	uint8_t mac[6];
	char device[16];
	struct place from;
	int code = aim(shot, &forgery, device, mac, f);

	lab_place(&lab, shot->sender, &from);
	return code == 0 ? attack_send(&from, &forgery, mark, count, f) : code;
}

int hostile_taken(const char *machine, const char *peer, uint64_t *packets, struct fault *f)
{
	uint64_t bytes = 0;
	char key[64];
	int code = read_key(peer, key, f);

	if (code == 0)
		code = traffic_received(&lab, machine, key, &bytes, f);
	*packets = bytes / (ATTACK_SIZE + TRAFFIC_OVERHEAD);
	return code;
}

/* ---- counters ---- */

static uint64_t packets_of(const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "packets"));

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

uint64_t hostile_counter(const json_t *status, const char *list, const char *reason)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, list), i, row) {
		const char *name = json_string_value(json_object_get(row, "reason"));

		if (name != NULL && strcmp(name, reason) == 0)
			return packets_of(row);
	}
	TEST_FAIL("status has no counter %s in %s", reason, list);
	return 0;
}

uint64_t hostile_dropped(const json_t *status)
{
	static const char *const lists[] = {"guard", "fence"};
	uint64_t n = 0;
	const json_t *row;
	size_t i;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(status, lists[k]), i, row)
			n += packets_of(row);
	return n - hostile_counter(status, "guard", "passed") -
	       hostile_counter(status, "guard", "ipv6") -
	       hostile_counter(status, "fence", "redirect_in") -
	       hostile_counter(status, "fence", "redirect_out");
}
