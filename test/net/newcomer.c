#include "test/net/newcomer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lab/machine.h"
#include "test/test.h"

#define MESH	 "prod"
#define SOON	 20000
#define JOIN_MS	 15000
#define OFTEN_MS 10
#define ENDS	 2
#define WHOLE	 "172.31.7.0/24" /* approved for somebody else */
#define LATER	 "172.31.8.0/24" /* approved for the newcomer, in the end */

/* What it says beside its own address. */
static const char *const junk[] = {
	"10.139.0.4/32", /* somebody else's address */
	"10.139.0.0/16", /* the mesh */
	"172.30.0.1/32", /* a service of others */
	"172.31.7.0/25", /* inside what is approved for another, */
	"172.31.8.0/25", /* inside what is approved for it later */
	"0.0.0.0/0",	 "172.31.9.0/24",
};

#define NJUNK (sizeof(junk) / sizeof(junk[0]))

/* The agent starts this as its BIRD, and has no say in what it does. Only the address is not known
 * before. */
static const char wrapper[] = "#!/bin/sh\n"
			      "[ \"$1\" = --version ] && exec bird --version\n"
			      "me=$(sed -n 's/^router id \\(.*\\);/\\1/p' \"$3\")\n"
			      "sed \"s/@ME@/$me/\" /run/attack/template > /run/attack/bird.conf\n"
			      "exec bird -f -c /run/attack/bird.conf -s /run/attack/bird.ctl\n";

/* A BIRD that has a session with the newcomer. */
struct end {
	const char *machine, *socket;
	const char *others; /* its other sessions, each with the time since when */
};

struct newcomer {
	struct modes *w;
	const char *machine, *session; /* its name at the ends */
	struct prefix own;
	struct end ends[ENDS];
};

static const char *ask(struct newcomer *n, const struct end *e, const char *words)
{
	return modes_shell(n->w, e->machine,
			   arena_printf(&n->w->arena, "birdc -r -s %s show %s", e->socket, words));
}

/* The lines of BGP sessions, all but the newcomer's. */
static const char *list_others(struct newcomer *n, const struct end *e)
{
	const char *but = n->session != NULL ? n->session : "none";

	return ask(n, e,
		   arena_printf(&n->w->arena, "protocols | grep ' BGP ' | grep -v '^%s '", but));
}

/* BIRD prints a prefix at the begin of a line, with a space behind. */
static bool has(struct newcomer *n, const char *routes, const char *prefix)
{
	return strstr(routes, arena_printf(&n->w->arena, "%s ", prefix)) != NULL;
}

/* ---- leave and join ---- */

static void write_template(struct newcomer *n)
{
	const uint32_t asn = modes_member(n->w, n->machine, MESH)->asn;
	struct fault f = {0};
	char text[ADDRESS_TEXT_MAX];
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "router id @ME@;\nprotocol device {}\n"
		       "protocol static said {\n  ipv4;\n  route @ME@/32 unreachable;\n"
		       "  route " LATER " unreachable;\n");
	for (size_t i = 0; i < NJUNK; i++)
		buf_printf(&b, "  route %s unreachable;\n", junk[i]);
	buf_puts(&b, "}\n");
	for (size_t i = 0; i < ENDS; i++) {
		const struct address a = modes_address(n->w, n->ends[i].machine, MESH);

		buf_printf(&b,
			   "protocol bgp {\n  local @ME@ port 179 as %u;\n"
			   "  neighbor %s port 179 as %u;\n  direct;\n"
			   "  connect delay time 1; connect retry time 1; error wait time 1, 1;\n"
			   "  ipv4 { import all; export all; next hop self; };\n}\n",
			   asn, address_format(&a, text), asn);
	}
	TEST_STEP(machine_write(&n->w->lab, n->machine, "/run/attack/template", buf_text(&b), &f),
		  &f);
	TEST_STEP(machine_write(&n->w->lab, n->machine, "/run/attack/bird", wrapper, &f), &f);
	TEST_STEP(machine_write(&n->w->lab, n->machine, "/etc/skein/agent.conf",
				"bird = /run/attack/bird\n", &f),
		  &f);
	modes_shell(n->w, n->machine, "chmod 755 /run/attack/bird");
	buf_fini(&b);
}

static void leave(struct newcomer *n)
{
	const char *const argv[] = {lab_program(&n->w->lab, "skein-agent"), "leave", NULL};
	const struct prefix *cidr = &lab_file_mesh(&n->w->lab.file, MESH)->cidr;
	const struct address was = modes_address(n->w, n->machine, MESH);
	struct fault f = {0};

	write_template(n);
	TEST_STEP(machine_run(&n->w->lab, n->machine, argv, NULL, JOIN_MS, NULL, &f), &f);
	modes_settle(n->w);
	for (size_t i = 0; i < ENDS; i++) {
		modes_await_session(n->w, n->ends[i].machine, MESH,
				    arena_printf(&n->w->arena, "m_%u",
						 address_to_ipv4(&was) - prefix_to_ipv4(cidr)),
				    false, SOON);
		n->ends[i].others = list_others(n, &n->ends[i]);
	}
}

