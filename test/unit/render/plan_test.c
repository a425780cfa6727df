/* Authorizations: examples, and properties of random meshes with nested and shared prefixes. */
#include <stdlib.h>
#include <string.h>

#include "controller/render/holdings.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static bool may_send(const struct fleet *f, size_t member, uint32_t address)
{
	struct address a = address_ipv4(address);

	for (size_t i = 0; i < f->plan.allowed[member].n; i++)
		if (prefix_has(&f->plan.allowed[member].at[i], &a))
			return true;
	return false;
}

static void shared_addresses_are_everybodys_who_holds_them(void)
{
	struct fleet f;
	size_t a, b, c;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	a = fleet_member(&f, "a", 1);
	b = fleet_member(&f, "b", 2);
	c = fleet_member(&f, "c", 3);
	fleet_approve(&f, a, "172.20.0.0/16");
	fleet_approve(&f, b, "172.20.5.0/24");
	fleet_approve(&f, c, "172.20.5.0/24");
	fleet_approve(&f, c, "192.168.1.0/24");
	fleet_plan(&f);
	TEST_NUMBER(f.plan.role[a], STATE_ROLE_MEMBER);
	TEST_NUMBER(f.plan.role[b], STATE_ROLE_ROUTER);
	TEST_NUMBER(f.plan.nrouters, 2);
	CU_ASSERT_TRUE(may_send(&f, a, 0x0a640001));
	CU_ASSERT_FALSE(may_send(&f, a, 0x0a640002));
	CU_ASSERT_TRUE(may_send(&f, a, 0xac140401));
	CU_ASSERT_FALSE(may_send(&f, a, 0xac140501));
	CU_ASSERT_TRUE(may_send(&f, b, 0xac140501));
	CU_ASSERT_TRUE(may_send(&f, c, 0xac140501));
	CU_ASSERT_TRUE(may_send(&f, c, 0xc0a80101));
	CU_ASSERT_TRUE(f.plan.sole[0]);
	CU_ASSERT_FALSE(f.plan.sole[1]);
	CU_ASSERT_FALSE(f.plan.sole[3]); /* of a router */
	fleet_fini(&f);
}

