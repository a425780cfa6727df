/* What a machine does when it becomes more in its mesh than it was, or less. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

static bool has_route(const struct desired *d, const char *want)
{
	char text[ROUTE_TEXT_MAX];

	for (size_t i = 0; i < d->routes.n; i++)
		if (strcmp(route_format(&d->routes.at[i], text), want) == 0)
			return true;
	return false;
}

/* With so many members BFD of what the mesh asks for would be 4,400 packets a second. */
static void crowd(struct meshes *m)
{
	static char names[1100][8];

	meshes_peer(m);
	for (uint32_t i = 0; i < 1100; i++) {
		snprintf(names[i], sizeof(names[i]), "x%u", i);
		fleet_member(&m->prod, names[i], 1000 + i);
	}
}

static void bfd_is_as_fast_as_its_sessions_can_bear(void)
{
	static const struct {
		const char *name;
		size_t bird;
		const char *want;
	} rows[] = {
		{"gw1", 0,
		 "\"wg0\", \"wg0t*\" { interval 500 ms; idle tx interval 1 s; multiplier 3;"},
		{"gw1", 1,
		 "\"wg1\", \"wg1t*\" { interval 250 ms; idle tx interval 1 s; multiplier 3;"},
		{"a1", 0, "\"wg0t*\" { interval 250 ms; idle tx interval 1 s; multiplier 3;"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct machine_case c;
		struct desired d;

		machine_init_in(&c, rows[i].name, crowd);
		machine_settle(&c);
		desired_make(&c.in, &d);
		if (strstr(d.birds.at[rows[i].bird].tail, rows[i].want) == NULL)
			TEST_FAIL("%s: want %s in: %s", rows[i].name, rows[i].want,
				  d.birds.at[rows[i].bird].tail);
		desired_fini(&d);
		machine_fini(&c);
	}
}

#define REMOTE_HELD "172.20.12.0/24 via 10.100.0.11 dev 4 table 5200 metric 33"

static void what_bird_had_is_held_when_the_own_role_changes(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "a4");
	machine_settle(&c);
	machine_learn(&c, 5200, "172.20.12.0/24", "10.100.0.11", "wg0t1");
	machine_learn(&c, 5200, "10.100.0.2/32", "10.100.0.11", "wg0t1"); /* the state has it */
	desired_make(&c.in, &d);
	CU_ASSERT(!has_route(&d, REMOTE_HELD));
	desired_fini(&d);
	c.memberships[0].moved = c.in.clock;
	CU_ASSERT(machine_round(&c, NULL) > 0);
	machine_learn(&c, 5200, "172.20.12.0/24", NULL, NULL);
	desired_make(&c.in, &d);
	CU_ASSERT(has_route(&d, REMOTE_HELD));
	CU_ASSERT(!has_route(&d, "10.100.0.2/32 via 10.100.0.11 dev 4 table 5200 metric 33"));
	CU_ASSERT(d.wake.ns != 0 && mono_ms_between(c.in.clock, d.wake) == FACTS_HOLD_MS);
	desired_fini(&d);
	c.memberships[0].settled = true; /* it was withdrawn */
	desired_make(&c.in, &d);
	CU_ASSERT(!has_route(&d, REMOTE_HELD));
	desired_fini(&d);
	c.memberships[0].settled = false;
	machine_wait(&c, FACTS_HOLD_MS);
	desired_make(&c.in, &d);
	CU_ASSERT(!has_route(&d, REMOTE_HELD));
	TEST_NUMBER(d.wake.ns, 0);
	desired_fini(&d);
	machine_fini(&c);
}

/* gw1 reached b2's prefix over its device of staging; as a plain member it may not. */
static void who_is_no_gateway_any_more_holds_by_the_gateways(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "gw1");
	machine_settle(&c);
	machine_learn(&c, 5200, "172.20.12.0/24", "10.101.0.2", "wg1");
	c.meshes.prod.members.at[4].gateway = c.meshes.staging.members.at[3].gateway = false;
	machine_update(&c);
	c.memberships[0].moved = c.in.clock;
	desired_make(&c.in, &d);
	CU_ASSERT(
		has_route(&d, "172.20.12.0/24 via 10.100.0.12 dev 4 onlink table 5200 metric 33"));
	desired_fini(&d);
	machine_fini(&c);
}

static void what_others_have_too_is_drained_at_first(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "gw1");
	machine_settle(&c);
	c.memberships[1].grown = c.in.clock;
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].head, "define DRAIN = false;") != NULL);
	CU_ASSERT(strstr(d.birds.at[1].head, "define DRAIN = true;") != NULL);
	CU_ASSERT(mono_ms_between(c.in.clock, d.wake) == 8000);
	desired_fini(&d);
	machine_wait(&c, 8000);
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[1].head, "define DRAIN = false;") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "carried") == NULL);
	TEST_NUMBER(d.wake.ns, 0);
	desired_fini(&d);
	machine_fini(&c);
}

/* By an operator: in all that the machine is a member of, until he says otherwise. */
static void who_goes_out_of_service_says_so(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "gw1");
	machine_settle(&c);
	c.meshes.prod.members.at[4].drained = c.meshes.staging.members.at[3].drained = true;
	machine_update(&c);
	machine_wait(&c, 3600000);
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].head, "define DRAIN = true;") != NULL);
	CU_ASSERT(strstr(d.birds.at[1].head, "define DRAIN = true;") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "iifname @mesh_devices ip daddr != { 10.100.0.11, "
					     "10.101.0.11 } counter name carried") != NULL);
	TEST_NUMBER(d.wake.ns, 0);
	desired_fini(&d);
	c.meshes.prod.members.at[4].drained = c.meshes.staging.members.at[3].drained = false;
	machine_update(&c);
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].head, "define DRAIN = false;") != NULL);
	CU_ASSERT(strstr(d.birds.at[1].head, "define DRAIN = false;") != NULL);
	desired_fini(&d);
	machine_fini(&c);
}

TEST_SUITE(agent_own_role,
	   {"BFD is as fast as its sessions can bear", bfd_is_as_fast_as_its_sessions_can_bear},
	   {"what BIRD had is held when the own role changes",
	    what_bird_had_is_held_when_the_own_role_changes},
	   {"who is no gateway any more holds by the gateways",
	    who_is_no_gateway_any_more_holds_by_the_gateways},
	   {"what others have too is drained at first", what_others_have_too_is_drained_at_first},
	   {"who goes out of service says so", who_goes_out_of_service_says_so});
