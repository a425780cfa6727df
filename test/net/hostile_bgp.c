/* Forged routes: the attacker's own BIRD, with the attacker's configuration, at the gateways'. What
 * it says arrives (as filtered routes it can be seen there), and nothing comes of it: not in a
 * kernel's table, not in anybody's BIRD; and nobody else's session notices. */
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define ARRIVE_MS 15000
#define AGAIN_MS  50
#define RUN_MS	  5000
#define FLOOD	  200 /* beyond the limit of what is received at all */
#define SESSION	  "m_" HOSTILE_INDEX
#define CONF	  "/run/attack/bird.conf"

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
	{"towards another member", "bgp_next_hop = " R1 "; accept;", "BGP.next_hop: " R1, false},
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
	code = machine_write(hostile_lab(), HOSTILE_ATTACKER, CONF, buf_text(&b), f);
	buf_fini(&b);
	return code;
}

static int start_bird(struct fault *f)
{
	static const char *const argv[] = {"bird", "-f", "-c", CONF, "-s", "/run/attack/bird.ctl",
					   NULL};
	int code = write_conf(phases[0].filter, 0, f);

	return code == 0 ? machine_start(hostile_lab(), HOSTILE_ATTACKER, argv, f) : code;
}

static int reconfigure(const char *filter, unsigned flood, struct fault *f)
{
	int code = write_conf(filter, flood, f);

	return code == 0 ? hostile_shell(HOSTILE_ATTACKER,
					 "birdc -s /run/attack/bird.ctl configure", NULL, NULL, f)
			 : code;
}

/* ---- what others see ---- */

static int ask_bird(const char *machine, const char *mesh, const char *command, struct buf *out,
		    struct fault *f)
{
	char path[128];

	snprintf(path, sizeof(path), "/run/skein/%s/bird.ctl", hostile_member(machine, mesh)->id);
	return hostile_shell(machine, command, path, out, f);
}

static const struct place_of_effect {
	const char *machine, *mesh;
	unsigned table;
} effects[] = {{"g1", "red", 5200}, {"g1", "blue", 5201}, {"g1", "green", 5202},
	       {"g2", "red", 5200}, {"g2", "blue", 5201}, {"r1", "red", 5200},
	       {"b1", "blue", 5200}};

/* Kernel tables and BIRDs' routes of all of them, without what changes by the clock, and what every
 * other session's state is, with the time since when. */
static int take_picture(struct buf *out, struct fault *f)
{
	static const char routes[] =
		"birdc -r -s \"$1\" show route | sed 's/ [0-9:.]*\\]/]/' | LC_ALL=C sort";
	int code = 0;

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]) && code == 0; i++) {
		const struct place_of_effect *e = &effects[i];
		char table[16];

		snprintf(table, sizeof(table), "%u", e->table);
		buf_printf(out, "== %s in %s\n", e->machine, e->mesh);
		code = hostile_shell(e->machine, "ip -4 route show table \"$1\" | LC_ALL=C sort",
				     table, out, f);
		if (code == 0)
			code = ask_bird(e->machine, e->mesh, routes, out, f);
	}
	return code;
}

static int list_sessions(struct buf *out, struct fault *f)
{
	static const char others[] = "birdc -r -s \"$1\" show protocols | grep ' BGP ' |"
				     " grep -v '^" SESSION " '";
	int code = 0;

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]) && code == 0; i++)
		code = ask_bird(effects[i].machine, effects[i].mesh, others, out, f);
	return code;
}

/* Asks until the text is in the answer, or, with `absent`, is no longer. */
static bool await_text(const char *machine, const char *command, const char *text, bool absent)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	bool found = absent;
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	do {
		out.len = 0;
		if (ask_bird(machine, "red", command, &out, &f) != 0)
			break;
		found = strstr(buf_text(&out), text) != NULL;
	} while (found == absent && !mono_reached(deadline, mono_now()));
	if (found == absent)
		TEST_FAIL("%s: %s '%s' in: %s %s", machine, absent ? "still" : "no", text,
			  buf_text(&out), f.text);
	buf_fini(&out);
	return found != absent;
}

#define SHOW "birdc -r -s \"$1\" show route "

static void check_junk_is_filtered(const char *gateway)
{
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	if (ask_bird(gateway, "red", SHOW "filtered protocol " SESSION, &out, &f) != 0)
		TEST_FAIL("%s", f.text);
	for (size_t i = 0; i < NJUNK; i++)
		if (strstr(buf_text(&out), junk[i]) == NULL)
			TEST_FAIL("%s has not heard of %s: %s", gateway, junk[i], buf_text(&out));
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
		await_text(gateway, SHOW "protocol " SESSION, R3 "/32", true);
		return;
	}
	await_text(gateway, SHOW "all protocol " SESSION, "BGP.local_pref: 1001009", false);
	buf_init(&out);
	if (ask_bird(gateway, "red", SHOW "all protocol " SESSION, &out, &f) != 0)
		TEST_FAIL("%s", f.text);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), R3 "/32"));
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(buf_text(&out), never[i]) != NULL)
			TEST_FAIL("%s, %s: %s in: %s", p->what, gateway, never[i], buf_text(&out));
	buf_fini(&out);
}

static void check_same(const char *what, const struct buf *before,
		       int (*take)(struct buf *, struct fault *))
{
	struct fault f = {0};
	struct buf now;

	buf_init(&now);
	if (take(&now, &f) != 0)
		TEST_FAIL("%s", f.text);
	else if (strcmp(buf_text(before), buf_text(&now)) != 0)
		TEST_FAIL("%s: before:\n%snow:\n%s", what, buf_text(before), buf_text(&now));
	else
		CU_PASS("the same");
	buf_fini(&now);
}

static void run_phase(const struct phase *p, const struct buf *sessions)
{
	static const char *const gateways[] = {"g1", "g2"};

	for (size_t i = 0; i < 2; i++) {
		if (!await_text(gateways[i], SHOW "filtered all protocol " SESSION, p->sign, false))
			continue;
		check_junk_is_filtered(gateways[i]);
		check_own(p, gateways[i]);
	}
	check_same(p->what, sessions, list_sessions);
}

/* The picture is first taken with the attacker's address announced, as its honest BIRD does. */
void hostile_routes_take_no_effect(void)
{
	struct fault f = {0};
	struct buf picture, sessions;

	buf_init(&picture);
	buf_init(&sessions);
	if (hostile_restore(&f) != 0 || take_picture(&picture, &f) != 0 ||
	    list_sessions(&sessions, &f) != 0 || hostile_seize(&f) != 0 || start_bird(&f) != 0)
		TEST_FAIL("%s", f.text);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]) && f.code == 0; i++) {
		if (i > 0 && reconfigure(phases[i].filter, 0, &f) != 0)
			TEST_FAIL("%s: %s", phases[i].what, f.text);
		run_phase(&phases[i], &sessions);
		if (phases[i].own)
			check_same(phases[i].what, &picture, take_picture);
	}
	buf_fini(&picture);
	buf_fini(&sessions);
}

void hostile_flood_ends_its_own_session_only(void)
{
	struct fault f = {0};
	struct buf sessions;

	buf_init(&sessions);
	if (list_sessions(&sessions, &f) != 0 || reconfigure(phases[0].filter, FLOOD, &f) != 0)
		TEST_FAIL("%s", f.text);
	await_text("g1", "birdc -r -s \"$1\" show protocols " SESSION, "Established", true);
	await_text("g2", "birdc -r -s \"$1\" show protocols " SESSION, "Established", true);
	check_same("a flood", &sessions, list_sessions);
	buf_fini(&sessions);
}
