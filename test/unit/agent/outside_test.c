/* The plan where a machine has more around it than meshes and networks: containers, an exit, ways
 * of different width. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

static size_t count_rules(const struct desired *d, uint32_t priority, const char *iif)
{
	size_t n = 0;

	for (size_t i = 0; i < d->rules.n; i++)
		n += d->rules.at[i].priority == priority &&
		     strcmp(d->rules.at[i].iifname, iif) == 0;
	return n;
}

static size_t count_lines(const struct desired *d, const char *words)
{
	size_t n = 0;

	for (const char *at = buf_text(&d->fence); (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

/* With a container, and a second address where one is given. */
static void add_bridge(struct machine_case *c, const char *name, const char *address,
		       const char *second)
{
	struct link port = {.index = 90 + c->next_index, .kind = "veth", .flags = 1};

	machine_link(c, name, address);
	if (second != NULL)
		machine_address(c, second);
	snprintf(c->seen.links.at[c->seen.links.n - 1].kind, 16, "bridge");
	port.master = c->seen.links.at[c->seen.links.n - 1].index;
	vec_push(&c->seen.links, port);
	vec_push(&c->seen.confs, (struct seen_conf){0, 0});
}

static void settle_bridged(struct machine_case *c)
{
	machine_init(c, "m");
	add_bridge(c, "docker0", "172.17.0.1/16", NULL);
	machine_settle(c);
}

static void containers_count_as_their_machine(void)
{
	struct machine_case c;
	struct desired d;

	settle_bridged(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 1);
	TEST_NUMBER(count_rules(&d, 1400, "docker0"), 1);
	TEST_NUMBER(count_rules(&d, 1901, "docker0"), 1);
	TEST_NUMBER(count_rules(&d, 1300, "docker0"), 0);
	CU_ASSERT(strstr(buf_text(&d.fence), "iifname \"docker0\" oifname \"wg1\" snat ip to "
					     "10.101.0.20") != NULL);
	desired_fini(&d);
	c.config.containers = false;
	desired_make(&c.in, &d);
	TEST_NUMBER(count_rules(&d, 1400, "docker0"), 0);
	CU_ASSERT(strstr(buf_text(&d.fence), "docker0") == NULL);
	desired_fini(&d);
	c.config.containers = true;
	/* With a physical port it is a network like any other. */
	for (size_t i = 0; i < c.seen.links.n; i++)
		if (strcmp(c.seen.links.at[i].kind, "veth") == 0)
			c.seen.links.at[i].kind[0] = '\0';
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 0);
	desired_fini(&d);
	machine_fini(&c);
}

/* Two bridges, one of two networks, and of two addresses in one of them: each rule, and each line
 * of the nftables table, is there once. */
static void bridges_with_several_addresses_are_said_once(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "m");
	add_bridge(&c, "docker0", "172.17.0.1/16", "172.17.0.9/16");
	add_bridge(&c, "br-app", "172.18.0.1/16", "172.19.0.1/16");
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 3);
	TEST_NUMBER(count_rules(&d, 1400, "docker0"), 1);
	TEST_NUMBER(count_rules(&d, 1400, "br-app"), 1);
	TEST_NUMBER(count_rules(&d, 1900, "br-app"), 1);
	TEST_NUMBER(count_rules(&d, 1200, "wg0"), 3);
	TEST_NUMBER(count_lines(&d, "iifname \"docker0\" ip saddr 172.17.0.0/16 accept"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"br-app\" ip saddr 172.18.0.0/16 accept"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"br-app\" ip saddr 172.19.0.0/16 accept"), 1);
	TEST_NUMBER(count_lines(&d, "oifname \"docker0\" counter name unasked drop"), 1);
	TEST_NUMBER(count_lines(&d, "oifname \"br-app\" counter name unasked drop"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"docker0\" oifname \"wg0\" snat ip to"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"br-app\" oifname \"wg0\" snat ip to"), 1);
	desired_fini(&d);
	machine_fini(&c);
}

static void announce_what_has_containers(struct meshes *m)
{
	meshes_peer(m);
	fleet_approve(&m->prod, 6, "172.16.0.0/12");
}

static void announce_containers(struct meshes *m)
{
	announce_what_has_containers(m);
	fleet_approve(&m->prod, 6, "172.17.0.0/16");
}

