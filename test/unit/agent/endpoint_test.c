#include "agent/plan/endpoint.h"

#include <string.h>

#include "test/test.h"

struct question {
	struct endpoint_question q;
	struct facts facts;
	struct plan_input in;
	struct observation seen;
	struct membership_facts me;
	struct plan_membership from;
	struct state_self self;
	struct state_peer peer;
	struct wg_peer now;
	struct connected connected;
};

static void question_init(struct question *x, unsigned own_slot, unsigned peer_slot)
{
	memset(x, 0, sizeof(*x));
	x->in.now.ms = 1000000000;
	x->facts.in = &x->in;
	x->in.seen = &x->seen;
	x->facts.connected = &x->connected;
	x->self.slot = (uint8_t)own_slot;
	x->me.self = &x->self;
	x->me.from = &x->from;
	x->peer.slot = (uint8_t)peer_slot;
	x->peer.role = peer_slot > 0 ? STATE_ROLE_ROUTER : STATE_ROLE_MEMBER;
	x->q = (struct endpoint_question){&x->facts, &x->me, &x->peer, NULL};
}

static void add(struct question *x, enum state_endpoint_type type, const char *address,
		uint16_t port, uint8_t device)
{
	struct state_endpoint e = {.port = port, .type = (uint8_t)type, .device = device};
	struct address a;

	address_parse(address, &a, NULL);
	e.family = a.family;
	memcpy(e.address, a.bytes, sizeof(e.address));
	x->peer.endpoints[x->peer.nendpoints++] = e;
}

static void have(struct question *x, const char *address)
{
	struct ifaddr a = {.device = 2, .length = 24};

	address_parse(address, &a.local, NULL);
	vec_push(&x->seen.addresses, a);
}

static void know(struct question *x, const char *address, uint16_t port, int64_t age_s)
{
	address_parse(address, &x->now.endpoint.address, NULL);
	x->now.endpoint.port = port;
	x->now.last_handshake.ms = x->in.now.ms - age_s * 1000;
	x->now.tx_bytes = 1;
	x->q.now = &x->now;
}

static void expect(struct question *x, const char *address, unsigned port, bool set)
{
	char text[ADDRESS_TEXT_MAX];
	bool got_set;
	struct wg_endpoint e = endpoint_choose(&x->q, &got_set);

	TEST_NUMBER(e.port, port);
	TEST_NUMBER(got_set, set);
	if (port != 0)
		TEST_TEXT(address_format(&e.address, text), address);
}

static void the_port_depends_on_both_roles(void)
{
	static const struct {
		unsigned own, peer, expect;
	} rows[] = {
		{0, 0, 51820}, /* plain to plain: the main device */
		{0, 2, 51820}, /* plain to a router: its main device */
		{3, 2, 51823}, /* a router to a router: its trunk of our slot */
		{3, 0, 40003}, /* a router to a plain member: the port it has for our slot */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct question x;

		question_init(&x, rows[i].own, rows[i].peer);
		add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
		add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 40003, 3);
		expect(&x, "192.0.2.9", rows[i].expect, false);
	}
}

static void the_best_address_comes_first(void)
{
	struct question x;

	question_init(&x, 0, 0);
	x.connected.prefix = prefix_ipv4(0xc0a80000, 24);
	x.facts.nconnected = 1;
	add(&x, STATE_ENDPOINT_LOCAL, "10.9.9.9", 1, 0);
	add(&x, STATE_ENDPOINT_OBSERVED, "198.51.100.1", 2, 0);
	expect(&x, "198.51.100.1", 2, false);
	add(&x, STATE_ENDPOINT_LOCAL, "192.168.0.7", 3, 0);
	expect(&x, "192.168.0.7", 3, false);
	add(&x, STATE_ENDPOINT_CONFIGURED, "203.0.113.1", 4, 0);
	expect(&x, "203.0.113.1", 4, false);
}

static void nothing_known_is_waiting(void)
{
	struct question x;

	question_init(&x, 3, 0);
	add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
	expect(&x, "", 0, false);
}

