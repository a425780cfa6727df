/* What is announced, goes and comes back: b2 is one of two routers of 172.20.12.0/24. */
#include "agent/plan/offers.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

#define PREFIX	    "172.20.12.0/24"
#define PREFERRED   "route " PREFIX " via \"lan0\";"
#define SECOND_BEST "route " PREFIX " via \"lan0\" { bgp_community.add(GSHUT); };"

struct scene {
	struct machine_case c;
	offer_vec offers;
	struct prefix prefix;
};

static void scene_start(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	prefix_parse(PREFIX, &s->prefix, NULL);
	machine_init(&s->c, "b2");
	machine_link(&s->c, "lan0", "172.20.12.1/24");
	machine_settle(&s->c);
}

static void scene_end(struct scene *s)
{
	vec_free(&s->offers);
	machine_fini(&s->c);
}

/* A round; returns how long until the plan changes by itself, ms; 0: it does not. */
static int64_t expect(struct scene *s, const char *announced)
{
	struct desired d;
	int64_t wake;

	s->c.memberships[0].offers = s->offers.at;
	s->c.memberships[0].noffers = s->offers.n;
	desired_make(&s->c.in, &d);
	if (announced != NULL && strstr(d.birds.at[0].tail, announced) == NULL)
		TEST_FAIL("want %s in: %s", announced, d.birds.at[0].tail);
	if (announced == NULL && strstr(d.birds.at[0].tail, "route " PREFIX) != NULL)
		TEST_FAIL("want it nowhere in: %s", d.birds.at[0].tail);
	wake = d.wake.ns != 0 ? mono_ms_between(s->c.in.clock, d.wake) : 0;
	offers_follow(&s->offers, &d.facts.memberships[0], s->c.in.clock);
	desired_fini(&d);
	return wake;
}

/* The flag is IFF_UP where somebody takes it down, IFF_RUNNING where its cable is pulled. */
static void set_flag(struct scene *s, unsigned flag, bool on)
{
	for (size_t i = 0; i < s->c.seen.links.n; i++)
		if (strcmp(s->c.seen.links.at[i].name, "lan0") == 0)
			s->c.seen.links.at[i].flags = on ? s->c.seen.links.at[i].flags | flag
							 : s->c.seen.links.at[i].flags & ~flag;
}

static void set_link(struct scene *s, bool up)
{
	set_flag(s, IFF_UP, up);
}

static void what_has_no_cable_is_not_announced(void)
{
	struct scene s;

	scene_start(&s);
	expect(&s, PREFERRED);
	set_flag(&s, IFF_RUNNING, false);
	expect(&s, NULL);
	set_flag(&s, IFF_RUNNING, true);
	expect(&s, SECOND_BEST);
	scene_end(&s);
}

static void what_comes_back_is_second_until_it_is_stable(void)
{
	struct scene s;

	scene_start(&s);
	TEST_NUMBER(expect(&s, PREFERRED), 0); /* the first time it does not wait */
	set_link(&s, false);
	TEST_NUMBER(expect(&s, NULL), 0);
	machine_wait(&s.c, 5000);
	TEST_NUMBER(expect(&s, NULL), 0);
	set_link(&s, true);
	TEST_NUMBER(expect(&s, SECOND_BEST), 60000);
	machine_wait(&s.c, 59000);
	TEST_NUMBER(expect(&s, SECOND_BEST), 1000);
	machine_wait(&s.c, 1000);
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	scene_end(&s);
}

static void who_flaps_begins_anew(void)
{
	struct scene s;

	scene_start(&s);
	expect(&s, PREFERRED);
	for (int i = 0; i < 5; i++) {
		set_link(&s, false);
		TEST_NUMBER(expect(&s, NULL), 0);
		machine_wait(&s.c, 1000);
		set_link(&s, true);
		TEST_NUMBER(expect(&s, SECOND_BEST), 60000);
		machine_wait(&s.c, 50000);
		TEST_NUMBER(expect(&s, SECOND_BEST), 10000);
	}
	machine_wait(&s.c, 10000);
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	scene_end(&s);
}

/* BIRD withdraws and announces it by itself, faster than a round comes. */
static void who_flaps_between_two_rounds_is_second(void)
{
	struct scene s;

	scene_start(&s);
	for (size_t i = 0; i < s.c.seen.links.n; i++)
		s.c.seen.links.at[i].carrier_changes = 2;
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	for (size_t i = 0; i < s.c.seen.links.n; i++)
		s.c.seen.links.at[i].carrier_changes = 4;
	TEST_NUMBER(expect(&s, SECOND_BEST), 60000);
	machine_wait(&s.c, 59000);
	TEST_NUMBER(expect(&s, SECOND_BEST), 1000);
	machine_wait(&s.c, 1000);
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	scene_end(&s);
}

