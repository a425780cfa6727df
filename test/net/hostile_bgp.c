/* Forged routes: the attacker's own BIRD, with the attacker's configuration, at the gateways'. What
 * it says arrives (as filtered routes it can be seen there), and nothing comes of it: not in a
 * kernel's table, not in anybody's BIRD; and nobody else's session notices. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define ARRIVE_MS  15000
#define AGAIN_MS   50
#define RUN_MS	   5000
#define ATTEMPTS   3
#define FLOOD	   200 /* beyond the limit of what is received at all */
#define SESSION	   "m_" HOSTILE_INDEX
#define SETTLED_MS 500
#define CONF	   "/run/attack/bird.conf"

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

#define SHOW_SESSION "birdc -r -s \"$1\" show protocols " SESSION
#define SHOW	     "birdc -r -s \"$1\" show route "

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

/* The first line that two texts do not share, of the second one. */
static const char *find_difference(const struct buf *a, const struct buf *b, char out[128])
{
	const char *x = buf_text(a), *y = buf_text(b), *line = y;

	while (*x != '\0' && *x == *y) {
		x++;
		if (*y++ == '\n')
			line = y;
	}
	if (*x == *y)
		return NULL;
	snprintf(out, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return out;
}

/* A route that another session's hiccup took may be on its way back. */
static void await_picture(const char *what, const struct buf *picture)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	const char *difference = NULL;
	struct fault f = {0};
	char line[128];

	do {
		struct buf now;

		buf_init(&now);
		if (take_picture(&now, &f) == 0)
			difference = find_difference(picture, &now, line);
		buf_fini(&now);
	} while (difference != NULL && f.code == 0 && !mono_reached(deadline, mono_now()));
	if (difference != NULL || f.code != 0)
		TEST_FAIL("%s: now: %s %s", what, difference != NULL ? difference : "", f.text);
	else
		CU_PASS("the same");
}

/* All but the attacker's are up, and have been since the list was taken. On a computer that stalls
 * for longer than BFD waits, sessions go down by themselves: what an attack does, it does again. */
static bool sessions_stayed(const struct buf *before, char difference[128])
{
	struct fault f = {0};
	bool same = false;
	struct buf now;

	buf_init(&now);
	if (list_sessions(&now, &f) != 0)
		snprintf(difference, 128, "%.120s", f.text);
	else
		same = find_difference(before, &now, difference) == NULL;
	buf_fini(&now);
	return same;
}

static void await_sessions(struct buf *out)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	struct fault f = {0};
	unsigned lines, up;

	do {
		out->len = lines = up = 0;
		if (list_sessions(out, &f) != 0)
			break;
		for (const char *at = buf_text(out); (at = strchr(at, '\n')) != NULL; at++)
			lines++;
		for (const char *at = buf_text(out); (at = strstr(at, "Established")) != NULL; at++)
			up++;
	} while (up < lines && !mono_reached(deadline, mono_now()));
	if (f.code != 0 || up < lines)
		TEST_FAIL("%u of %u sessions: %s", up, lines, f.text);
}

static void run_phase(const struct phase *p)
{
	static const char *const gateways[] = {"g1", "g2"};

	for (size_t i = 0; i < 2; i++) {
		if (!await_text(gateways[i], SHOW "filtered all protocol " SESSION, p->sign, false))
			continue;
		check_junk_is_filtered(gateways[i]);
		check_own(p, gateways[i]);
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
			await_picture(phases[i].what, picture);
	}
}

/* Sessions are up before their routes are everywhere: a picture holds when the attacker's address
 * is at both gateways and a second look, half a second later, sees the same. */
static int take_settled_picture(struct buf *out, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	const char *difference = "";
	char line[128];
	int code = 0;

	await_text("g1", SHOW "protocol " SESSION, R3 "/32", false);
	await_text("g2", SHOW "protocol " SESSION, R3 "/32", false);
	while (code == 0 && difference != NULL && !mono_reached(deadline, mono_now())) {
		struct buf again;

		buf_init(&again);
		buf_clear(out);
		code = take_picture(out, f);
		poll(NULL, 0, SETTLED_MS);
		if (code == 0)
			code = take_picture(&again, f);
		difference = find_difference(out, &again, line);
		buf_fini(&again);
	}
	return code;
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
	if (hostile_restore(&f) != 0 || take_settled_picture(&picture, &f) != 0 ||
	    hostile_seize(&f) != 0 || start_bird(&f) != 0)
		TEST_FAIL("%s", f.text);
	for (int i = 0; i < ATTEMPTS && !stayed && f.code == 0; i++) {
		await_sessions(&sessions);
		run_phases(&picture);
		stayed = sessions_stayed(&sessions, difference);
	}
	if (!stayed && f.code == 0)
		TEST_FAIL("each time: %s", difference);
	buf_fini(&picture);
	buf_fini(&sessions);
}

/* By hand at both gateways, for the agent lets some time pass first. */
static int end_flood(struct fault *f)
{
	static const char enable[] = "birdc -s \"$1\" enable " SESSION;
	int code = reconfigure(phases[0].filter, 0, f);

	if (code == 0)
		code = ask_bird("g1", "red", enable, NULL, f);
	if (code == 0)
		code = ask_bird("g2", "red", enable, NULL, f);
	await_text("g1", SHOW_SESSION, "Established", false);
	await_text("g2", SHOW_SESSION, "Established", false);
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
		await_sessions(&sessions);
		if (reconfigure(phases[0].filter, FLOOD, &f) != 0)
			break;
		await_text("g1", SHOW_SESSION, "Established", true);
		await_text("g2", SHOW_SESSION, "Established", true);
		stayed = sessions_stayed(&sessions, difference);
	}
	if (!stayed)
		TEST_FAIL("each time: %s %s", f.code == 0 ? difference : "", f.text);
	buf_fini(&sessions);
}