/* Returns as soon as the machine has its address; its agent is just beginning. */
static bool join(struct newcomer *n)
{
	const char *const argv[] = {lab_program(&n->w->lab, "skein-agent"), "join", "--no-start",
				    "-", NULL};
	const char *said = modes_said(n->w, "token", "create", "--mesh", MESH, NULL);
	const char *token = said != NULL ? strstr(said, "skein-join.") : NULL;
	const struct operator_member *m;
	struct fault f = {0};

	if (token == NULL) {
		TEST_FAIL("no token: %s", said);
		return false;
	}
	token = arena_printf(&n->w->arena, "%.*s\n", (int)strcspn(token, " \t\r\n\""), token);
	if (!TEST_STEP(machine_run(&n->w->lab, n->machine, argv, token, JOIN_MS, NULL, &f), &f) ||
	    !TEST_STEP(machine_start_agent(&n->w->lab, n->machine, &f), &f))
		return false;
	n->w->members.n = 0;
	TEST_STEP(operator_members(&n->w->lab, &n->w->arena, &n->w->members, &f), &f);
	m = modes_member(n->w, n->machine, MESH);
	if (m == NULL) {
		TEST_FAIL("%s is no member", n->machine);
		return false;
	}
	n->own = prefix_of_address(&m->address);
	n->session =
		arena_printf(&n->w->arena, "m_%u",
			     address_to_ipv4(&m->address) -
				     prefix_to_ipv4(&lab_file_mesh(&n->w->lab.file, MESH)->cidr));
	return true;
}

/* ---- what is believed ---- */

static void expect_no_junk(struct newcomer *n, const struct end *e, const char *taken)
{
	for (size_t i = 0; i < NJUNK; i++)
		if (has(n, taken, junk[i]))
			TEST_FAIL("%s takes %s of it: %s", e->machine, junk[i], taken);
}

/* From the first look on, nothing but its own; until it has said all, which is seen among what was
 * refused. */
static void watch(struct newcomer *n, const struct end *e)
{
	const struct mono deadline = mono_add_ms(mono_now(), SOON);
	const char *routes = arena_printf(&n->w->arena, "route protocol %s", n->session);
	const char *filtered = arena_printf(&n->w->arena, "route filtered protocol %s", n->session);
	const char *taken, *refused;
	char own[PREFIX_TEXT_MAX];
	size_t missing;

	prefix_format(&n->own, own);
	do {
		refused = ask(n, e, filtered);
		taken = ask(n, e, routes);
		missing = !has(n, taken, own) + !has(n, refused, LATER);
		for (size_t i = 0; i < NJUNK; i++)
			missing += !has(n, refused, junk[i]);
		expect_no_junk(n, e, taken);
		if (has(n, taken, LATER))
			TEST_FAIL("%s takes what is not approved yet: %s", e->machine, taken);
		if (missing > 0)
			poll(NULL, 0, OFTEN_MS);
	} while (missing > 0 && !mono_reached(deadline, mono_now()));
	if (missing > 0)
		TEST_FAIL("%s has heard: %s, and refused: %s", e->machine, taken, refused);
}

static void approve(struct newcomer *n)
{
	const char *routes = arena_printf(&n->w->arena, "route protocol %s", n->session);

	modes_skein(n->w, "prefix", "add", n->machine, LATER, "--mesh", MESH, NULL);
	for (size_t i = 0; i < ENDS; i++) {
		const struct mono deadline = mono_add_ms(mono_now(), SOON);
		const char *taken;

		do
			taken = ask(n, &n->ends[i], routes);
		while (!has(n, taken, LATER) && !mono_reached(deadline, mono_now()) &&
		       poll(NULL, 0, OFTEN_MS) == 0);
		if (!has(n, taken, LATER))
			TEST_FAIL("%s does not take what is approved: %s", n->ends[i].machine,
				  taken);
		expect_no_junk(n, &n->ends[i], taken);
	}
}

void newcomer_check(struct modes *w, const char *machine, const char *gateway, const char *router)
{
	struct newcomer n = {.w = w, .machine = machine};

	n.ends[0].machine = gateway;
	n.ends[1].machine = router;
	for (size_t i = 0; i < ENDS; i++)
		n.ends[i].socket = arena_printf(&w->arena, "/run/skein/%s/bird.ctl",
						modes_member(w, n.ends[i].machine, MESH)->id);
	modes_skein(w, "prefix", "add", router, WHOLE, "--mesh", MESH, NULL);
	leave(&n);
	if (!join(&n))
		return;
	for (size_t i = 0; i < ENDS; i++)
		watch(&n, &n.ends[i]);
	approve(&n);
	for (size_t i = 0; i < ENDS; i++)
		TEST_TEXT(list_others(&n, &n.ends[i]), n.ends[i].others);
}
