/* Moves, played round by round: a peer becomes a router, ceases to be one, both ends move; as a
 * plain member sees it and as a gateway does. What each round does is held by golden files; that an
 * agent which forgets everything after any round comes to the same end is tried. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

#define P	"172.20.5.0/24" /* of a1 alone, at first */
#define A1	1
#define M	20
#define OLD_END "198.51.100.1"
#define NEW_END "198.51.100.2"

/* What happens between two rounds, until nothing is left to do. */
struct play {
	struct machine_case c;
	struct buf text;   /* a transcript */
	int round, forget; /* after this round the agent remembers nothing; 0: never */
};

static void begin(struct play *p, const char *machine, int forget)
{
	memset(p, 0, sizeof(*p));
	p->forget = forget;
	buf_init(&p->text);
	machine_init(&p->c, machine);
	machine_settle(&p->c);
}

static void end(struct play *p)
{
	buf_fini(&p->text);
	machine_fini(&p->c);
}

static void say(struct play *p, const char *what)
{
	buf_printf(&p->text, "\n# %s\n", what);
}

/* Rounds until one does nothing. */
static void rounds(struct play *p)
{
	size_t n;

	do {
		buf_printf(&p->text, "-- round %d\n", ++p->round);
		n = machine_round(&p->c, &p->text);
		if (p->round == p->forget)
			machine_restart(&p->c);
	} while (n > 0 && p->round < 40);
	CU_ASSERT(p->round < 40);
}

static void wait_for(struct play *p, int64_t ms)
{
	char text[64];

	snprintf(text, sizeof(text), "%lld ms later", (long long)ms);
	say(p, text);
	machine_wait(&p->c, ms);
	rounds(p);
}

static void greet(struct play *p, const char *device, unsigned index, const char *from)
{
	char text[64];

	snprintf(text, sizeof(text), "peer %u greets on %s", index, device);
	say(p, text);
	machine_wait(&p->c, 1);
	/* Who has forgotten since when he waits, waits for longer. */
	if (p->forget == 0 || machine_has(&p->c, device, index))
		machine_greet(&p->c, device, index, from);
	rounds(p);
	wait_for(p, MOVE_DRAIN_MS);
}

static void learn(struct play *p, uint32_t table, const char *prefix, const char *via,
		  const char *device)
{
	char text[128];

	snprintf(text, sizeof(text), "BIRD: %s in table %u by %s", prefix, table,
		 device != NULL ? device : "nobody");
	say(p, text);
	machine_learn(&p->c, table, prefix, via, device);
	rounds(p);
}

#define TURN 300 /* at most: a machine's turn comes 50 ms after that of the one before it */

/* m is approved for what a1 has: both become routers. */
static size_t share(struct play *p)
{
	size_t at = fleet_approve(&p->c.meshes.prod, 6, P);

	CU_ASSERT(strcmp(p->c.meshes.prod.names.at[6], "m") == 0);
	machine_update(&p->c);
	return at;
}

/* a4 has a session with a1, which becomes a router. Returns the approval. */
static size_t begin_greeted(struct play *p)
{
	size_t shared;

	begin(p, "a4", 0);
	machine_greet(&p->c, "wg0", A1, OLD_END);
	shared = share(p);
	rounds(p);
	return shared;
}

static void check_golden(struct play *p, const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "agent/moves-%s.txt", name);
	test_golden(file, buf_text(&p->text), p->text.len);
}

/* The whole of it, as a plain member sees it. */
static void become(struct play *p)
{
	machine_greet(&p->c, "wg0", A1, OLD_END);
	machine_greet(&p->c, "wg0", M, OLD_END);
	share(p);
	say(p, "a1 and m become routers");
	rounds(p);
	wait_for(p, 149);
	wait_for(p, 1);
	greet(p, "wg0t4", M, NEW_END); /* m, which has no prefix yet, is there first */
	wait_for(p, 248);
	wait_for(p, 1); /* a1's handshake is begun anew */
	wait_for(p, 999);
	wait_for(p, 1);
	greet(p, "wg0t3", A1, NEW_END);
	learn(p, 5200, P, "10.100.0.11", "wg0t1"); /* a gateway's way is not enough */
	learn(p, 5200, P, "10.100.0.1", "wg0t3");
}

static void a_member_becomes_a_router(void)
{
	struct play p;

	begin(&p, "a4", 0);
	become(&p);
	check_golden(&p, "become");
	end(&p);
}

