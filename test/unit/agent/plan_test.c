/* The plan against the reference fleet: what is desired is held by golden files, that it comes to
 * rest and does not depend on any order is tried. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

static void settle_as(struct machine_case *c, const char *name)
{
	machine_init(c, name);
	if (strcmp(name, "a1") == 0)
		machine_link(c, "lan0", "172.20.5.1/24");
	if (strcmp(name, "b2") == 0)
		machine_link(c, "lan0", "172.20.12.1/24");
	machine_settle(c);
}

static void golden(const char *name)
{
	struct machine_case c;
	struct buf text;
	char file[64];

	settle_as(&c, name);
	buf_init(&text);
	machine_describe(&c, &text);
	snprintf(file, sizeof(file), "agent/plan-%s.txt", name);
	test_golden(file, buf_text(&text), text.len);
	buf_fini(&text);
	machine_fini(&c);
}

static void a_plain_member(void)
{
	golden("a1");
}

static void a_router(void)
{
	golden("b2");
}

static void a_gateway(void)
{
	golden("gw1");
}

static void a_machine_in_two_meshes(void)
{
	golden("m");
}

/* A network that knows no way back, beside one that does: what goes into it has the router's own
 * address there and is tracked both ways; what starts there is not translated. */
static void a_translated_prefix(void)
{
	struct machine_case c;
	struct desired d;
	size_t translated;

	settle_as(&c, "b2");
	machine_link(&c, "lan1", "172.20.40.1/24");
	translated = fleet_approve(&c.meshes.staging, 1, "172.20.40.0/24");
	c.meshes.staging.announcements.at[translated].translated = true;
	machine_update(&c);
	machine_settle(&c);
	desired_make(&c.in, &d);
	test_golden("agent/fence-translated.txt", buf_text(&d.fence), d.fence.len);
	desired_fini(&d);
	machine_fini(&c);
}

static void it_comes_to_rest(void)
{
	static const char *const names[] = {"a1", "a2", "a4", "b1", "b2", "gw1", "gw2", "m"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct machine_case c;

		settle_as(&c, names[i]);
		TEST_NUMBER(machine_round(&c, NULL), 0);
		machine_fini(&c);
	}
}

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swap = (a);                                                          \
		(a) = (b);                                                                         \
		(b) = swap;                                                                        \
	} while (0)

static void turn_around(struct machine_case *c)
{
	for (size_t i = 0; i < c->seen.links.n / 2; i++) {
		size_t k = c->seen.links.n - 1 - i;

		SWAP(c->seen.links.at[i], c->seen.links.at[k]);
		SWAP(c->seen.confs.at[i], c->seen.confs.at[k]);
	}
	for (size_t i = 0; i < c->seen.main.n / 2; i++)
		SWAP(c->seen.main.at[i], c->seen.main.at[c->seen.main.n - 1 - i]);
	for (size_t i = 0; i < c->seen.routes.n / 2; i++)
		SWAP(c->seen.routes.at[i], c->seen.routes.at[c->seen.routes.n - 1 - i]);
	for (size_t i = 0; i < c->seen.rules.n / 2; i++)
		SWAP(c->seen.rules.at[i], c->seen.rules.at[c->seen.rules.n - 1 - i]);
}

static void the_order_of_what_is_seen_does_not_matter(void)
{
	static const char *const names[] = {"b2", "gw1", "m"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct machine_case c;
		struct buf one, two;

		settle_as(&c, names[i]);
		buf_init(&one);
		buf_init(&two);
		machine_describe(&c, &one);
		turn_around(&c);
		machine_describe(&c, &two);
		TEST_TEXT(buf_text(&two), buf_text(&one));
		TEST_NUMBER(machine_round(&c, NULL), 0);
		buf_fini(&one);
		buf_fini(&two);
		machine_fini(&c);
	}
}

static void drift_is_mended_and_nothing_else_touched(void)
{
	struct machine_case c;
	struct buf text;

	settle_as(&c, "b2");
	buf_init(&text);
	c.seen.confs.at[c.seen.confs.n - 1].forwarding = 0;
	c.seen.fence_stands = false;
	machine_round(&c, &text);
	TEST_TEXT(buf_text(&text), "sysctl wg0t4 forwarding = 1\nfence load\n");
	buf_fini(&text);
	machine_fini(&c);
}

