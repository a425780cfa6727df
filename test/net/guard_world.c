#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/guard_world.h"
#include "test/test.h"

#define SINKS	(DEVICES + 3)
#define WAIT_MS 1000

static const char *const device_names[DEVICES] = {"mesha", "trunka", "meshb", "lan"};
static const int raw_protocols[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP};

static struct {
	int net, mnt; /* where we came from */
	char cwd[256];
	char directory[300];
	int sinks[SINKS]; /* the TUNs, then raw sockets: what is delivered here */
	uint16_t id;
} world = {.net = -1, .mnt = -1};

static const char *const set_up[] = {
	"ip link set lo up",
	"ip address add 203.0.113.1/32 dev lo",
	"ip address add 10.100.0.1/16 dev mesha",
	"ip address add 10.101.0.1/16 dev meshb",
	"ip address add 192.168.7.1/24 dev lan",
	"ip route add 172.20.0.0/16 dev mesha",
	"ip route add 172.21.0.0/16 dev meshb",
};

static int set_sysctl(const char *device, const char *name, const char *value)
{
	char path[128];
	int fd, ok;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, value, strlen(value)) > 0;
	if (fd >= 0)
		close(fd);
	return ok ? 0 : -1;
}

static int open_sinks(void)
{
	for (int i = 0; i < DEVICES; i++)
		if ((world.sinks[i] = tun_open(device_names[i])) < 0 ||
		    set_sysctl(device_names[i], "forwarding", "1") != 0 ||
		    set_sysctl(device_names[i], "rp_filter", "0") != 0)
			return -1;
	for (int i = DEVICES; i < SINKS; i++)
		if ((world.sinks[i] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
					     raw_protocols[i - DEVICES])) < 0)
			return -1;
	return 0;
}

int world_make(void)
{
	for (int i = 0; i < SINKS; i++)
		world.sinks[i] = -1;
	if (getcwd(world.cwd, sizeof(world.cwd)) == NULL)
		return -1;
	snprintf(world.directory, sizeof(world.directory), "%s/%s/bpf", world.cwd, test_dir());
	world.net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	world.mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (world.net < 0 || world.mnt < 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    set_sysctl("all", "rp_filter", "0") != 0 || open_sinks() != 0)
		return -1;
	for (size_t i = 0; i < sizeof(set_up) / sizeof(set_up[0]); i++)
		if (system(set_up[i]) != 0)
			return -1;
	return 0;
}

int world_break(void)
{
	int e = guard_remove(world.directory, NULL);

	for (int i = 0; i < SINKS; i++)
		if (world.sinks[i] >= 0)
			close(world.sinks[i]);
	if (setns(world.net, CLONE_NEWNET) != 0 || setns(world.mnt, CLONE_NEWNS) != 0 ||
	    chdir(world.cwd) != 0)
		e = -1;
	close(world.net);
	close(world.mnt);
	return e;
}

const char *world_directory(void)
{
	return world.directory;
}

uint32_t world_ifindex(enum world_device d)
{
	return if_nametoindex(device_names[d]);
}

/* ---- what the controller would say ---- */

#define P(a, b, c, d, bits)                                                                        \
	{                                                                                          \
		.family = FAMILY_IPV4, .length = (bits), .bytes = { a, b, c, d }                   \
	}
#define SET(...)                                                                                   \
	{                                                                                          \
		(const struct prefix[]){__VA_ARGS__},                                              \
			sizeof((const struct prefix[]){__VA_ARGS__}) / sizeof(struct prefix)       \
	}