static void cease(struct play *p)
{
	size_t shared = share(p);

	machine_settle(&p->c);
	machine_greet(&p->c, "wg0t3", A1, OLD_END);
	machine_greet(&p->c, "wg0t4", M, OLD_END);
	machine_learn(&p->c, 5200, P, "10.100.0.1", "wg0t3");
	fleet_withdraw(&p->c.meshes.prod, shared);
	machine_update(&p->c);
	say(p, "a1 and m cease to be routers");
	rounds(p);
	wait_for(p, 150);
	greet(p, "wg0", A1, NEW_END);
	learn(p, 5200, P, NULL, NULL);
	wait_for(p, 8000); /* until all know that m is no longer one of two */
	greet(p, "wg0", M, NEW_END);
}

static void a_router_becomes_a_member(void)
{
	struct play p;

	begin(&p, "a4", 0);
	cease(&p);
	check_golden(&p, "cease");
	end(&p);
}

/* A gateway's allowed IPs are whole meshes: what it may send as a plain member is inside them. */
static void a_gateway_that_ceases_is_reached_all_the_while(void)
{
	struct play p;

	begin(&p, "a4", 0);
	machine_greet(&p.c, "wg0t1", 11, OLD_END);
	p.c.meshes.prod.members.at[4].gateway = false;
	machine_update(&p.c);
	say(&p, "gw1 ceases to be a gateway");
	rounds(&p);
	wait_for(&p, 8149);
	wait_for(&p, 1);
	greet(&p, "wg0", 11, NEW_END);
	check_golden(&p, "gateway-ceases");
	end(&p);
}

/* A gateway has the prefix in two tables, and shows it to the other mesh meanwhile. */
static void a_gateway_keeps_what_it_shows(void)
{
	struct play p;
	struct desired d;

	begin(&p, "gw1", 0);
	fleet_show(&p.c.meshes.prod, 0, P, NULL);
	fleet_show(&p.c.meshes.staging, 0, NULL, P);
	fleet_remote_approve(&p.c.meshes.staging, 0, P);
	machine_update(&p.c);
	machine_settle(&p.c);
	machine_greet(&p.c, "wg0", A1, OLD_END);
	machine_learn(&p.c, 5200, P, "10.100.0.1", "wg0");
	machine_learn(&p.c, 5201, P, "10.100.0.1", "wg0");
	machine_learn(&p.c, 5201, "10.100.0.1/32", "10.100.0.1", "wg0");
	share(&p);
	say(&p, "a1 and m become routers");
	rounds(&p);
	wait_for(&p, 200);
	desired_make(&p.c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].tail, "protocol static s_move {") != NULL);
	CU_ASSERT(strstr(d.birds.at[0].tail,
			 "  route 172.20.5.0/24 via 10.100.0.1 { rank(100, FIRST); };\n") != NULL);
	CU_ASSERT(strstr(d.birds.at[1].tail, "s_move") == NULL);
	desired_fini(&d);
	learn(&p, 5200, P, NULL, NULL); /* the session has lost its device */
	greet(&p, "wg0t3", A1, NEW_END);
	learn(&p, 5201, "10.100.0.1/32", NULL, NULL);
	learn(&p, 5201, P, "10.100.0.1", "wg0t3");
	learn(&p, 5200, P, "10.100.0.1", "wg0t3");
	check_golden(&p, "gateway");
	desired_make(&p.c.in, &d);
	CU_ASSERT(strstr(d.birds.at[0].tail, "s_move") == NULL);
	desired_fini(&d);
	end(&p);
}

/* ---- both ends move ---- */

static void set_endpoint(struct play *p, size_t member, const char *address)
{
	struct membership *m = &p->c.meshes.prod.members.at[member];
	struct endpoint *e = &m->endpoints[m->nendpoints++];

	*e = (struct endpoint){.type = STATE_ENDPOINT_LOCAL, .port = 51820};
	address_parse(address, &e->address, NULL);
}

/* On `machine`, when it and the other get slots at once. */
static void both_begin(struct play *p, const char *machine, unsigned other)
{
	begin(p, machine, 0);
	set_endpoint(p, 0, OLD_END);
	set_endpoint(p, 6, NEW_END);
	machine_update(&p->c);
	machine_greet(&p->c, "wg0", other, other == A1 ? OLD_END : NEW_END);
	share(p);
	p->c.memberships[0].moved = p->c.in.clock;
	rounds(p);
	wait_for(p, TURN);
}

