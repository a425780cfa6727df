/* Many service addresses, each announced by two of a few machines: how many devices that makes of
 * everybody, and who shares one. Whose address is whose is drawn here and kept in a table beside
 * the rows, and what must hold is said by that table alone. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/render/images.h"

#define MACHINES  20
#define ORDINARY  8 /* members that announce nothing */
#define ADDRESSES 100
#define ROUNDS	  60
#define STEPS	  200

struct service {
	size_t by[2];
};

struct draw {
	struct fleet fleet;
	uint64_t seed;
	size_t machines[MACHINES], ordinary[ORDINARY], gateways;
	struct service services[ADDRESSES];
	bool approved[ADDRESSES];
	unsigned most; /* partners that one machine had at any time, at most */
	bool wrong;    /* said once: one mistake shows on every member */
};

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* ---- who announces what ---- */

/* Any two of the machines. */
static void anybody(struct draw *d, struct service *s, size_t number)
{
	(void)number;
	s->by[0] = next(&d->seed) % MACHINES;
	s->by[1] = (s->by[0] + 1 + next(&d->seed) % (MACHINES - 1)) % MACHINES;
}

/* Each machine has one partner, for all of its addresses. */
static void partners(struct draw *d, struct service *s, size_t number)
{
	(void)d;
	s->by[0] = number % MACHINES & ~(size_t)1;
	s->by[1] = s->by[0] + 1;
}

/* Each with its neighbour, the last with the first. */
static void a_ring(struct draw *d, struct service *s, size_t number)
{
	(void)d;
	s->by[0] = number % MACHINES;
	s->by[1] = (number + 1) % MACHINES;
}

/* One machine has all addresses, and another is second for each. */
static void a_hub(struct draw *d, struct service *s, size_t number)
{
	(void)d;
	s->by[0] = 0;
	s->by[1] = 1 + number % (MACHINES - 1);
}

static const struct shape {
	const char *name;
	void (*choose)(struct draw *d, struct service *s, size_t number);
	unsigned trunks; /* at most, from nothing; 0: by what was drawn */
} shapes[] = {
	{"anybody", anybody, 0},
	{"partners", partners, 2},
	{"ring", a_ring, 3},
	{"hub", a_hub, 2},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* Machines, ordinary members and gateways, in any order. */
static void draw_members(struct draw *d)
{
	size_t machines = MACHINES, ordinary = ORDINARY, gateways = next(&d->seed) % 4;

	fleet_init(&d->fleet, "prod", "10.100.0.0/16", 4200000001);
	d->gateways = gateways;
	for (uint32_t index = 1; machines + ordinary + gateways > 0; index++) {
		uint64_t left = next(&d->seed) % (machines + ordinary + gateways);

		if (left < machines)
			d->machines[--machines] = fleet_member(&d->fleet, "m", index);
		else if (left < machines + ordinary)
			d->ordinary[--ordinary] = fleet_member(&d->fleet, "o", index);
		else if (gateways-- > 0)
			fleet_gateway(&d->fleet, "g", index);
	}
}

static void draw_begin(struct draw *d, const struct shape *shape, unsigned round)
{
	memset(d, 0, sizeof(*d));
	d->seed = 0x5e41ce5 + round;
	draw_members(d);
	for (size_t i = 0; i < ADDRESSES; i++)
		shape->choose(d, &d->services[i], i);
}

static bool share(const struct draw *d, size_t a, size_t b)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		size_t x = d->machines[d->services[i].by[0]], y = d->machines[d->services[i].by[1]];

		if (d->approved[i] && ((x == a && y == b) || (x == b && y == a)))
			return true;
	}
	return false;
}

static unsigned most_partners(const struct draw *d)
{
	unsigned most = 0;

	for (size_t a = 0; a < MACHINES; a++) {
		unsigned n = 0;

		for (size_t b = 0; b < MACHINES; b++)
			n += a != b && share(d, d->machines[a], d->machines[b]);
		if (n > most)
			most = n;
	}
	return most;
}

static void approve(struct draw *d, size_t number)
{
	char text[PREFIX_TEXT_MAX];
	unsigned most;

	snprintf(text, sizeof(text), "172.30.0.%zu/32", number);
	for (size_t i = 0; i < 2; i++)
		fleet_approve(&d->fleet, d->machines[d->services[number].by[i]], text);
	d->approved[number] = true;
	most = most_partners(d);
	if (most > d->most)
		d->most = most;
}

static void withdraw(struct draw *d, size_t number)
{
	struct prefix p = prefix_ipv4(0xac1e0000 | (uint32_t)number, 32);

	for (size_t i = d->fleet.announcements.n; i > 0; i--)
		if (prefix_equal(&d->fleet.announcements.at[i - 1].prefix, &p))
			fleet_withdraw(&d->fleet, i - 1);
	d->approved[number] = false;
}

/* ---- what a member has of it ---- */

/* Two peers of one device: nobody who shares an address with the other, and no source that
 * WireGuard would have to take from both. */