/* Text that BIRD could not read is none of its business. */
static void a_device_with_an_odd_name_is_not_named_to_bird(void)
{
	struct scene s;

	scene_start(&s);
	for (size_t i = 0; i < s.c.seen.links.n; i++)
		if (strcmp(s.c.seen.links.at[i].name, "lan0") == 0)
			snprintf(s.c.seen.links.at[i].name, LINK_NAME_MAX, "l\"; }");
	expect(&s, "route " PREFIX " unreachable;");
	scene_end(&s);
}

static struct announcement *approval(struct scene *s)
{
	for (size_t i = 0; i < s->c.meshes.staging.announcements.n; i++)
		if (prefix_equal(&s->c.meshes.staging.announcements.at[i].prefix, &s->prefix))
			return &s->c.meshes.staging.announcements.at[i];
	return NULL;
}

/* The first one is of b2. */
static void how_long_is_in_the_terms(void)
{
	struct scene s;

	scene_start(&s);
	approval(&s)->stable_for_s = 5;
	machine_update(&s.c);
	expect(&s, PREFERRED);
	set_link(&s, false);
	expect(&s, NULL);
	set_link(&s, true);
	TEST_NUMBER(expect(&s, SECOND_BEST), 5000);
	approval(&s)->stable_for_s = 0;
	machine_update(&s.c);
	TEST_NUMBER(expect(&s, PREFERRED), 0);
	scene_end(&s);
}

static void what_is_unwell_is_not_announced(void)
{
	struct scene s;

	scene_start(&s);
	expect(&s, PREFERRED);
	offers_find(&s.offers, &s.prefix)->unwell = true;
	expect(&s, NULL);
	offers_find(&s.offers, &s.prefix)->unwell = false;
	expect(&s, SECOND_BEST);
	machine_wait(&s.c, 60000);
	expect(&s, PREFERRED);
	scene_end(&s);
}

static void what_is_approved_no_longer_is_forgotten(void)
{
	struct scene s;

	scene_start(&s);
	expect(&s, PREFERRED);
	TEST_NUMBER(s.offers.n, 1);
	fleet_withdraw(&s.c.meshes.staging,
		       (size_t)(approval(&s) - s.c.meshes.staging.announcements.at));
	machine_update(&s.c);
	expect(&s, NULL);
	TEST_NUMBER(s.offers.n, 0);
	scene_end(&s);
}

static bool opens(const struct desired *d, const char *device)
{
	for (size_t i = 0; i < d->sysctls.n; i++)
		if (strcmp(d->sysctls.at[i].device, device) == 0 &&
		    strcmp(d->sysctls.at[i].name, "forwarding") == 0)
			return true;
	return false;
}

/* Announced or not, and no device of the machine's own is opened for it. */
static void expect_service(struct scene *s, bool announced)
{
	struct desired d;

	desired_make(&s->c.in, &d);
	CU_ASSERT((strstr(d.birds.at[0].tail, "route 172.20.40.7/32 unreachable;") != NULL) ==
		  announced);
	CU_ASSERT_FALSE(opens(&d, "lo"));
	CU_ASSERT_FALSE(opens(&d, "eth0"));
	CU_ASSERT_TRUE(opens(&d, "lan0"));
	desired_fini(&d);
}

/* A service of the machine itself: no route leads to its address, it is there. */
static void a_service_address_is_announced_while_the_machine_has_it(void)
{
	struct scene s;
	struct ifaddr a = {.local = address_ipv4(0xac142807), .length = 32};
	const struct link *at;

	scene_start(&s);
	fleet_approve(&s.c.meshes.staging, 1, "172.20.40.7/32");
	machine_update(&s.c);
	expect_service(&s, false);
	for (int i = 0; i < 2; i++) {
		at = link_by_name(&s.c.seen.links, i == 0 ? "lo" : "eth0");
		a.device = at->index;
		vec_push(&s.c.seen.addresses, a);
		expect_service(&s, true);
		s.c.seen.addresses.n--;
		expect_service(&s, false);
	}
	scene_end(&s);
}

TEST_SUITE(agent_offers,
	   {"what comes back is second until it is stable",
	    what_comes_back_is_second_until_it_is_stable},
	   {"who flaps begins anew", who_flaps_begins_anew},
	   {"who flaps between two rounds is second", who_flaps_between_two_rounds_is_second},
	   {"a device with an odd name is not named to BIRD",
	    a_device_with_an_odd_name_is_not_named_to_bird},
	   {"how long is in the terms", how_long_is_in_the_terms},
	   {"what is unwell is not announced", what_is_unwell_is_not_announced},
	   {"what has no cable is not announced", what_has_no_cable_is_not_announced},
	   {"what is approved no longer is forgotten", what_is_approved_no_longer_is_forgotten},
	   {"a service address is announced while the machine has it",
	    a_service_address_is_announced_while_the_machine_has_it});