static void the_first_of_two_goes_at_once(void)
{
	struct play p;

	both_begin(&p, "a1", M);
	CU_ASSERT(machine_has(&p.c, "wg0t4", M) && machine_has(&p.c, "wg0", M));
	end(&p);
}

static void the_second_waits_until_the_first_is_there(void)
{
	struct play p;

	both_begin(&p, "m", A1);
	CU_ASSERT(!machine_has(&p.c, "wg0t3", A1) && machine_has(&p.c, "wg0", A1));
	wait_for(&p, 100);
	CU_ASSERT(!machine_has(&p.c, "wg0t3", A1));
	machine_greet_from(&p.c, "wg0", A1, OLD_END, 51820 + 4); /* its trunk for the slot of m */
	rounds(&p);
	CU_ASSERT(machine_has(&p.c, "wg0t3", A1));
	end(&p);
}

static void the_second_does_not_wait_for_ever(void)
{
	struct play p;

	both_begin(&p, "m", A1);
	wait_for(&p, 4999 - TURN);
	CU_ASSERT(!machine_has(&p.c, "wg0t3", A1));
	wait_for(&p, 1);
	CU_ASSERT(machine_has(&p.c, "wg0t3", A1));
	end(&p);
}

static void who_did_not_move_himself_waits_for_nobody(void)
{
	struct play p;

	begin(&p, "m", 0);
	set_endpoint(&p, 0, OLD_END);
	machine_update(&p.c);
	machine_greet(&p.c, "wg0", A1, OLD_END);
	share(&p); /* long ago, as far as it knows */
	rounds(&p);
	wait_for(&p, TURN);
	CU_ASSERT(machine_has(&p.c, "wg0t3", A1));
	end(&p);
}

/* ---- nothing to be gained ---- */

static void who_is_silent_is_moved_without_more(void)
{
	struct play p;

	begin(&p, "a4", 0);
	share(&p);
	machine_round(&p.c, NULL);
	CU_ASSERT(machine_has(&p.c, "wg0t3", A1) && !machine_has(&p.c, "wg0", A1));
	end(&p);
}

static void who_never_greets_is_given_up(void)
{
	struct play p;

	begin_greeted(&p);
	wait_for(&p, TURN);
	for (int i = 0; i < 9; i++)
		wait_for(&p, 1000);
	CU_ASSERT(machine_has(&p.c, "wg0", A1));
	wait_for(&p, 1000);
	CU_ASSERT(!machine_has(&p.c, "wg0", A1));
	wait_for(&p, 10000);
	TEST_NUMBER(p.c.moves.n, 0);
	for (size_t i = 0; i < p.c.seen.routes.n; i++)
		CU_ASSERT(p.c.seen.routes.at[i].metric != METRIC_MOVE);
	end(&p);
}

#define OLD_AND_NEW "198.51.100.1 udp sport 51820 udp dport 51820 @th,64,8 2 udp dport set 51823"
#define NEW_AS_OLD  "198.51.100.1 udp dport 51820 udp sport 51823 @th,64,8 1 udp sport set 51820"
#define LATE_AS_NEW                                                                                \
	"198.51.100.1 udp dport 51820 udp sport 51820 @th,64,8 4 udp dport @greeted_0_1_0_3 "      \
	"udp sport set 51823"

/* Else it would send to the new device what it encrypts for the old one, for a round trip. */
static void a_handshake_looks_as_if_the_old_device_began_it(void)
{
	struct play p;
	struct desired d;

	begin_greeted(&p);
	desired_make(&p.c.in, &d);
	CU_ASSERT(strstr(buf_text(&d.fence), "greeting") == NULL);
	desired_fini(&d);
	wait_for(&p, TURN);
	desired_make(&p.c.in, &d);
	CU_ASSERT(strstr(buf_text(&d.fence), "ip saddr " OLD_AND_NEW "\n") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "ip daddr " NEW_AS_OLD "\n") != NULL);
	CU_ASSERT(strstr(buf_text(&d.fence), "ip daddr " LATE_AS_NEW "\n") != NULL);
	desired_fini(&d);
	greet(&p, "wg0t3", A1, NEW_END);
	desired_make(&p.c.in, &d);
	CU_ASSERT(strstr(buf_text(&d.fence), "greeting") == NULL);
	desired_fini(&d);
	end(&p);
}