/* A network around theirs that is announced makes them no part of it; their own does. */
static void containers_inside_what_is_announced_are_translated(void)
{
	struct machine_case c;
	struct desired d;

	machine_init_in(&c, "m", announce_what_has_containers);
	machine_link(&c, "lan0", "172.16.0.1/12");
	add_bridge(&c, "docker0", "172.17.0.1/16", NULL);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 1);
	TEST_NUMBER(count_rules(&d, 1500, "lan0"), 1);
	TEST_NUMBER(count_rules(&d, 1500, "docker0"), 0);
	TEST_NUMBER(count_rules(&d, 1400, "docker0"), 1);
	TEST_NUMBER(count_rules(&d, 1400, "lan0"), 0);
	TEST_NUMBER(count_lines(&d, "oifname \"docker0\" counter name unasked drop"), 1);
	desired_fini(&d);
	machine_fini(&c);
	machine_init_in(&c, "m", announce_containers);
	machine_link(&c, "lan0", "172.16.0.1/12");
	add_bridge(&c, "docker0", "172.17.0.1/16", NULL);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 0);
	TEST_NUMBER(count_rules(&d, 1500, "docker0"), 1);
	TEST_NUMBER(count_lines(&d, "oifname \"docker0\" counter name unasked drop"), 0);
	desired_fini(&d);
	machine_fini(&c);
}

/* a4 is an exit for m. */
static void give_an_exit(struct meshes *m)
{
	meshes_peer(m);
	fleet_limit(&m->prod, fleet_approve(&m->prod, 3, "0.0.0.0/0"), 6);
}

static void give_an_exit_or_not(struct meshes *m)
{
	give_an_exit(m);
	m->prod.announcements.at[m->prod.announcements.n - 1].direct_when_lost = true;
}

static void an_exit_leads_where_main_does(void)
{
	const struct prefix everything = prefix_ipv4(0, 0);
	struct machine_case c;
	struct desired d;
	size_t thrown = 0;

	machine_init_in(&c, "a4", give_an_exit);
	machine_link(&c, "lan0", "198.51.100.1/24");
	machine_settle(&c);
	desired_make(&c.in, &d);
	for (size_t i = 0; i < d.routes.n; i++)
		thrown += d.routes.at[i].type == RTN_THROW &&
			  prefix_equal(&d.routes.at[i].prefix, &everything);
	TEST_NUMBER(thrown, 1);
	TEST_NUMBER(count_rules(&d, 1500, "eth0"), 1);
	TEST_NUMBER(count_rules(&d, 1850, "lo"), 0);
	TEST_NUMBER(count_rules(&d, 2000, "lo"), 0);
	TEST_NUMBER(d.guard.nbarred, 1);
	CU_ASSERT(strstr(d.birds.at[0].tail, "route 0.0.0.0/0 via") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "elements = { 10.100.0.20/32 }") != NULL);
	desired_fini(&d);
	for (size_t i = 0; i < c.seen.main.n; i++)
		if (c.seen.main.at[i].prefix.length == 0)
			c.seen.main.at[i].device = -1;
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].tail, "0.0.0.0/0") == NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "masquerade") == NULL);
	desired_fini(&d);
	machine_fini(&c);
}

/* m is an exit of both its meshes. */
static void give_two_exits(struct meshes *m)
{
	meshes_peer(m);
	fleet_limit(&m->prod, fleet_approve(&m->prod, 6, "0.0.0.0/0"), 0);
	fleet_limit(&m->staging, fleet_approve(&m->staging, 5, "0.0.0.0/0"), 0);
}

static void an_exit_of_two_meshes_has_containers_of_its_own(void)
{
	struct machine_case c;
	struct desired d;

	machine_init_in(&c, "m", give_two_exits);
	machine_link(&c, "lan0", "198.51.100.1/24");
	add_bridge(&c, "docker0", "172.17.0.1/16", NULL);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.ncontainers, 1);
	TEST_NUMBER(count_rules(&d, 1500, "eth0"), 1);
	TEST_NUMBER(count_rules(&d, 1501, "eth0"), 1);
	TEST_NUMBER(count_lines(&d, "10.100.0.1/32, 10.101.0.1/32"), 1); /* whom they serve */
	TEST_NUMBER(count_lines(&d, "masquerade"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"eth0\" oifname @mesh_devices counter"), 1);
	TEST_NUMBER(count_lines(&d, "oifname \"docker0\" counter name unasked drop"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"docker0\" oifname \"wg0\" snat ip to"), 1);
	TEST_NUMBER(count_lines(&d, "iifname \"docker0\" oifname \"wg1\" snat ip to"), 1);
	/* Their network is none of the exits' business. */
	CU_ASSERT(strstr(strstr(buf_text(&d.fence), "set inside4"), "172.16.0.0/12") != NULL);
	desired_fini(&d);
	machine_fini(&c);
}