enum { A_MESH, A_SHOWN1, A_LET1, A_SHOWN2, A_LET2, A_REMOTE, A_LAN, A_USERS, A_NETS };
static const struct guard_set sets_a[] = {
	[A_MESH] = SET(P(10, 100, 0, 0, 16)),
	[A_SHOWN1] = SET(P(172, 20, 1, 0, 24), P(10, 100, 0, 2, 32)),
	[A_LET1] = SET(P(172, 21, 1, 0, 24), P(10, 101, 0, 2, 32)),
	[A_SHOWN2] = SET(P(172, 20, 2, 0, 24)),
	[A_LET2] = SET(P(172, 21, 2, 0, 24)),
	[A_REMOTE] = SET(P(10, 101, 0, 0, 16)),
	[A_LAN] = SET(P(192, 168, 7, 0, 24)),
	[A_USERS] = SET(P(10, 100, 0, 5, 32)),
	[A_NETS] = SET(P(172, 20, 1, 0, 24), P(172, 20, 2, 0, 24)),
};
static const struct guard_pair pairs_a[] = {
	{A_MESH, A_MESH, GUARD_PASS},		{A_MESH, A_NETS, GUARD_PASS},
	{A_NETS, A_MESH, GUARD_PASS},		{A_USERS, A_LAN, GUARD_PASS},
	{A_SHOWN1, A_LET1, GUARD_PASS},		{A_LET1, A_SHOWN1, GUARD_PASS},
	{A_SHOWN2, A_LET2, GUARD_PASS},		{A_LET2, A_SHOWN2, GUARD_PASS},
	{A_REMOTE, A_SHOWN1, GUARD_ICMP_ERROR}, {A_REMOTE, A_SHOWN2, GUARD_ICMP_ERROR},
	{A_MESH, A_LET1, GUARD_ICMP_ERROR},	{A_MESH, A_LET2, GUARD_ICMP_ERROR},
};

/* The peerings as B's image has them, too: what they let through may come by either mesh's device.
 * The last set is for the other form: it takes the first number of each kind of class. */
enum { B_MESH, B_SHOWN1, B_LET1, B_SHOWN2, B_LET2, B_REMOTE, B_OTHER };
static const struct guard_set sets_b[] = {
	[B_MESH] = SET(P(10, 101, 0, 0, 16)),
	[B_SHOWN1] = SET(P(172, 21, 1, 0, 24), P(10, 101, 0, 2, 32)),
	[B_LET1] = SET(P(172, 20, 1, 0, 24), P(10, 100, 0, 2, 32)),
	[B_SHOWN2] = SET(P(172, 21, 2, 0, 24)),
	[B_LET2] = SET(P(172, 20, 2, 0, 24)),
	[B_REMOTE] = SET(P(10, 100, 0, 0, 16)),
	[B_OTHER] = SET(P(1, 0, 0, 0, 8)),
};
static const struct guard_pair pairs_b[] = {
	{B_MESH, B_MESH, GUARD_PASS},		{B_SHOWN1, B_LET1, GUARD_PASS},
	{B_LET1, B_SHOWN1, GUARD_PASS},		{B_SHOWN2, B_LET2, GUARD_PASS},
	{B_LET2, B_SHOWN2, GUARD_PASS},		{B_REMOTE, B_SHOWN1, GUARD_ICMP_ERROR},
	{B_REMOTE, B_SHOWN2, GUARD_ICMP_ERROR}, {B_MESH, B_LET1, GUARD_ICMP_ERROR},
	{B_MESH, B_LET2, GUARD_ICMP_ERROR},	{B_OTHER, B_OTHER, GUARD_PASS},
};
#define SETS_B	(sizeof(sets_b) / sizeof(sets_b[0]))
#define PAIRS_B (sizeof(pairs_b) / sizeof(pairs_b[0]))

static void fill(struct guard_membership m[2], struct guard_speaker speakers[3])
{
	static uint32_t devices[3];

	devices[0] = world_ifindex(MESHA);
	devices[1] = world_ifindex(TRUNKA);
	devices[2] = world_ifindex(MESHB);
	speakers[0] = (struct guard_speaker){address_ipv4(0x0a640002), world_ifindex(TRUNKA)};
	speakers[1] = (struct guard_speaker){address_ipv4(0x0a640003), world_ifindex(MESHA)};
	speakers[2] = (struct guard_speaker){address_ipv4(0x0a650002), world_ifindex(MESHB)};
	m[0] = (struct guard_membership){prefix_ipv4(0x0a640000, 16),
					 address_ipv4(0x0a640001),
					 179,
					 sets_a,
					 sizeof(sets_a) / sizeof(sets_a[0]),
					 pairs_a,
					 sizeof(pairs_a) / sizeof(pairs_a[0]),
					 speakers,
					 2,
					 devices,
					 2};
	m[1] = (struct guard_membership){prefix_ipv4(0x0a650000, 16),
					 address_ipv4(0x0a650001),
					 1790,
					 sets_b,
					 SETS_B - 1,
					 pairs_b,
					 PAIRS_B - 1,
					 speakers + 2,
					 1,
					 devices + 2,
					 1};
}

