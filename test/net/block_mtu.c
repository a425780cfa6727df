/* The meshes' MTU follows the underlay: the cable, and what a router further on carries. */
#include <stdlib.h>
#include <string.h>

#include "lab/outage.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define WIDE	 1420 /* inside 1500 */
#define NARROW	 1320 /* inside 1400 */
#define REACH_MS 8000
#define EACH	 4

static const char *const gateways[] = {"g1", "g2"};

static void await_mtu(struct world *w, const char *machine, const char *device, int mtu)
{
	block_await(w, machine, "ip link show %s | grep -q 'mtu %d '", device, mtu);
}

/* Whole packets of this size, none of which may be cut, arrive: sent until `EACH` have. */
static void check_arrives(struct world *w, const char *at, const char *to, uint16_t size)
{
	struct letter letter = {.to = block_address(w, to), .size = size};
	struct mono deadline = mono_add_ms(mono_now(), REACH_MS);
	uint64_t arrived = 0;

	while (arrived < EACH && !mono_reached(deadline, mono_now())) {
		block_post(w, at, &letter, 1, NULL);
		arrived += sink_await(w->sink, w->mark, 1, 200);
	}
	if (arrived < EACH)
		TEST_FAIL("%s to %s: packets of %u bytes do not arrive", at, to, size);
}

static bool is_refused(struct world *w, const char *at, const char *to, uint16_t size)
{
	struct letter letter = {.to = block_address(w, to), .size = size};
	struct mono deadline = mono_add_ms(mono_now(), REACH_MS);
	unsigned refused = 0;

	while (refused == 0 && !mono_reached(deadline, mono_now()))
		block_post(w, at, &letter, 1, &refused);
	return refused > 0;
}

void case_mtu_follows_the_cable(struct world *w)
{
	await_mtu(w, "a1", "wg0", WIDE);
	block_sh(w, "a1", "ip link set eth0 mtu 1400");
	await_mtu(w, "a1", "wg0", NARROW);
	await_mtu(w, "a1", "wg0t1", NARROW);
	CU_ASSERT(is_refused(w, "a1", "yard", WIDE));
	check_arrives(w, "a1", "yard", NARROW);
	block_sh(w, "a1", "ip link set eth0 mtu 1500");
	await_mtu(w, "a1", "wg0", WIDE);
	check_arrives(w, "a1", "yard", WIDE);
}

/* Fragments that came to the machine. */
static int count_pieces(struct world *w, const char *machine)
{
	return atoi(block_sh(w, machine, "awk '/^Ip: [0-9]/ { print $15 }' /proc/net/snmp"));
}

/* What leads to b2 carries 1400 bytes, its cable 1500. */
static void narrow_way(struct world *w, bool narrow)
{
	const struct address b2 = block_address(w, "b2@underlay");
	char text[ADDRESS_TEXT_MAX];

	block_sh(w, LAB_UNDERLAY, "ip route change %s/32 dev b2%s", address_format(&b2, text),
		 narrow ? " mtu 1400" : "");
}

void case_mtu_follows_the_path(struct world *w)
{
	struct fault f = {0};
	int pieces = count_pieces(w, "b2");

	for (size_t i = 0; i < 2; i++)
		TEST_STEP(outage_cause(&w->lab, gateways[i], "agent", &f), &f);
	narrow_way(w, true);
	/* Nobody looks: they arrive in pieces. */
	check_arrives(w, "a1", "yard", WIDE);
	CU_ASSERT(count_pieces(w, "b2") > pieces);
	for (size_t i = 0; i < 2; i++) {
		TEST_STEP(outage_end(&w->lab, gateways[i], &f), &f);
		await_mtu(w, gateways[i], "wg1", NARROW);
		await_mtu(w, gateways[i], "wg0", WIDE);
	}
	CU_ASSERT(is_refused(w, "a1", "yard", WIDE));
	pieces = count_pieces(w, "b2");
	check_arrives(w, "a1", "yard", NARROW);
	TEST_NUMBER(count_pieces(w, "b2"), pieces);
	narrow_way(w, false);
	for (size_t i = 0; i < 2; i++) {
		/* As after ten minutes; and something for the agent to look at. */
		block_sh(w, gateways[i],
			 "ip route flush cache; ip link set lo mtu 65535; "
			 "ip link set lo mtu 65536");
		await_mtu(w, gateways[i], "wg1", WIDE);
	}
	block_sh(w, "a1", "ip route flush cache");
	check_arrives(w, "a1", "yard", WIDE);
}