static void a_membership_that_ends_takes_all_of_its_own_along(void)
{
	struct machine_case c;

	settle_as(&c, "m");
	c.in.n = 1;
	machine_settle(&c);
	for (size_t i = 0; i < c.seen.links.n; i++)
		CU_ASSERT(strncmp(c.seen.links.at[i].name, "wg1", 3) != 0);
	for (size_t i = 0; i < c.seen.routes.n; i++)
		CU_ASSERT(c.seen.routes.at[i].table == 5200 || c.seen.routes.at[i].table == 5400);
	c.in.n = 0;
	machine_settle(&c);
	TEST_NUMBER(c.seen.rules.n, 0);
	TEST_NUMBER(c.seen.routes.n, 0);
	TEST_NUMBER(c.seen.links.n, 2);
	machine_fini(&c);
}

/* Unless the whole machine forwards by then. */
static void what_was_opened_is_closed_again(void)
{
	for (int all = 0; all < 2; all++) {
		struct machine_case c;
		size_t lan = 0;

		settle_as(&c, "b2");
		while (strcmp(c.seen.links.at[lan].name, "lan0") != 0)
			lan++;
		TEST_NUMBER(c.seen.confs.at[lan].forwarding, 1);
		c.seen.ip_forward = all;
		for (size_t i = 0; i < c.seen.main.n; i++)
			if (c.seen.main.at[i].device == c.seen.links.at[lan].index)
				c.seen.main.at[i].device = -1;
		machine_settle(&c);
		TEST_NUMBER(c.seen.confs.at[lan].forwarding, all);
		TEST_NUMBER(c.in.nopened, all);
		machine_fini(&c);
	}
}

/* A process was started for a device, and before that is there, or marked, nobody wants it. */
static void what_is_just_being_made_is_ended_too(void)
{
	struct seen_started marked = {.name = "wg1"}, coming = {.name = "wg1t1"};
	struct machine_case c;
	struct buf text;

	settle_as(&c, "m");
	c.in.n = 1;
	machine_settle(&c);
	marked.membership = coming.membership = c.memberships[1].id;
	vec_push(&c.seen.started, marked);
	vec_push(&c.seen.started, coming);
	machine_link(&c, "wg1", "192.0.2.9/32");
	buf_init(&text);
	machine_round(&c, &text);
	CU_ASSERT(strstr(buf_text(&text), "device delete wg1\n") != NULL);
	CU_ASSERT(strstr(buf_text(&text), "process end wg1t1\n") != NULL);
	buf_fini(&text);
	machine_fini(&c);
}

static void a_foreign_device_keeps_its_name(void)
{
	struct machine_case c;

	machine_init(&c, "m");
	machine_link(&c, "wg0", "10.9.0.1/24");
	machine_settle(&c);
	CU_ASSERT(link_by_name(&c.seen.links, "wg1") != NULL);
	CU_ASSERT(link_by_name(&c.seen.links, "wg2") != NULL);
	TEST_TEXT(link_by_name(&c.seen.links, "wg0")->alias, "");
	machine_fini(&c);
}

static void an_overlapping_mesh_is_not_begun(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "m");
	machine_link(&c, "lan0", "10.101.7.1/24");
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.n, 1);
	TEST_NUMBER(d.facts.nrefused, 1);
	TEST_TEXT(d.facts.memberships[1].mesh->name, "staging");
	desired_fini(&d);
	machine_fini(&c);
}

static void an_announced_network_that_is_lost_is_not_announced(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "b2");
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.memberships[0].napproved, 1);
	CU_ASSERT(d.facts.memberships[0].approved[0].lans.n == 0);
	CU_ASSERT(strstr(d.birds.at[0].tail, "s_own") == NULL);
	for (size_t i = 0; i < d.rules.n; i++)
		CU_ASSERT(d.rules.at[i].priority != 1200 && d.rules.at[i].priority != 1500);
	desired_fini(&d);
	machine_fini(&c);
}

static void show_a_part(struct meshes *m)
{
	fleet_peer(&m->prod, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16",
		   "172.20.12.128/25");
	fleet_peer(&m->staging, "prod", "10.100.0.0/16", 4200000001, "172.20.12.128/25",
		   "10.100.0.0/16");
}