static const struct address *underlay(void)
{
	static struct address a;

	a = address_ipv4(0xcb007101);
	return &a;
}

const struct guard_input *world_input(void)
{
	static struct guard_membership m[2];
	static struct guard_speaker speakers[3];
	static struct guard_input in;

	fill(m, speakers);
	in = (struct guard_input){.memberships = m, .n = 2, .own = underlay(), .nown = 1};
	return &in;
}

const struct guard_input *world_input_other(void)
{
	static struct guard_membership m[2];
	static struct guard_speaker speakers[3];
	static struct guard_input in;

	fill(m, speakers);
	m[1].nsets = SETS_B;
	m[1].npairs = PAIRS_B;
	in = (struct guard_input){.memberships = m, .n = 2, .own = underlay(), .nown = 1};
	return &in;
}

/* ---- packets ---- */

int world_send(enum world_device d, const struct packet_spec *spec, uint16_t id)
{
	return tun_send(world.sinks[d], spec, id);
}

static size_t sink_receive(int fd, bool is_tun, uint8_t data[PACKET_MAX])
{
	ssize_t n;

	if (is_tun)
		return tun_receive(fd, data);
	n = recv(fd, data, PACKET_MAX, 0);
	return n > 0 ? (size_t)n : 0;
}

/* A packet that is looked for, and where it was seen. */
struct watch {
	const struct packet_spec *spec;
	uint16_t id;
	unsigned where;
};

static void watch_match(struct watch *w, const struct iphdr *ip, int sink)
{
	if (ip->id == htons(w->id) && ip->saddr == inet_addr(w->spec->source) &&
	    ip->daddr == inet_addr(w->spec->destination))
		w->where |= sink < DEVICES ? 1u << sink : TO_SELF;
}

/* Reads all sinks empty. */
static void drain(struct watch watches[2])
{
	uint8_t data[PACKET_MAX];

	for (int sink = 0; sink < SINKS; sink++) {
		while (sink_receive(world.sinks[sink], sink < DEVICES, data) >=
		       sizeof(struct iphdr)) {
			struct iphdr ip;

			memcpy(&ip, data, sizeof(ip));
			watch_match(&watches[0], &ip, sink);
			watch_match(&watches[1], &ip, sink);
		}
	}
}

/* Until the first of the two came out at `want`. */
static bool await(struct watch watches[2], unsigned want)
{
	struct mono deadline = mono_add_ms(mono_now(), WAIT_MS);

	drain(watches);
	while ((watches[0].where & want) != want) {
		struct pollfd fds[SINKS];

		if (mono_reached(deadline, mono_now()))
			return false;
		for (int i = 0; i < SINKS; i++)
			fds[i] = (struct pollfd){world.sinks[i], POLLIN, 0};
		poll(fds, SINKS, 20);
		drain(watches);
	}
	return true;
}

unsigned world_trace(enum world_device d, const struct packet_spec *spec, unsigned want)
{
	/* From the LAN, which has no guard, to the underlay address: always delivered. */
	static const struct packet_spec after = {
		.source = "192.168.7.99", .destination = "203.0.113.1", .to = 9};
	struct watch sent = {spec, ++world.id, NOWHERE}, then = {&after, ++world.id, NOWHERE};
	struct watch none[2] = {then, then};
	int e;

	drain(none); /* what a flood left: a full socket takes nothing */
	e = world_send(d, spec, sent.id);
	if (e != 0)
		TEST_FAIL("%s > %s: not sent: %s", spec->source, spec->destination, strerror(-e));
	if (want != NOWHERE) {
		struct watch watches[] = {sent, then};

		await(watches, want);
		return watches[0].where;
	} else {
		struct watch watches[] = {then, sent};

		world_send(LAN, &after, then.id);
		if (!await(watches, TO_SELF))
			TEST_FAIL("the packet sent after it did not arrive");
		return watches[1].where;
	}
}
