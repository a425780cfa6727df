/* What is in the way of a prefix: the machine m is in prod (number 0) and staging (number 1). */
#include "agent/plan/shadow.h"

#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

/* All that is shadowed, as "mesh prefix by device|mesh" lines. */
static void describe(struct machine_case *c, struct buf *out)
{
	char prefix[PREFIX_TEXT_MAX], by[PREFIX_TEXT_MAX];
	struct desired d;

	desired_make(&c->in, &d);
	buf_clear(out);
	for (size_t i = 0; i < d.facts.n; i++) {
		const struct membership_facts *m = &d.facts.memberships[i];

		for (size_t k = 0; k < m->nshadowed; k++) {
			const struct shadow *s = &m->shadowed[k];

			const char *what = s->device;

			CU_ASSERT((s->device == NULL) == (s->other != NULL));
			if (s->other != NULL)
				what = s->other->mesh->name;
			buf_printf(out, "%s %s by %s %s\n", m->mesh->name,
				   prefix_format(&s->prefix, prefix), prefix_format(&s->by, by),
				   what);
		}
	}
	desired_fini(&d);
}

static void check(struct machine_case *c, const char *want)
{
	struct buf text;

	buf_init(&text);
	describe(c, &text);
	TEST_TEXT(buf_text(&text), want);
	buf_fini(&text);
}

static void try_meshes(void (*change)(struct meshes *), const char *want)
{
	struct machine_case c;

	machine_init_in(&c, "m", change);
	machine_settle(&c);
	check(&c, want);
	machine_fini(&c);
}

/* ---- networks of the machine ---- */

static void a_network_of_the_machine(void)
{
	const struct prefix p = prefix_ipv4(0xac141e00, 24);
	struct machine_case c;
	struct desired d;
	size_t found = 0;

	machine_init(&c, "a1");
	machine_settle(&c);
	check(&c, "");
	machine_link(&c, "lan1", "172.20.30.9/23");
	machine_settle(&c);
	check(&c, "prod 172.20.30.0/24 by 172.20.30.0/23 lan1\n");
	desired_make(&c.in, &d);
	for (size_t i = 0; i < d.routes.n; i++)
		if (prefix_equal(&d.routes.at[i].prefix, &p)) {
			TEST_NUMBER(d.routes.at[i].type, RTN_THROW);
			found++;
		}
	TEST_NUMBER(found, 1);
	desired_fini(&d);
	machine_fini(&c);
}

static void what_the_machine_announces_itself_is_not_shadowed(void)
{
	struct machine_case c;

	machine_init(&c, "b2");
	machine_link(&c, "lan0", "172.20.12.1/24");
	machine_settle(&c);
	check(&c, "");
	machine_fini(&c);
}

/* ---- several meshes ---- */

enum { B1 = 0, M_PROD = 6 }; /* positions in the fleets */

static void approve_twice(struct meshes *m)
{
	fleet_approve(&m->staging, B1, "172.20.5.0/24");
	fleet_approve(&m->staging, B1, "172.20.6.128/25");
	fleet_approve(&m->staging, B1, "172.20.0.0/16");
	fleet_approve(&m->staging, B1, "172.20.77.0/24");
}

static void one_prefix_in_two_meshes(void)
{
	try_meshes(approve_twice, "staging 172.20.5.0/24 by 172.20.5.0/24 prod\n"
				  "staging 172.20.6.128/25 by 172.20.6.0/24 prod\n");
}

/* What a gateway forwards is looked up in the table of the mesh that it came from: nothing is
 * taken out of it. */
static void another_mesh_takes_no_route_away(void)
{
	const struct prefix p = prefix_ipv4(0xac140500, 24);
	struct machine_case c;
	struct desired d;
	size_t found = 0, thrown = 0;

	machine_init_in(&c, "gw1", approve_twice);
	machine_settle(&c);
	desired_make(&c.in, &d);
	CU_ASSERT(shadow_of(&d.facts.memberships[1], &p) != NULL);
	CU_ASSERT(!shadow_by_network(&d.facts.memberships[1], &p));
	for (size_t i = 0; i < d.routes.n; i++)
		if (d.routes.at[i].table == d.facts.memberships[1].table &&
		    prefix_equal(&d.routes.at[i].prefix, &p)) {
			found += d.routes.at[i].type == RTN_UNICAST;
			thrown += d.routes.at[i].type == RTN_THROW;
		}
	TEST_NUMBER(found, 1);
	TEST_NUMBER(thrown, 0);
	desired_fini(&d);
	machine_fini(&c);
}