static void nobody_sends_as_a_mesh_or_as_what_is_let_in(void)
{
	struct fleet f;
	size_t exit_, wide, gateway;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	exit_ = fleet_member(&f, "exit", 1);
	wide = fleet_member(&f, "wide", 2);
	gateway = fleet_gateway(&f, "g", 3);
	fleet_approve(&f, exit_, "0.0.0.0/0");
	fleet_approve(&f, wide, "10.0.0.0/8");
	fleet_peer(&f, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16", "172.20.12.0/24");
	fleet_plan(&f);
	for (size_t i = 0; i < 2; i++) {
		size_t m = i == 0 ? exit_ : wide;

		CU_ASSERT_FALSE(may_send(&f, m, 0x0a640009)); /* this mesh */
		CU_ASSERT_FALSE(may_send(&f, m, 0x0a650001)); /* the peered one */
		CU_ASSERT_FALSE(may_send(&f, m, 0xac140c01)); /* let in */
	}
	CU_ASSERT_TRUE(may_send(&f, exit_, 0x08080808));
	CU_ASSERT_FALSE(may_send(&f, exit_, 0x0a020202)); /* of the longer prefix's holder */
	CU_ASSERT_TRUE(may_send(&f, wide, 0x0a020202));
	CU_ASSERT_TRUE(may_send(&f, gateway, 0x0a650001));
	CU_ASSERT_TRUE(may_send(&f, gateway, 0xac140c01));
	CU_ASSERT_TRUE(may_send(&f, gateway, 0x0a020202));
	CU_ASSERT_FALSE(may_send(&f, gateway, 0x08080808));
	fleet_fini(&f);
}

/* ---- properties ---- */

#define MEMBERS 16

/* Prefixes of /12 to /28 in a corner of 172.16.0.0/12, often one inside another; now and then one
 * that covers everything, or the mesh itself. */
static void random_prefix(uint64_t *seed, char out[PREFIX_TEXT_MAX])
{
	static const char *const large[] = {"0.0.0.0/0", "10.0.0.0/8", "10.100.4.0/22",
					    "172.16.0.0/12"};
	uint8_t length = (uint8_t)(16 + next(seed) % 13);
	struct prefix p = prefix_ipv4(0xac100000 | (uint32_t)(next(seed) & 0x000707f0), length);

	if (next(seed) % 10 == 0)
		snprintf(out, PREFIX_TEXT_MAX, "%s", large[next(seed) % 4]);
	else
		prefix_format(&p, out);
}

static void random_fleet(struct fleet *f, uint64_t *seed)
{
	char text[PREFIX_TEXT_MAX], again[PREFIX_TEXT_MAX] = "172.16.0.0/16";

	fleet_init(f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < MEMBERS; i++)
		if (next(seed) % 8 == 0)
			fleet_gateway(f, "g", i + 1);
		else
			fleet_member(f, "m", i + 1);
	for (uint64_t n = next(seed) % 30; n > 0; n--) {
		size_t member = next(seed) % MEMBERS, i;
		struct prefix p;

		random_prefix(seed, text);
		if (next(seed) % 3 == 0)
			memcpy(text, again, sizeof(text));
		memcpy(again, text, sizeof(text));
		prefix_parse(text, &p, NULL);
		for (i = 0; i < f->announcements.n; i++)
			if (f->announcements.at[i].membership == f->members.at[member].row &&
			    prefix_equal(&f->announcements.at[i].prefix, &p))
				break;
		if (i == f->announcements.n)
			fleet_approve(f, member, text);
	}
	if (next(seed) % 2 == 0)
		fleet_peer(f, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16",
			   "172.16.4.0/23");
	fleet_plan(f);
}

/* Plain members share a device; routers of one slot do. */
static void check_devices(const struct fleet *f, unsigned round)
{
	for (size_t a = 0; a < MEMBERS; a++)
		for (size_t b = a + 1; b < MEMBERS; b++) {
			if (f->members.at[a].slot != f->members.at[b].slot)
				continue;
			for (size_t i = 0; i < f->plan.allowed[a].n; i++)
				for (size_t k = 0; k < f->plan.allowed[b].n; k++)
					if (prefix_overlaps(&f->plan.allowed[a].at[i],
							    &f->plan.allowed[b].at[k]))
						TEST_FAIL("round %u: %zu and %zu overlap", round, a,
							  b);
		}
}

static bool in_mesh(const struct fleet *f, const struct address *a)
{
	bool in = prefix_has(&f->rows.mesh.cidr, a);

	for (size_t r = 0; r < f->rows.nremotes; r++) {
		in = in || prefix_has(&f->rows.remotes[r].mesh.cidr, a);
		for (size_t i = 0; i < f->rows.remotes[r].nlet_in; i++)
			in = in || prefix_has(&f->rows.remotes[r].let_in[i], a);
	}
	return in;
}

/* The definition, spelt out: by the longest approved prefix, nothing of a mesh but the own address.
 */
static bool is_authorized(const struct fleet *f, size_t member, uint32_t address)
{
	struct address a = address_ipv4(address);
	int longest = -1;
	bool holds = false;

	if (address == prefix_to_ipv4(&f->rows.mesh.cidr) + f->members.at[member].index)
		return true;
	if (in_mesh(f, &a))
		return false;
	for (size_t i = 0; i < f->announcements.n; i++) {
		const struct announcement *x = &f->announcements.at[i];

		if (!prefix_has(&x->prefix, &a) || x->prefix.length < longest)
			continue;
		holds = x->membership == f->members.at[member].row ||
			(holds && x->prefix.length == longest);
		longest = x->prefix.length;
	}
	return holds;
}

static void check_sources(const struct fleet *f, uint64_t *seed, unsigned round)
{
	for (unsigned probe = 0; probe < 200; probe++) {
		uint32_t address = (uint32_t)next(seed);

		if (probe % 4 == 0)
			address = 0x0a640000 | (address & 0x1001f);
		else if (probe % 4 < 3)
			address = 0xac100000 | (address & 0x000707ff);
		for (size_t m = 0; m < MEMBERS; m++)
			if (!f->members.at[m].gateway &&
			    may_send(f, m, address) != is_authorized(f, m, address))
				TEST_FAIL("round %u: member %zu, address %08x: %d", round, m,
					  address, may_send(f, m, address));
	}
}

static void no_two_peers_of_a_device_overlap(void)
{
	uint64_t seed = 0xfeed;

	for (unsigned round = 0; round < 300; round++) {
		struct fleet f;

		random_fleet(&f, &seed);
		check_devices(&f, round);
		fleet_fini(&f);
	}
}

static void sources_are_accepted_from_the_authorized_only(void)
{
	uint64_t seed = 0xbead;

	for (unsigned round = 0; round < 150; round++) {
		struct fleet f;

		random_fleet(&f, &seed);
		check_sources(&f, &seed, round);
		fleet_fini(&f);
	}
}

static void rows_that_make_no_sense_are_refused(void)
{
	struct fleet f;
	struct fault fault = {0};
	bool changed;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	fleet_member(&f, "a", 1);
	fleet_approve(&f, 0, "172.20.1.0/24");
	f.announcements.at[0].membership = 77;
	TEST_NUMBER(plan_slots(fleet_rows(&f), &changed, &fault), ERR_INVALID);
	f.announcements.at[0].membership = f.members.at[0].row;
	fleet_approve(&f, 0, "172.20.1.0/24");
	fault = (struct fault){0};
	TEST_NUMBER(plan_mesh(fleet_rows(&f), &f.arena, &f.plan, &fault), ERR_INVALID);
	TEST_TEXT(fault.text, "one membership announces 172.20.1.0/24 twice");
	fleet_fini(&f);
}

TEST_SUITE(render_plan,
	   {"shared addresses are everybody's who holds them",
	    shared_addresses_are_everybodys_who_holds_them},
	   {"nobody sends as a mesh or as what is let in",
	    nobody_sends_as_a_mesh_or_as_what_is_let_in},
	   {"no two peers of a device overlap", no_two_peers_of_a_device_overlap},
	   {"sources are accepted from the authorized only",
	    sources_are_accepted_from_the_authorized_only},
	   {"rows that make no sense are refused", rows_that_make_no_sense_are_refused});