/* Else prod, which knows the part by the peering, would come first. */
static void a_shown_part_is_reached_directly(void)
{
	const struct prefix part = prefix_ipv4(0xac140c80, 25);
	struct machine_case c;
	struct desired d;
	size_t found = 0;

	machine_init_in(&c, "m", show_a_part);
	machine_settle(&c);
	desired_make(&c.in, &d);
	for (size_t i = 0; i < d.rules.n; i++)
		if (prefix_equal(&d.rules.at[i].to, &part)) {
			TEST_NUMBER(d.rules.at[i].table, d.facts.memberships[1].table);
			TEST_NUMBER(d.rules.at[i].priority, 1651);
			found++;
		}
	TEST_NUMBER(found, 1);
	desired_fini(&d);
	machine_fini(&c);
}

/* Its whole and it have lives of their own: each while main has a route to it. */
static void a_part_is_announced_beside_its_whole(void)
{
	struct machine_case c;
	struct desired d;

	machine_init_in(&c, "b2", show_a_part);
	machine_link(&c, "lan0", "172.20.12.129/25");
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(d.facts.memberships[0].napproved, 2);
	CU_ASSERT(!d.facts.memberships[0].approved[0].part);
	CU_ASSERT(d.facts.memberships[0].approved[1].part);
	CU_ASSERT(strstr(d.birds.at[0].tail, "route 172.20.12.0/24") == NULL);
	CU_ASSERT(strstr(d.birds.at[0].tail, "route 172.20.12.128/25") != NULL);
	desired_fini(&d);
	machine_link(&c, "lan1", "172.20.12.1/24");
	machine_settle(&c);
	desired_make(&c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].tail, "route 172.20.12.0/24") != NULL);
	CU_ASSERT(strstr(d.birds.at[0].tail, "route 172.20.12.128/25") != NULL);
	desired_fini(&d);
	machine_fini(&c);
}

/* How many rules of 1500+i let the network of a device in. */
static size_t count_lan_rules(const struct desired *d, const char *device, const char *from)
{
	struct prefix p;
	size_t n = 0;

	TEST_NUMBER(prefix_parse(from, &p, NULL), 0);
	for (size_t i = 0; i < d->rules.n; i++)
		n += strcmp(d->rules.at[i].iifname, device) == 0 &&
		     prefix_equal(&d->rules.at[i].from, &p);
	return n;
}

/* An aggregate of several VLANs: each is opened, once main has a route to the whole. */
static void networks_inside_an_announced_one_are_opened(void)
{
	struct machine_case c;
	struct desired d;

	machine_init(&c, "b2");
	machine_link(&c, "vlan1", "172.20.12.1/26");
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(count_lan_rules(&d, "vlan1", "172.20.12.0/24"), 0);
	CU_ASSERT(strstr(buf_text(&d.fence), "\"vlan1\"") == NULL);
	desired_fini(&d);
	machine_link(&c, "lan0", "172.20.12.254/24");
	machine_settle(&c);
	desired_make(&c.in, &d);
	TEST_NUMBER(count_lan_rules(&d, "vlan1", "172.20.12.0/24"), 1);
	TEST_NUMBER(count_lan_rules(&d, "lan0", "172.20.12.0/24"), 1);
	CU_ASSERT(strstr(buf_text(&d.fence), "iifname \"vlan1\" ip saddr 172.20.12.0/24") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "iifname \"vlan1\" oifname != @mesh_devices") != NULL);
	desired_fini(&d);
	machine_fini(&c);
}

TEST_SUITE(agent_plan, {"a plain member", a_plain_member}, {"a router", a_router},
	   {"a translated prefix", a_translated_prefix}, {"a gateway", a_gateway},
	   {"a machine in two meshes", a_machine_in_two_meshes},
	   {"it comes to rest", it_comes_to_rest},
	   {"the order of what is seen does not matter", the_order_of_what_is_seen_does_not_matter},
	   {"drift is mended and nothing else touched", drift_is_mended_and_nothing_else_touched},
	   {"a membership that ends takes all of its own along",
	    a_membership_that_ends_takes_all_of_its_own_along},
	   {"what was opened is closed again", what_was_opened_is_closed_again},
	   {"what is just being made is ended too", what_is_just_being_made_is_ended_too},
	   {"a foreign device keeps its name", a_foreign_device_keeps_its_name},
	   {"an overlapping mesh is not begun", an_overlapping_mesh_is_not_begun},
	   {"a shown part is reached directly", a_shown_part_is_reached_directly},
	   {"a part is announced beside its whole", a_part_is_announced_beside_its_whole},
	   {"networks inside an announced one are opened",
	    networks_inside_an_announced_one_are_opened},
	   {"an announced network that is lost is not announced",
	    an_announced_network_that_is_lost_is_not_announced});