static void what_a_peering_shows_is_one_network(void)
{
	try_meshes(meshes_peer, "");
}

static void approve_inside_the_other_mesh(struct meshes *m)
{
	fleet_approve(&m->prod, 0, "10.101.7.0/24");
}

/* The higher number wins here: its CIDR has a rule of its own. */
static void the_cidr_of_another_mesh(void)
{
	try_meshes(approve_inside_the_other_mesh, "prod 10.101.7.0/24 by 10.101.0.0/16 staging\n");
}

static void show_what_prod_has_too(struct meshes *m)
{
	meshes_peer(m);
	fleet_approve(&m->prod, 0, "172.20.12.0/24");
}

/* A gateway of prod would send it to prod's; this machine sends it where the peering says. */
static void what_is_reached_directly_comes_first(void)
{
	try_meshes(show_what_prod_has_too, "prod 172.20.12.0/24 by 172.20.12.0/24 staging\n");
}

static void peer_prod_with_a_third(struct meshes *m)
{
	fleet_peer(&m->prod, "third", "10.102.0.0/16", 4200000003, "10.100.0.0/16",
		   "172.20.88.0/24");
	fleet_approve(&m->staging, B1, "10.102.3.0/24");
	fleet_approve(&m->staging, B1, "172.20.88.0/24");
}

static void what_a_peering_brings_into_the_first_mesh(void)
{
	try_meshes(peer_prod_with_a_third, "staging 10.102.3.0/24 by 10.102.0.0/16 prod\n"
					   "staging 172.20.88.0/24 by 172.20.88.0/24 prod\n");
}

static void peer_both_with_a_third(struct meshes *m)
{
	fleet_peer(&m->prod, "third", "10.102.0.0/16", 4200000003, "10.100.0.0/16",
		   "172.20.88.0/24");
	fleet_peer(&m->staging, "third", "10.102.0.0/16", 4200000003, "10.101.0.0/16",
		   "172.20.88.0/24");
}

static void two_ways_to_one_network(void)
{
	try_meshes(peer_both_with_a_third, "");
}

static void approve_for_the_machine(struct meshes *m)
{
	fleet_approve(&m->prod, M_PROD, "172.20.40.0/24");
	fleet_approve(&m->staging, B1, "172.20.40.0/24");
}

/* An own prefix that is announced is thrown back, and the next rule asks the next mesh. */
static void an_own_prefix_counts_while_it_is_not_announced(void)
{
	struct route r = {.table = RT_TABLE_MAIN,
			  .type = RTN_UNICAST,
			  .prefix = prefix_ipv4(0xac142800, 24),
			  .gateway = address_ipv4(0xc0a80902)};
	struct machine_case c;

	machine_init_in(&c, "m", approve_for_the_machine);
	machine_link(&c, "lan0", "192.168.9.1/24");
	machine_settle(&c);
	check(&c, "staging 172.20.40.0/24 by 172.20.40.0/24 prod\n");
	r.device = link_by_name(&c.seen.links, "lan0")->index;
	vec_push(&c.seen.main, r);
	machine_settle(&c);
	check(&c, "");
	machine_fini(&c);
}

TEST_SUITE(agent_shadow, {"a network of the machine", a_network_of_the_machine},
	   {"what the machine announces itself is not shadowed",
	    what_the_machine_announces_itself_is_not_shadowed},
	   {"one prefix in two meshes", one_prefix_in_two_meshes},
	   {"another mesh takes no route away", another_mesh_takes_no_route_away},
	   {"what a peering shows is one network", what_a_peering_shows_is_one_network},
	   {"the CIDR of another mesh", the_cidr_of_another_mesh},
	   {"what is reached directly comes first", what_is_reached_directly_comes_first},
	   {"what a peering brings into the first mesh", what_a_peering_brings_into_the_first_mesh},
	   {"two ways to one network", two_ways_to_one_network},
	   {"an own prefix counts while it is not announced",
	    an_own_prefix_counts_while_it_is_not_announced});