/* The first of the routes to it in T, as they hold, leads over the device. */
static bool leads(const struct play *p, const char *prefix, const char *device)
{
	const struct link *l = link_by_name(&p->c.seen.links, device);
	const struct route *first = NULL;
	struct prefix want;

	prefix_parse(prefix, &want, NULL);
	for (size_t i = 0; i < p->c.seen.routes.n; i++) {
		const struct route *r = &p->c.seen.routes.at[i];

		if (r->table == 5200 && prefix_equal(&r->prefix, &want) &&
		    (first == NULL || r->metric < first->metric))
			first = r;
	}
	return l != NULL && first != NULL && first->device == l->index;
}

/* It may have sent to the old device until our first packet with the new keys came. */
static void who_has_greeted_is_a_peer_of_both_for_a_moment(void)
{
	struct play p;

	begin_greeted(&p);
	wait_for(&p, TURN);
	machine_wait(&p.c, 1);
	CU_ASSERT(!leads(&p, "10.100.0.1/32", "wg0t3"));
	machine_greet(&p.c, "wg0t3", A1, OLD_END);
	rounds(&p);
	CU_ASSERT(leads(&p, "10.100.0.1/32", "wg0t3"));
	wait_for(&p, 249);
	CU_ASSERT(machine_has(&p.c, "wg0", A1) && machine_has(&p.c, "wg0t3", A1));
	wait_for(&p, 1);
	CU_ASSERT(!machine_has(&p.c, "wg0", A1) && machine_has(&p.c, "wg0t3", A1));
	end(&p);
}

/* A peer that was there before has a session that its other end has given up. */
static void an_old_session_is_begun_anew(void)
{
	struct play p;
	size_t shared;

	shared = begin_greeted(&p);
	wait_for(&p, TURN);
	machine_wait(&p.c, 1);
	machine_greet(&p.c, "wg0t3", A1, NEW_END);
	fleet_withdraw(&p.c.meshes.prod, shared); /* before the old device has lost it */
	machine_update(&p.c);
	buf_clear(&p.text);
	rounds(&p);
	wait_for(&p, TURN);
	CU_ASSERT(strstr(buf_text(&p.text), "wg wg0 peer remove AQAB") != NULL);
	CU_ASSERT(strstr(buf_text(&p.text), "wg wg0 peer add AQAB") != NULL);
	CU_ASSERT(machine_has(&p.c, "wg0t3", A1));
	end(&p);
}

/* ---- what makes no difference ---- */

static void describe_end(void (*story)(struct play *), int forget, struct buf *out, int *nrounds)
{
	struct play p;

	begin(&p, "a4", forget);
	story(&p);
	*nrounds = p.round;
	for (int i = 0; i < 4; i++) { /* what the killed one would have waited for */
		machine_wait(&p.c, 10000);
		rounds(&p);
	}
	machine_describe(&p.c, out);
	end(&p);
}

static void forget_after_each_round(void (*story)(struct play *))
{
	struct buf want, got;
	int n, k;

	buf_init(&want);
	buf_init(&got);
	describe_end(story, 0, &want, &n);
	CU_ASSERT(n > 5);
	for (int round = 1; round <= n; round++) {
		buf_clear(&got);
		describe_end(story, round, &got, &k);
		TEST_TEXT(buf_text(&got), buf_text(&want));
	}
	buf_fini(&want);
	buf_fini(&got);
}

static void an_agent_that_is_killed_goes_on(void)
{
	forget_after_each_round(become);
	forget_after_each_round(cease);
}

TEST_SUITE(agent_moves, {"a member becomes a router", a_member_becomes_a_router},
	   {"a router becomes a member", a_router_becomes_a_member},
	   {"a gateway that ceases is reached all the while",
	    a_gateway_that_ceases_is_reached_all_the_while},
	   {"a gateway keeps what it shows", a_gateway_keeps_what_it_shows},
	   {"the first of two goes at once", the_first_of_two_goes_at_once},
	   {"the second waits until the first is there", the_second_waits_until_the_first_is_there},
	   {"the second does not wait for ever", the_second_does_not_wait_for_ever},
	   {"who did not move himself waits for nobody", who_did_not_move_himself_waits_for_nobody},
	   {"who is silent is moved without more", who_is_silent_is_moved_without_more},
	   {"who never greets is given up", who_never_greets_is_given_up},
	   {"a handshake looks as if the old device began it",
	    a_handshake_looks_as_if_the_old_device_began_it},
	   {"who has greeted is a peer of both for a moment",
	    who_has_greeted_is_a_peer_of_both_for_a_moment},
	   {"an old session is begun anew", an_old_session_is_begun_anew},
	   {"an agent that is killed goes on", an_agent_that_is_killed_goes_on});