static void check_device(struct draw *d, const struct images *x, size_t a, size_t b)
{
	uint64_t n;
	const struct state_trunk *t = state_records(&x->image, STATE_TRUNKS, &n);
	const struct state_prefix *allowed = state_records(&x->image, STATE_TRUNK_ALLOWED, &n);

	d->wrong = share(d, t[a].peer - 1, t[b].peer - 1);
	if (d->wrong)
		TEST_FAIL("%u and %u announce one address, and are on trunk %u", t[a].peer,
			  t[b].peer, t[a].slot);
	for (uint32_t i = 0; i < t[a].allowed.count; i++)
		for (uint32_t k = 0; k < t[b].allowed.count; k++) {
			struct prefix p = state_prefix_get(&allowed[t[a].allowed.first + i]);
			struct prefix q = state_prefix_get(&allowed[t[b].allowed.first + k]);

			if (prefix_overlaps(&p, &q))
				TEST_FAIL("trunk %u has one source from %u and from %u", t[a].slot,
					  t[a].peer, t[b].peer);
		}
}

/* Main device and trunks. */
static unsigned devices_of(struct draw *d, size_t member)
{
	const struct state_trunk *t;
	struct images x;
	uint64_t n, slots = 0;

	images_make(&x, &d->fleet, member);
	t = state_records(&x.image, STATE_TRUNKS, &n);
	for (uint64_t a = 0; a < n; a++) {
		slots |= UINT64_C(1) << t[a].slot;
		for (uint64_t b = a + 1; b < n && t[b].slot == t[a].slot && !d->wrong; b++)
			check_device(d, &x, a, b);
	}
	images_fini(&x);
	return 1 + (unsigned)__builtin_popcountll(slots);
}

/* Everybody who announces has a trunk, on everybody else. */
static size_t trunks_of(const struct draw *d, size_t member)
{
	struct images x;
	uint64_t n;

	images_make(&x, &d->fleet, member);
	state_records(&x.image, STATE_TRUNKS, &n);
	images_fini(&x);
	return n;
}

static void check_members(struct draw *d, const char *what, unsigned trunks)
{
	const unsigned bound = 1 + (unsigned)d->gateways + trunks;

	fleet_plan(&d->fleet);
	for (size_t m = 0; m < d->fleet.members.n && !d->wrong; m++) {
		unsigned devices = devices_of(d, m);

		if (devices <= bound)
			continue;
		TEST_FAIL("%s: %u devices on %zu, want %u at most", what, devices, m, bound);
		d->wrong = true;
	}
}

/* ---- cases ---- */

static void a_hundred_addresses_cost_the_colours_of_twenty_machines(void)
{
	struct draw d = {0};

	for (unsigned round = 0; round < ROUNDS && !d.wrong; round++) {
		const struct shape *shape = &shapes[round % SHAPES];

		draw_begin(&d, shape, round);
		for (size_t i = 0; i < ADDRESSES; i++)
			approve(&d, i);
		check_members(&d, shape->name, shape->trunks != 0 ? shape->trunks : d.most + 1);
		TEST_NUMBER(trunks_of(&d, d.ordinary[0]), MACHINES + d.gateways);
		fleet_fini(&d.fleet);
	}
}

/* They come and go one by one, and colours are kept: there are never more than the machines needed
 * when they had most in common. */
static void addresses_that_come_and_go_cost_no_more(void)
{
	struct draw d = {0};

	for (unsigned round = 0; round < ROUNDS && !d.wrong; round++) {
		const struct shape *shape = &shapes[round % SHAPES];
		struct fault f = {0};
		bool changed;

		draw_begin(&d, shape, round);
		for (unsigned step = 0; step < STEPS; step++) {
			size_t number = next(&d.seed) % ADDRESSES;

			if (d.approved[number])
				withdraw(&d, number);
			else
				approve(&d, number);
			TEST_STEP(plan_slots(fleet_rows(&d.fleet), &changed, &f), &f);
		}
		check_members(&d, shape->name, d.most + 1);
		fleet_fini(&d.fleet);
	}
}

/* Ten addresses of twenty machines, or a hundred: it is who shares with whom that counts. */
static void more_addresses_of_the_same_machines_cost_nothing(void)
{
	struct draw d;
	unsigned before;

	draw_begin(&d, &shapes[1], 1);
	for (size_t i = 0; i < MACHINES; i++)
		approve(&d, i);
	fleet_plan(&d.fleet);
	before = devices_of(&d, d.ordinary[0]);
	TEST_NUMBER(before, 1 + d.gateways + 2);
	for (size_t i = MACHINES; i < ADDRESSES; i++)
		approve(&d, i);
	fleet_plan(&d.fleet);
	TEST_NUMBER(devices_of(&d, d.ordinary[0]), before);
	TEST_NUMBER(devices_of(&d, d.machines[0]), before);
	fleet_fini(&d.fleet);
}

TEST_SUITE(render_services,
	   {"a hundred addresses cost the colours of twenty machines",
	    a_hundred_addresses_cost_the_colours_of_twenty_machines},
	   {"addresses that come and go cost no more", addresses_that_come_and_go_cost_no_more},
	   {"more addresses of the same machines cost nothing",
	    more_addresses_of_the_same_machines_cost_nothing});
