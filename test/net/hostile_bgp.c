/* Forged routes: the attacker's own BIRD, with the attacker's configuration, at the gateways'. What
 * it says arrives (as filtered routes it can be seen there), and nothing comes of it: not in a
 * kernel's table, not in anybody's BIRD; and nobody else's session notices. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_effects.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define ATTEMPTS	 3
#define FLOOD		 200 /* beyond the limit of what is received at all */
#define FORGIVEN_MS	 90000
#define FORGIVEN_POLL_MS 500
#define SESSION		 HOSTILE_SESSION
#define CONF		 "/run/attack/bird.conf"

/* Nothing of it is the attacker's. */
static const char *const junk[] = {
	R1 "/32",	   /* a member's address */
	G1 "/32",	   /* the gateway's own */
	B1 "/32",	   /* of the other mesh, as a peering shows it */
	"10.120.0.0/16",   /* the mesh, */
	"10.120.0.0/17",   /* more specific than it, */
	"10.121.0.0/16",   /* the other one */
	"172.20.31.0/24",  /* a prefix of another member, */
	"172.20.31.0/25",  /* more specific than it, */
	"172.20.32.0/24",  /* one of the other mesh */
	"192.168.77.0/24", /* of nobody */
	"0.0.0.0/0",
};

#define NJUNK (sizeof(junk) / sizeof(junk[0]))

/* The attacker's export filter; how its routes are told, at the gateway, from those of the phase
 * before; and whether the one route that is its own, its address, is believed then. */
static const struct phase {
	const char *what, *filter, *sign;
	bool own;
} phases[] = {
	{"as they are", "accept;", "BGP.next_hop: " R3, true},
	{"with a peered mesh's AS in the path", "bgp_path.prepend(4200000002); accept;",
	 "BGP.as_path: 4200000002", false},
	{"towards another member", "bgp_next_hop = " R2 "; accept;", "BGP.next_hop: " R2, false},
	{"with preference and communities",
	 "bgp_local_pref = 4294967295; bgp_med = 0; bgp_origin = ORIGIN_INCOMPLETE;"
	 " bgp_community.add((65535, 666)); bgp_large_community.add((4200000001, 1, 2));"
	 " bgp_ext_community.add((rt, 1, 2)); accept;",
	 "(65535,666)", true},
};

/* ---- the attacker's BIRD ---- */

static void put_session(struct buf *b, const char *name, const char *gateway, uint32_t as)
{
	buf_printf(b,
		   "protocol bgp %s {\n"
		   "  local %s port 179 as %u;\n"
		   "  neighbor %s port 179 as %u;\n"
		   "  direct; connect delay time 1; connect retry time 1; error wait time 1, 1;\n"
		   "  ipv4 { import all; export filter attack; };\n"
		   "}\n",
		   name, R3, as, gateway, as);
}

static int write_conf(const char *filter, unsigned flood, struct fault *f)
{
	uint32_t as = hostile_member(HOSTILE_ATTACKER, NULL)->asn;
	struct buf b;
	int code;

	buf_init(&b);
	buf_printf(&b,
		   "router id %s;\nfilter attack { %s }\nprotocol device {}\n"
		   "protocol static forged {\n  ipv4;\n  route %s/32 unreachable;\n",
		   R3, filter, R3);
	for (size_t i = 0; i < NJUNK; i++)
		buf_printf(&b, "  route %s unreachable;\n", junk[i]);
	for (unsigned i = 0; i < flood; i++)
		buf_printf(&b, "  route 10.99.%u.0/24 unreachable;\n", i);
	buf_puts(&b, "}\n");
	put_session(&b, "one", G1, as);
	put_session(&b, "two", G2, as);
	if (hostile_is_full())
		put_session(&b, "three", R1, as);
	code = machine_write(hostile_lab(), HOSTILE_ATTACKER, CONF, buf_text(&b), f);
	buf_fini(&b);
	return code;
}

static int start_bird(struct fault *f)
{
	static const char *const argv[] = {"bird", "-f", "-c", CONF, "-s", HOSTILE_BIRD, NULL};
	int code = write_conf(phases[0].filter, 0, f);

	return code == 0 ? machine_start(hostile_lab(), HOSTILE_ATTACKER, argv, f) : code;
}

static int reconfigure(const char *filter, unsigned flood, struct fault *f)
{
	int code = write_conf(filter, flood, f);

	return code == 0 ? hostile_shell(HOSTILE_ATTACKER, "birdc -s " HOSTILE_BIRD " configure",
					 NULL, NULL, f)
			 : code;
}

#define SHOW_SESSION "birdc -r -s \"$1\" show protocols " SESSION
#define SHOW	     "birdc -r -s \"$1\" show route "

static void check_junk_is_filtered(const char *machine)
{
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	if (effects_ask_bird(machine, "red", SHOW "filtered protocol " SESSION, &out, &f) != 0)
		TEST_FAIL("%s", f.text);
	for (size_t i = 0; i < NJUNK; i++)
		if (strstr(buf_text(&out), junk[i]) == NULL)
			TEST_FAIL("%s has not heard of %s: %s", machine, junk[i], buf_text(&out));
	buf_fini(&out);
}