static void what_no_machine_has_is_left_out(void)
{
	struct question x;

	question_init(&x, 0, 0);
	prefix_parse("10.1.0.0/16", &x.me.cidr, NULL);
	add(&x, STATE_ENDPOINT_CONFIGURED, "127.0.0.1", 53, 0);
	add(&x, STATE_ENDPOINT_CONFIGURED, "224.0.0.5", 51820, 0);
	add(&x, STATE_ENDPOINT_CONFIGURED, "10.1.0.7", 51820, 0);
	add(&x, STATE_ENDPOINT_CONFIGURED, "::1", 51820, 0);
	expect(&x, "", 0, false);
	add(&x, STATE_ENDPOINT_LOCAL, "192.168.1.1", 51820, 0);
	have(&x, "192.168.1.1"); /* so has this machine, in another network */
	expect(&x, "", 0, false);
	vec_free(&x.seen.addresses);
	add(&x, STATE_ENDPOINT_OBSERVED, "192.0.2.9", 51820, 0);
	expect(&x, "192.0.2.9", 51820, false);
}

static void who_roamed_is_left_alone(void)
{
	struct question x;

	question_init(&x, 0, 0);
	add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
	know(&x, "198.51.100.77", 1024, 5);
	expect(&x, "198.51.100.77", 1024, false);
}

static void who_is_silent_is_tried_at_each_address(void)
{
	struct question x;
	bool set, seen[2] = {false, false};

	question_init(&x, 0, 0);
	add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
	add(&x, STATE_ENDPOINT_OBSERVED, "198.51.100.1", 51820, 0);
	know(&x, "203.0.113.5", 1, 600);
	for (int i = 0; i < 2; i++) {
		struct wg_endpoint e = endpoint_choose(&x.q, &set);

		CU_ASSERT(set);
		seen[e.address.bytes[0] == 192 ? 0 : 1] = true;
		x.in.now.ms += 15000;
	}
	CU_ASSERT(seen[0] && seen[1]);
	x.now.tx_bytes = 0; /* nothing was sent: nothing is changed */
	endpoint_choose(&x.q, &set);
	CU_ASSERT(!set);
}

/* Within that time the other end moves by itself. */
static void move_seat(struct question *x, int64_t ago_s)
{
	x->in.clock = mono_add_ms((struct mono){CLOCK_S}, 3600000);
	x->from.moved = mono_add_ms(x->in.clock, -ago_s * 1000);
}

/* A gateway that became a plain member, and the other way round: others still have the port of the
 * device that they had for it. */
static void who_does_not_follow_a_changed_role_is_called_once(void)
{
	static const struct {
		int64_t ago_s;
		bool called;
	} rows[] = {{1, false}, {29, false}, {30, true}, {44, true}, {45, false}, {3000, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct question x;

		question_init(&x, 0, 2);
		add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
		know(&x, "192.0.2.9", 51821, 5);
		move_seat(&x, rows[i].ago_s);
		expect(&x, "192.0.2.9", rows[i].called ? 51820 : 51821, rows[i].called);
		question_init(&x, 3, 0);
		add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
		add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 40003, 3);
		know(&x, "192.0.2.9", 51820, 5);
		move_seat(&x, rows[i].ago_s);
		expect(&x, "192.0.2.9", rows[i].called ? 40003 : 51820, rows[i].called);
	}
}

static void a_role_that_did_not_change_calls_nobody(void)
{
	struct question x;

	question_init(&x, 0, 2);
	add(&x, STATE_ENDPOINT_LOCAL, "192.0.2.9", 51820, 0);
	know(&x, "192.0.2.9", 51821, 5);
	expect(&x, "192.0.2.9", 51821, false);
}

TEST_SUITE(agent_endpoint, {"the port depends on both roles", the_port_depends_on_both_roles},
	   {"the best address comes first", the_best_address_comes_first},
	   {"nothing known is waiting", nothing_known_is_waiting},
	   {"what no machine has is left out", what_no_machine_has_is_left_out},
	   {"who roamed is left alone", who_roamed_is_left_alone},
	   {"who is silent is tried at each address", who_is_silent_is_tried_at_each_address},
	   {"who does not follow a changed role is called once",
	    who_does_not_follow_a_changed_role_is_called_once},
	   {"a role that did not change calls nobody", a_role_that_did_not_change_calls_nobody});