static void who_uses_an_exit_goes_nowhere_else(void)
{
	struct machine_case c;
	struct desired d;

	machine_init_in(&c, "m", give_an_exit);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(count_rules(&d, 1850, "lo"), 1);
	TEST_NUMBER(count_rules(&d, 2000, "lo"), 1);
	desired_fini(&d);
	machine_fini(&c);
	machine_init_in(&c, "m", give_an_exit_or_not);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(count_rules(&d, 1850, "lo"), 1);
	TEST_NUMBER(count_rules(&d, 2000, "lo"), 0);
	desired_fini(&d);
	machine_fini(&c);
	machine_init_in(&c, "a1", give_an_exit);
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(count_rules(&d, 1850, "lo"), 0);
	TEST_NUMBER(count_rules(&d, 2000, "lo"), 0);
	desired_fini(&d);
	machine_fini(&c);
}

static uint32_t mtu_of(const struct machine_case *c, const char *device)
{
	struct desired d;
	uint32_t mtu;

	desired_make(&c->in, &d);
	mtu = desired_device(&d, device)->mtu;
	desired_fini(&d);
	return mtu;
}

static void set_endpoint(struct machine_case *c, const char *device, uint32_t address)
{
	for (size_t i = 0; i < c->seen.devices.n; i++)
		if (strcmp(c->seen.devices.at[i].name, device) == 0) {
			struct wg_peer *p = &c->seen.devices.at[i].peers.at[0];

			p->endpoint = (struct wg_endpoint){address_ipv4(address), 51820};
			p->last_handshake.ms = c->in.now.ms - 1000;
		}
}

/* The way to a peer of wg0 leads over a tunnel of 1400 bytes, and further on carries less. */
static void the_mtu_follows_the_ways_to_the_peers(void)
{
	struct path_mtu far = {address_ipv4(0xc6336409), 1380};
	struct machine_case c;
	struct desired d;

	machine_init(&c, "a1");
	machine_link(&c, "tun0", "198.51.100.1/24");
	c.seen.links.at[c.seen.links.n - 1].mtu = 1400;
	machine_settle(&c);
	TEST_NUMBER(mtu_of(&c, "wg0"), 1420);
	set_endpoint(&c, "wg0", 0xc6336409);
	TEST_NUMBER(mtu_of(&c, "wg0"), 1320);
	TEST_NUMBER(mtu_of(&c, "wg0t1"), 1420);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.paths.n, 1);
	TEST_NUMBER(d.paths.at[0].mtu, 1400);
	desired_fini(&d);
	vec_push(&c.seen.path_mtus, far);
	TEST_NUMBER(mtu_of(&c, "wg0"), 1300);
	c.seen.path_mtus.at[0].mtu = 600; /* not believed */
	TEST_NUMBER(mtu_of(&c, "wg0"), 1200);
	TEST_NUMBER(mtu_of(&c, "wg0t1"), 1420);
	machine_fini(&c);
}

TEST_SUITE(agent_outside, {"containers count as their machine", containers_count_as_their_machine},
	   {"bridges with several addresses are said once",
	    bridges_with_several_addresses_are_said_once},
	   {"containers inside what is announced are translated",
	    containers_inside_what_is_announced_are_translated},
	   {"an exit leads where main does", an_exit_leads_where_main_does},
	   {"an exit of two meshes has containers of its own",
	    an_exit_of_two_meshes_has_containers_of_its_own},
	   {"who uses an exit goes nowhere else", who_uses_an_exit_goes_nowhere_else},
	   {"the MTU follows the ways to the peers", the_mtu_follows_the_ways_to_the_peers});