/* What it believes the attacker, and only that: its own address, without what it said of it. */
static void check_own(const struct phase *p, const char *gateway)
{
	static const char *const never[] = {"65535,666", "(4200000001, 1, 2)", "(rt, 1, 2)",
					    "BGP.med",	 "Incomplete",	       "4294967295"};
	struct fault f = {0};
	struct buf out;

	if (!p->own) {
		effects_await_text(gateway, SHOW "protocol " SESSION, R3 "/32", true);
		return;
	}
	effects_await_text(gateway, SHOW "all protocol " SESSION, "BGP.local_pref: 1001009", false);
	buf_init(&out);
	if (effects_ask_bird(gateway, "red", SHOW "all protocol " SESSION, &out, &f) != 0)
		TEST_FAIL("%s", f.text);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), R3 "/32"));
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(buf_text(&out), never[i]) != NULL)
			TEST_FAIL("%s, %s: %s in: %s", p->what, gateway, never[i], buf_text(&out));
	buf_fini(&out);
}

/* The gateways; in a full mesh a plain member, too, whom nobody's address is announced to. */
static void run_phase(const struct phase *p)
{
	static const char *const machines[] = {"g1", "g2", "r1"};

	for (size_t i = 0; i < (hostile_is_full() ? 3 : 2); i++) {
		if (!effects_await_text(machines[i], SHOW "filtered all protocol " SESSION, p->sign,
					false))
			continue;
		check_junk_is_filtered(machines[i]);
		if (machines[i][0] == 'g')
			check_own(p, machines[i]);
	}
}

static void run_phases(const struct buf *picture)
{
	struct fault f = {0};

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (reconfigure(phases[i].filter, 0, &f) != 0) {
			TEST_FAIL("%s: %s", phases[i].what, f.text);
			return;
		}
		run_phase(&phases[i]);
		if (phases[i].own)
			effects_await_picture(phases[i].what, picture);
	}
}

/* The picture is first taken with the attacker's address announced, as its honest BIRD does. */
void hostile_routes_take_no_effect(void)
{
	struct buf picture, sessions;
	struct fault f = {0};
	char difference[128];
	bool stayed = false;

	buf_init(&picture);
	buf_init(&sessions);
	if (hostile_restore(&f) != 0 || effects_take_picture(&picture, &f) != 0 ||
	    hostile_seize(&f) != 0 || start_bird(&f) != 0)
		TEST_FAIL("%s", f.text);
	for (int i = 0; i < ATTEMPTS && !stayed && f.code == 0; i++) {
		effects_await_sessions(&sessions);
		run_phases(&picture);
		stayed = effects_sessions_stayed(&sessions, difference);
	}
	if (!stayed && f.code == 0)
		TEST_FAIL("each time: %s", difference);
	effects_await_named("routes", HOSTILE_ATTACKER " announces routes that it may not: 11");
	buf_fini(&picture);
	buf_fini(&sessions);
}

/* By hand at both gateways, for the agent lets some time pass first. */
static int end_flood(struct fault *f)
{
	static const char enable[] = "birdc -s \"$1\" enable " SESSION;
	int code = reconfigure(phases[0].filter, 0, f);

	if (code == 0)
		code = effects_ask_bird("g1", "red", enable, NULL, f);
	if (code == 0)
		code = effects_ask_bird("g2", "red", enable, NULL, f);
	effects_await_text("g1", SHOW_SESSION, "Established", false);
	effects_await_text("g2", SHOW_SESSION, "Established", false);
	return code;
}

void hostile_flood_ends_its_own_session_only(void)
{
	struct fault f = {0};
	struct buf sessions;
	char difference[128];
	bool stayed = false;

	buf_init(&sessions);
	for (int i = 0; i < ATTEMPTS && !stayed && f.code == 0; i++) {
		if (i > 0 && end_flood(&f) != 0)
			break;
		effects_await_sessions(&sessions);
		if (reconfigure(phases[0].filter, FLOOD, &f) != 0)
			break;
		effects_await_text("g1", SHOW_SESSION, "Established", true);
		effects_await_text("g2", SHOW_SESSION, "Established", true);
		stayed = effects_sessions_stayed(&sessions, difference);
	}
	if (!stayed)
		TEST_FAIL("each time: %s %s", f.code == 0 ? difference : "", f.text);
	buf_fini(&sessions);
}

/* He is named, and heard again after a minute, when he has come to his senses. */
void hostile_flood_is_forgiven(void)
{
	struct mono deadline = mono_add_ms(mono_now(), FORGIVEN_MS);
	bool up = false;
	struct fault f = {0};

	effects_await_named("flood", HOSTILE_ATTACKER " announced more than it may");
	if (reconfigure(phases[0].filter, 0, &f) != 0)
		TEST_FAIL("%s", f.text);
	while (!up && f.code == 0 && !mono_reached(deadline, mono_now())) {
		struct buf out;

		buf_init(&out);
		effects_ask_bird("g1", "red", SHOW_SESSION, &out, &f);
		up = strstr(buf_text(&out), "Established") != NULL;
		buf_fini(&out);
		poll(NULL, 0, FORGIVEN_POLL_MS);
	}
	if (!up)
		TEST_FAIL("the session stays ended: %s", f.text);
	else
		CU_PASS("forgiven");
}
