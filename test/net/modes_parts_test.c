/* Prefixes that are not what their names suggest: a peering that shows a part of an approved one
 * and a part of the mesh; and one prefix in two meshes of a machine.
 *
 *	prod 10.126.0.0/16                        staging 10.127.0.0/16    dev 10.128.0.0/16
 *	a1       r1 ── east 172.21.1.10,          b1                       d1 ── attic 172.21.1.20
 *	               172.21.2.10
 *	m        r2 ── west, the same             g1 and g2 in both        m
 *
 * r1 and r2 are approved for 172.21.0.0/16; staging is shown 172.21.1.0/24 of it, and of prod the
 * addresses of a1, r1 and r2. d1 is approved for 172.21.1.0/24 in dev. */
#include <poll.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define WHOLE "172.21.0.0/16"
#define PART  "172.21.1.0/24"
#define SHOWN "10.126.0.0/30"
#define B_T   "5200" /* table T of b1, and of g1 in prod */
#define SOON  15000

static const char yaml[] = "name: t-parts\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.126.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.127.0.0/16}\n"
			   "  - {name: dev, cidr: 10.128.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "  - {name: m, meshes: [prod, dev]}\n"
			   "  - {name: d1, meshes: [dev]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " WHOLE "}\n"
			   "  - {machine: r2, mesh: prod, prefix: " WHOLE "}\n"
			   "  - {machine: d1, mesh: dev, prefix: " PART "}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [" SHOWN ", " PART "]\n"
			   "    prefixes_b: [10.127.0.0/16]\n"
			   "networks:\n"
			   "  - {name: east, prefix: " PART ", behind: r1}\n"
			   "  - {name: west, prefix: " PART ", behind: r2}\n"
			   "  - {name: attic, prefix: " PART ", behind: d1, host: 172.21.1.20}\n";

static const char *const hosts[] = {"east", "west"}, *const routers[] = {"r1", "r2"};
static struct address rest;
static struct modes w;

/* The routers have a way to all of the prefix, so that they announce it; at its end there is an
 * address of the part and one of the rest. */
static int set_up(void)
{
	int code = modes_open(&w, yaml);

	rest = address_ipv4(0xac15020a);
	for (size_t i = 0; i < 2 && code == 0; i++) {
		modes_shell(&w, hosts[i], "ip address add 172.21.2.10/32 dev lo");
		modes_shell(&w, routers[i], "ip route add " WHOLE " via 172.21.1.10");
	}
	return code;
}

static int tear_down(void)
{
	return modes_close(&w);
}

static const struct address *host(const char *name)
{
	return &lab_file_network(&w.lab.file, name)->host;
}

/* What T of a machine has for a prefix, "unreachable" aside. */
static const char *route(const char *machine, const char *prefix)
{
	return modes_shell(
		&w, machine,
		arena_printf(&w.arena,
			     "ip route show table " B_T " exact %s | grep -v ^unreach; :", prefix));
}

static void await_route(const char *machine, const char *prefix, bool want)
{
	struct mono deadline = mono_add_ms(mono_now(), MODES_SETTLE_MS);
	const char *now = route(machine, prefix);

	while ((now[0] != '\0') != want && !mono_reached(deadline, mono_now())) {
		poll(NULL, 0, 50);
		now = route(machine, prefix);
	}
	if ((now[0] != '\0') != want)
		TEST_FAIL("%s has for %s: '%s'", machine, prefix, now);
}

/* ---- parts ---- */

static void the_part_is_reached_and_the_rest_is_not(void)
{
	await_route("b1", PART, true);
	CU_ASSERT(modes_reaches(&w, "b1", "staging", host("east"), MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &rest, MODES_REACH_MS));
	CU_ASSERT(!modes_reaches(&w, "b1", "staging", &rest, MODES_BARRED_MS));
	TEST_TEXT(route("b1", WHOLE), "");
	TEST_TEXT(route("b1", "172.21.2.0/24"), "");
}

/* In its own mesh the whole is enough; and nobody is asked to approve the part. */
static void the_part_stays_with_the_gateways(void)
{
	const char *said;

	await_route("a1", WHOLE, true);
	await_route("g1", WHOLE, true);
	TEST_TEXT(route("a1", PART), "");
	TEST_TEXT(route("g1", PART), "");
	TEST_TEXT(route("r2", PART), "throw " PART " proto 83 \n");
	said = modes_said(&w, "prefix", "list", "--mesh", "prod", NULL);
	CU_ASSERT(said != NULL && strstr(said, WHOLE) != NULL && strstr(said, PART) == NULL);
}

static void a_part_of_the_mesh_is_reached_and_the_rest_is_not(void)
{
	const struct address a1 = modes_address(&w, "a1", "prod");
	const struct address m = modes_address(&w, "m", "prod");

	CU_ASSERT(modes_reaches(&w, "b1", "staging", &a1, MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &m, MODES_REACH_MS));
	CU_ASSERT(!modes_reaches(&w, "b1", "staging", &m, MODES_BARRED_MS));
	await_route("b1", SHOWN, true);
}

