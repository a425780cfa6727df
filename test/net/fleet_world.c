#include "test/net/fleet_world.h"

#include <stdio.h>

#include "lab/fleet.h"
#include "lab/reach.h"
#include "test/net/settings.h"
#include "test/test.h"

static const struct fleets_pace usual = {.settle_ms = 30000,
					 .reach_ms = 15000,
					 .bar_ms = 1000,
					 .bfd_interval_ms = 250,
					 .flows = 16,
					 .measure = MEASURE_PACE_USUAL};

/* It stalls for longer than BFD waits by default, and has enough to do with fewer packets. */
static const struct fleets_pace emulated = {.settle_ms = 120000,
					    .reach_ms = 60000,
					    .bar_ms = 4000,
					    .bfd_interval_ms = 1000,
					    .flows = 8,
					    .measure = {20, 500, 200}};

/* With BFD's interval, twice. */
static const char yaml[] = "name: t-fleet\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.110.0.0/16, default: true,"
			   " bfd_interval_ms: %u}\n"
			   "  - {name: staging, cidr: 10.111.0.0/16, bfd_interval_ms: %u}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: a3, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "  - {name: b2, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: b2, mesh: staging, prefix: 172.20.21.0/24}\n"
			   "  - {machine: b2, mesh: staging, prefix: 172.20.22.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.110.0.0/16]\n"
			   "    prefixes_b: [10.111.0.0/16, 172.20.21.0/24]\n"
			   "networks:\n"
			   "  - {name: yard, prefix: 172.20.21.0/24, behind: b2}\n"
			   "  - {name: shed, prefix: 172.20.22.0/24, behind: b2}\n";

static struct lab lab;
static struct arena arena;
static operator_member_vec members;

const struct fleets_pace *fleets_pace(void)
{
	return settings_slow() ? &emulated : &usual;
}

struct mono fleets_settle(void)
{
	return mono_add_ms(mono_now(), fleets_pace()->settle_ms);
}

int fleets_make(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay, fleet_start_controller, NULL};
	const unsigned bfd = fleets_pace()->bfd_interval_ms;
	char text[sizeof(yaml) + 32];

	arena_init(&arena);
	snprintf(text, sizeof(text), yaml, bfd, bfd);
	return fleet_begin(&lab, text, steps);
}

int fleets_end(void)
{
	vec_free(&members);
	arena_fini(&arena);
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}

void fleets_refresh(void)
{
	struct fault f = {0};

	members.n = 0;
	if (operator_members(&lab, &arena, &members, &f) != 0)
		TEST_FAIL("%s", f.text);
}

const char *fleets_address_text(const char *machine, const char *mesh)
{
	static char text[ADDRESS_TEXT_MAX];
	const struct operator_member *m = operator_find_member(&members, machine, mesh);

	return m != NULL ? address_format(&m->address, text) : "none";
}

bool fleets_reach_address(const char *from, const char *mesh, const struct address *to, int64_t ms)
{
	const struct operator_member *m = operator_find_member(&members, from, mesh);
	struct reach pair = {.to = *to};
	struct fault f = {0};
	struct place p;

	lab_place(&lab, from, &p);
	pair.at = &p;
	if (m != NULL)
		pair.from = m->address;
	return reach_check(&pair, 1, ms, &f) == 1;
}

bool fleets_reach(const char *from, const char *from_mesh, const char *to, const char *to_mesh,
		  int64_t ms)
{
	const struct operator_member *m = operator_find_member(&members, to, to_mesh);

	return m != NULL && fleets_reach_address(from, from_mesh, &m->address, ms);
}

const struct address *fleets_host(const char *name)
{
	return &lab_file_network(&lab.file, name)->host;
}

struct address fleets_address(const char *machine, const char *mesh)
{
	const struct operator_member *m = operator_find_member(&members, machine, mesh);

	return m != NULL ? m->address : (struct address){0};
}

struct lab *fleets_lab(void)
{
	return &lab;
}

const operator_member_vec *fleets_members(void)
{
	return &members;
}

struct measure_plan fleets_crossing(unsigned flows)
{
	return (struct measure_plan){
		.machines = {"a1", "b1"},
		.addresses = {fleets_address("a1", "prod"), fleets_address("b1", "staging")},
		.flows = flows,
		.pace = fleets_pace()->measure};
}