/* As its whole does: what one router loses, the other has. */
static void the_part_survives_a_router(void)
{
	struct stream *s;
	struct fault f = {0};

	s = modes_trip(&w, "b1 to the part", "b1", "staging", hosts, 2, 8);
	modes_await_passing(&w, MODES_REACH_MS);
	TEST_STEP(outage_cause(&w.lab, "r1", "link", &f), &f);
	TEST_STEP(trip_await_only(s->trip, 1, mono_add_ms(mono_now(), SOON), &f), &f);
	TEST_STEP(outage_end(&w.lab, "r1", &f), &f);
	TEST_STEP(outage_cause(&w.lab, "r2", "link", &f), &f);
	TEST_STEP(trip_await_only(s->trip, 0, mono_add_ms(mono_now(), SOON), &f), &f);
	TEST_STEP(outage_end(&w.lab, "r2", &f), &f);
	modes_stop(&w);
}

static void the_part_goes_with_its_announcers(void)
{
	await_route("b1", PART, true);
	modes_shell(&w, "r1", "ip link set east down");
	modes_shell(&w, "r2", "ip link set west down");
	await_route("b1", PART, false);
	modes_shell(&w, "r1", "ip link set east up && ip route add " WHOLE " via 172.21.1.10");
	modes_shell(&w, "r2", "ip link set west up && ip route add " WHOLE " via 172.21.1.10");
	await_route("b1", PART, true);
	CU_ASSERT(modes_reaches(&w, "b1", "staging", host("east"), MODES_REACH_MS));
}

static void a_part_becomes_the_whole_and_a_part_again(void)
{
	modes_skein(&w, "peering", "set", "prod", "staging", "--show", "prod=" WHOLE, "--show",
		    "staging=10.127.0.0/16", NULL);
	modes_settle(&w);
	await_route("b1", WHOLE, true);
	await_route("b1", PART, false);
	CU_ASSERT(modes_reaches(&w, "b1", "staging", &rest, MODES_REACH_MS));
	modes_skein(&w, "peering", "set", "prod", "staging", "--show", "prod=" PART, "--show",
		    "staging=10.127.0.0/16", NULL);
	modes_settle(&w);
	await_route("b1", WHOLE, false);
	await_route("b1", PART, true);
	CU_ASSERT(modes_reaches(&w, "b1", "staging", host("east"), MODES_REACH_MS));
	CU_ASSERT(!modes_reaches(&w, "b1", "staging", &rest, MODES_BARRED_MS));
}

/* ---- two meshes ---- */

static bool is_shadowed_by_prod(void)
{
	struct fault f = {0};
	json_t *status = machine_agent_status(&w.lab, "m", &f);
	const char *mesh = NULL, *prefix = NULL, *by = NULL;
	bool is = false;

	if (TEST_STEP(json_unpack(status, "{s:[{}, {s:[{s:s, s:s, s:n, s:s}]}]}", "memberships",
				  "shadowed", "prefix", &prefix, "by", &by, "device", "mesh",
				  &mesh),
		      &f))
		is = strcmp(prefix, PART) == 0 && strcmp(by, WHOLE) == 0 &&
		     strcmp(mesh, "prod") == 0;
	json_decref(status);
	return is;
}

/* m joined prod first: the part of dev that prod has too is reached by dev's address only. */
static void of_two_meshes_with_one_prefix_the_first_is_used(void)
{
	modes_await_said(&w, "172.21.0.0/16 of its mesh prod comes first", MODES_SETTLE_MS,
			 "machine", "show", "m", NULL);
	modes_await_said(&w, "at 1 machine", MODES_SETTLE_MS, "prefix", "list", "--mesh", "dev",
			 NULL);
	CU_ASSERT(is_shadowed_by_prod());
	CU_ASSERT(modes_reaches(&w, "m", NULL, host("east"), MODES_REACH_MS));
	CU_ASSERT(modes_reaches(&w, "m", "dev", host("attic"), MODES_REACH_MS));
	CU_ASSERT(!modes_reaches(&w, "m", NULL, host("attic"), MODES_BARRED_MS));
}

static void when_the_first_is_gone_the_second_is_used(void)
{
	modes_skein(&w, "prefix", "withdraw", "r1", WHOLE, NULL);
	modes_skein(&w, "prefix", "withdraw", "r2", WHOLE, NULL);
	modes_settle(&w);
	CU_ASSERT(modes_reaches(&w, "m", NULL, host("attic"), MODES_REACH_MS));
	modes_await_said(&w, "\"shadowed\": []", MODES_SETTLE_MS, "machine", "show", "m", "--json",
			 NULL);
	await_route("b1", PART, false);
}

TEST_SUITE_WITH(
	modes_parts, set_up, tear_down,
	{"the part is reached and the rest is not", the_part_is_reached_and_the_rest_is_not},
	{"the part stays with the gateways", the_part_stays_with_the_gateways},
	{"a part of the mesh is reached and the rest is not",
	 a_part_of_the_mesh_is_reached_and_the_rest_is_not},
	{"the part survives a router", the_part_survives_a_router},
	{"the part goes with its announcers", the_part_goes_with_its_announcers},
	{"a part becomes the whole and a part again", a_part_becomes_the_whole_and_a_part_again},
	{"of two meshes with one prefix the first is used",
	 of_two_meshes_with_one_prefix_the_first_is_used},
	{"when the first is gone the second is used", when_the_first_is_gone_the_second_is_used});
