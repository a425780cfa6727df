#include "test/net/block_table.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/outage.h"
#include "test/test.h"

#define EACH	      4
#define SILENCE_MS    400
#define COUNT_MS      4000
#define BFD_PORT      3784
#define MARK	      0x5300
#define RED_ATTACKER  "a3"
#define BLUE_ATTACKER "b2"

/* ---- what passes ---- */

/* Posted on a machine, it leaves `on` (places, as a shell's pattern) by `device` and by no other;
 * from `source`, where it says so. NULL for `to_whom`: nobody is there to get it. */
struct passing {
	const char *line, *at, *from, *to, *on, *device, *source;
	uint32_t mark;
	bool delivered;
};

static const struct passing passing_rows[] = {
	{"400: marked", "a1", NULL, "yard", "a1", "eth0", "a1@underlay", MARK, false},
	{"400: marked, within the mask", "a1", NULL, "yard", "a1", "eth0", NULL, MARK | 1, false},
	{"400: another mark", "a1", NULL, "yard", "a1", "wg0t*", "a1@red", 0x100, true},

	{"1100: over a gateway", "a1", NULL, "yard", "g?", "wg1", NULL, 0, true},
	{"1101: over a gateway", "yard", NULL, "attic", "g?", "wg0", NULL, 0, true},
	{"1101: to a member", "yard", NULL, "a1@red", "g?", "wg0", NULL, 0, true},
	{"1200: to an own prefix", "a2", NULL, "attic", "a1", "attic", NULL, 0, true},
	{"1200: from a gateway", "g1", NULL, "attic", "a1", "attic", NULL, 0, true},
	{"1200: from the other mesh", "depot", NULL, "attic", "a1", "attic", NULL, 0, true},

	{"1300: from red's address", "m", "m@red", "yard", "m", "wg0t*", "m@red", 0, true},
	{"1301: from blue's address", "m", "m@blue", "yard", "m", "wg1", "m@blue", 0, true},
	{"1300: to the own mesh", "m", "m@red", "a1@red", "m", "wg0", "m@red", 0, true},
	{"1400: to red", "a1", NULL, "a3@red", "a1", "wg0t*", "a1@red", 0, true},
	{"1400: to a plain member", "a1", NULL, "m@red", "a1", "wg0", "a1@red", 0, true},
	{"1400: two meshes", "m", NULL, "a1@red", "m", "wg0", "m@red", 0, true},
	{"1401: two meshes", "m", NULL, "b2@blue", "m", "wg1", "m@blue", 0, true},
	{"1500: from behind, to the mesh", "attic", NULL, "a3@red", "a1", "wg0t*", NULL, 0, true},
	{"1500: from behind, to a plain member", "attic", NULL, "m@red", "a1", "wg0", NULL, 0,
	 true},
	{"1500: from behind, to a prefix", "attic", NULL, "barn", "a1", "wg0t*", NULL, 0, true},
	{"1500: from behind, to the other mesh", "attic", NULL, "yard", "a1", "wg0t*", NULL, 0,
	 true},
	{"1500: from behind an HA router", "byre", NULL, "a1@red", "a3", "wg0", NULL, 0, true},
	{"1651: shown by a peering, but one's own", "m", NULL, "yard", "m", "wg1", "m@blue", 0,
	 true},
	{"1651: a gateway, too", "g1", NULL, "yard", "g1", "wg1", "g1@blue", 0, true},
	{"1700: what only red has", "m", NULL, "attic", "m", "wg0", "m@red", 0, true},
	{"1701: what only blue has", "m", NULL, "warren", "m", "wg1", "m@blue", 0, true},
	{"1700: both have it, the lower number wins", "m", NULL, "barn", "m", "wg0t*", "m@red", 0,
	 true},
	{"1700: not where it comes from blue's address", "m", "m@blue", "burrow", "m", "wg1",
	 "m@blue", 0, true},
	{"1400: a container, to red", "crate", NULL, "a1@red", "m", "wg0", "m@red", 0, true},
	{"1401: a container, to blue", "crate", NULL, "b2@blue", "m", "wg1", "m@blue", 0, true},
	{"1651: a container, what a peering shows", "crate", NULL, "yard", "m", "wg1", "m@blue", 0,
	 true},
	{"1700: a container, what only red has", "crate", NULL, "attic", "m", "wg0", "m@red", 0,
	 true},
	{"1800: a container, what no mesh has", "crate", NULL, "b1@underlay", "m", "eth0",
	 "m@underlay", 0, true},
	{"1800: what no mesh has", "a1", NULL, "b1@underlay", "a1", "eth0", "a1@underlay", 0, true},

	{"1850: from the own address outside", "u", "u@underlay", "b1@underlay", "u", "eth0",
	 "u@underlay", 0, true},
	{"1900: to the exit", "u", NULL, "b1@underlay", "u", "wg0t*", "u@red", 0, true},
	{"1200: out of the exit, as the exit", "u", NULL, "b1@underlay", "x", "eth0", "x@underlay",
	 0, true},
	{"1200: to the exit's own prefix, as oneself", "u", NULL, "porch", "x", "porch", "u@red", 0,
	 true},
	{"400: marked, by no exit", "u", NULL, "b1@underlay", "u", "eth0", "u@underlay", MARK,
	 true},
	{"T, throw: the exit itself", "x", NULL, "b1@underlay", "x", "eth0", "x@underlay", 0, true},

	{"T, throw: connected", "g1", NULL, "desk", "g1", "desk", "192.168.77.1", 0, true},
	{"T, throw: less than all of a prefix", "g1", NULL, "warren", "g1", "wg1", "g1@blue", 0,
	 true},
	{"T, throw: own announced", "a1", NULL, "attic", "a1", "attic", "172.20.31.1", 0, true},
	{"T, 32: several announce it", "b2", NULL, "burrow", "b2", "wg0*", "b2@blue", 0, true},

	{"gateway as host, to red", "g1", NULL, "a1@red", "g1", "wg0", "g1@red", 0, true},
	{"gateway as host, to blue", "g1", NULL, "b2@blue", "g1", "wg1", "g1@blue", 0, true},
	{"gateway as host, to its fellow", "g1", NULL, "g2@blue", "g1", "wg1t*", "g1@blue", 0,
	 true},
	{"gateway as host, to a prefix", "g1", NULL, "attic", "g1", "wg0", "g1@red", 0, true},
	{"gateway as host, red's address to blue", "g1", "g1@red", "yard", "g1", "wg1", "g1@red", 0,
	 true},
	{"gateway as host, from red", "a1", NULL, "g1@red", "a1", "wg0t*", "a1@red", 0, true},
	{"gateway as host, from blue", "b2", NULL, "g1@blue", "b2", "wg0t*", "b2@blue", 0, true},
	{"gateway as host, from the other mesh", "yard", NULL, "g1@red", "b2", "wg0t*", NULL, 0,
	 true},
};

static bool leaves_elsewhere(struct world *w, uint32_t mark, const struct passing *p)
{
	return block_count_leaving(w, mark, p->on, "*") !=
	       block_count_leaving(w, mark, p->on, p->device);
}

static bool has_source(struct world *w, uint32_t mark, const struct passing *p)
{
	struct address want = block_address(w, p->source);
	size_t n;
	const struct sighting *s = tap_look(w->tap, &n);

	for (size_t i = 0; i < n; i++)
		if (s[i].mark == mark && s[i].leaving && strcmp(s[i].place, p->on) == 0)
			return address_equal(&s[i].from, &want);
	return false;
}

/* What is not as it says; NULL: all is. The mark is w->mark after. */
static const char *judge_passing(struct world *w, const struct passing *p)
{
	struct letter letter = {.to = block_address(w, p->to), .socket_mark = p->mark};
	uint32_t mark;

	if (p->from != NULL)
		letter.from = block_address(w, p->from);
	block_post(w, p->at, &letter, EACH, NULL);
	mark = w->mark;
	if (!block_await_leaving(w, mark, p->on, p->device))
		return "did not leave there";
	if (leaves_elsewhere(w, mark, p))
		return "left by another device, too";
	if (p->source != NULL && !has_source(w, mark, p))
		return "has another source";
	if (p->delivered && sink_await(w->sink, mark, EACH, COUNT_MS) != EACH)
		return "was not delivered";
	if (!p->delivered && sink_count(w->sink, mark) != 0)
		return "was delivered";
	return NULL;
}

static void check_passing(struct world *w, const struct passing *p)
{
	const char *wrong = judge_passing(w, p);

	if (wrong != NULL)
		TEST_FAIL("%s: %s to %s by %s on %s: %s;%s", p->line, p->at, p->to, p->device,
			  p->on, wrong, block_describe(w, w->mark, "*"));
}

void table_check_passing(struct world *w)
{
	tap_forget(w->tap);
	for (size_t i = 0; i < sizeof(passing_rows) / sizeof(passing_rows[0]); i++)
		check_passing(w, &passing_rows[i]);
}

/* ---- what does not ---- */

/* `at` sends it on `device` as it is (NULL: by a socket). On `on` it goes nowhere. */
struct barred {
	const char *line, *at, *device, *from, *to;
	uint16_t port;
	const char *on, *counter;
	bool redirect;
};

#define UNDERLAY LAB_UNDERLAY

static const struct barred barred_rows[] = {
	{"1000: BFD from behind", "attic", "eth0", "attic", "g1@red", BFD_PORT, "a1",
	 "fence:control", false},
	{"1000: BFD from behind, to its router", "attic", "eth0", "attic", "a1@red", BFD_PORT, "a1",
	 "fence:control", false},
	{"1000: BFD on the underlay", UNDERLAY, "a1", "g2@underlay", "a1@red", BFD_PORT, "a1",
	 "fence:control", false},
	{"1100: to the gateway's own network", RED_ATTACKER, "TRUNK", "a3@red", "desk", 0, "g1",
	 "guard:pair", false},
	{"1100: to a prefix of no peering", RED_ATTACKER, "TRUNK", "a3@red", "warren", 0, "g1",
	 "guard:pair", false},
	{"1100: to a member of no peering", RED_ATTACKER, "TRUNK", "a3@red", "b1@blue", 0, "g1",
	 "guard:pair", false},
	{"1100: from a source of no peering, which blue has too", RED_ATTACKER, "TRUNK", "barn",
	 "yard", 0, "g1", "guard:pair", false},
	{"1101: from a member of no peering", "b1", NULL, "b1@blue", "a1@red", 0, "g?", NULL,
	 false},
	{"1200: to a network that is not announced", RED_ATTACKER, "wg0", "a3@red", "cellar", 0,
	 "a1", "guard:destination", false},
	{"1200: to a container", RED_ATTACKER, "wg0", "a3@red", "crate", 0, "m",
	 "guard:destination", false},
	{"1000: BFD from a container", "crate", NULL, NULL, "g1@red", BFD_PORT, "m",
	 "fence:control", false},
	{"1400: another source on the containers' bridge", "crate", "eth0", "attic", "a3@red", 0,
	 "m", "fence:mesh_destination", false},
	{"1299: to elsewhere", RED_ATTACKER, "wg0", "a3@red", "g2@underlay", 0, "a1",
	 "guard:destination", false},
	{"1299: to another member", RED_ATTACKER, "wg0", "a3@red", "a2@red", 0, "a1",
	 "guard:destination", false},
	{"1300: an own address, from outside", UNDERLAY, "m", "m@red", "yard", 0, "m",
	 "fence:mesh_source", false},
	{"1400: to the mesh, from outside", UNDERLAY, "a1", "g2@underlay", "a3@red", 0, "a1",
	 "fence:mesh_destination", false},
	{"1500: a network that is not announced, to the mesh", "cellar", NULL, NULL, "a3@red", 0,
	 "a1", "fence:mesh_destination", false},
	{"1500: a network that is not announced, to a prefix", "cellar", NULL, NULL, "barn", 0,
	 "a1", "fence:prefix_destination", false},
	{"1500: as an announced one, on another device", "cellar", "eth0", "attic", "a3@red", 0,
	 "a1", "fence:mesh_destination", false},
	{"1500: another source on the announced one's device", "attic", "eth0", "cellar", "a3@red",
	 0, "a1", "fence:mesh_destination", false},
	{"1500: from behind, to elsewhere", "attic", NULL, NULL, "g2@underlay", 0, "a1",
	 "fence:opened", false},
	{"1600: both, from outside", UNDERLAY, "g1", "a1@red", "b2@blue", 0, "g1",
	 "fence:mesh_source", false},
	{"1650: to a prefix of the mesh, from outside", UNDERLAY, "m", "g2@underlay", "yard", 0,
	 "m", "fence:prefix_destination", false},
	{"1700: as a prefix of the mesh, from outside", UNDERLAY, "a1", "yard", "a1@underlay", 0,
	 "a1", "fence:prefix_source", false},
	{"gateway as host: its network to the mesh", "desk", NULL, NULL, "a1@red", 0, "g1",
	 "fence:mesh_destination", false},
	{"gateway as host: its network to a prefix", "desk", NULL, NULL, "attic", 0, "g1",
	 "fence:prefix_destination", false},
	{"gateway as host: blue's address to red", "g1", NULL, "g1@blue", "attic", 0, "a1",
	 "guard:icmp", false},
	{"gateway as host: to blue's address from red", "a1", NULL, NULL, "g1@blue", 0, "g?", NULL,
	 false},
	{"guard: to the machine's address outside", RED_ATTACKER, "wg0", "a3@red", "a1@underlay", 0,
	 "a1", "guard:destination", false},
	{"guard: to the machine in its other network", RED_ATTACKER, "wg0", "a3@red",
	 "192.168.31.1", 0, "a1", "guard:destination", false},
	{"guard: to the gateway in a network that blue has around it", BLUE_ATTACKER, "TRUNK",
	 "b2@blue", "192.168.77.1", 0, "g1", "guard:destination", false},
	{"1299: to a network of the gateway that blue has around it", BLUE_ATTACKER, "TRUNK",
	 "b2@blue", "desk", 0, "g1", NULL, false},
	{"guard: to the machine, which is no loopback", RED_ATTACKER, "wg0", "a3@red", "127.0.0.1",
	 0, "a1", "guard:martian", false},
	{"exit: to its private network", "u", NULL, NULL, "vault", 0, "x", "guard:destination",
	 false},
	{"exit: to a network that it is connected to", "u", NULL, NULL, "lobby", 0, "x",
	 "guard:destination", false},
	{"exit: to itself, outside", "u", NULL, NULL, "x@underlay", 0, "x", "guard:destination",
	 false},
	{"exit: to what is link-local", "u", NULL, NULL, "169.254.169.254", 0, "x",
	 "guard:destination", false},
	{"exit: from who is no user", RED_ATTACKER, "EXIT", "a3@red", "b1@underlay", 0, "x",
	 "guard:pair", false},
	{"exit: its private network, to its user", "x", "wg0", "vault", "u@red", 0, "u",
	 "guard:source", false},
	{"exit: from outside to who is no user", "x", "wg0", "b1@underlay", "a1@red", 0, "a1",
	 "guard:source", false},
	{"exit: from outside to its user, unasked", UNDERLAY, "x", "b1@underlay", "u@red", 0, "x",
	 "fence:mesh_destination", false},
	{"1500: exit, from outside to a prefix", UNDERLAY, "x", "b1@underlay", "attic", 0, "x",
	 "fence:prefix_destination", false},
	{"1500: exit, from outside to elsewhere", UNDERLAY, "x", "b1@underlay", "porch", 0, "x",
	 "fence:opened", false},
	{"fence: to a mesh address, in clear", UNDERLAY, "a1", "g2@underlay", "a1@red", 0, "a1",
	 "fence:mesh_destination", false},
	{"fence: from a mesh address, in clear", UNDERLAY, "g1", "a1@red", "g1@underlay", 0, "g1",
	 "fence:mesh_source", false},
	{"as a mesh address, to the machine", UNDERLAY, "a1", "a3@red", "a1@underlay", 0, "a1",
	 "fence:mesh_source", false},
	{"fence: a redirect", UNDERLAY, "a1", "g2@underlay", "a1@underlay", 0, "a1",
	 "fence:redirect_in", true},
};

#define BARRED (sizeof(barred_rows) / sizeof(barred_rows[0]))

struct barring {
	uint32_t mark[BARRED];
	uint64_t before[BARRED];
	char red_trunk[16], blue_trunk[16]; /* of the attackers, to g1 */
	char exit_trunk[16];		    /* to x */
};

/* Everything may be sent over its trunk to g1 now, as far as the attacker is concerned. */
static void seize(struct world *w, const char *attacker, const char *mesh, char trunk[16])
{
	struct fault f = {0};

	block_trunk(w, "g1", mesh, trunk);
	TEST_STEP(outage_cause(&w->lab, attacker, "agent", &f), &f);
	block_sh(w, attacker, "wg set %s peer $(wg show %s peers) allowed-ips 0.0.0.0/0", trunk,
		 trunk);
}

static void seize_both(struct world *w, struct barring *state)
{
	const char *victim = block_sh(w, "a1", "wg show wg0 public-key | tr -d '\n'");
	const char *host = block_sh(w, "m", "wg show wg0 public-key | tr -d '\n'");

	seize(w, RED_ATTACKER, "red", state->red_trunk);
	block_trunk(w, "x", "red", state->exit_trunk);
	seize(w, BLUE_ATTACKER, "blue", state->blue_trunk);
	block_sh(w, RED_ATTACKER,
		 "wg set wg0 peer %s allowed-ips 0.0.0.0/0 peer %s allowed-ips 172.17.0.0/16",
		 victim, host);
}

static void send_barred(struct world *w, const struct barred *b, const struct barring *state)
{
	const char *trunk =
		strcmp(b->at, BLUE_ATTACKER) == 0 ? state->blue_trunk : state->red_trunk;
	const char *device = b->device;

	struct letter letter = {.to = block_address(w, b->to), .port = b->port};
	struct forgery forgery = {.to = letter.to, .port = b->port, .redirect = b->redirect};

	if (b->from != NULL)
		letter.from = forgery.from = block_address(w, b->from);
	if (device != NULL && strcmp(device, "TRUNK") == 0)
		device = trunk;
	if (device != NULL && strcmp(device, "EXIT") == 0)
		device = state->exit_trunk;
	if (device == NULL)
		block_post(w, b->at, &letter, EACH, NULL);
	else
		block_forge(w, b->at, device, b->on, &forgery, EACH);
}

/* What the rows of one counter must have added to it together. */
static uint64_t want_counted(const struct barred *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < BARRED; i++)
		if (barred_rows[i].counter != NULL && strcmp(barred_rows[i].on, b->on) == 0 &&
		    strcmp(barred_rows[i].counter, b->counter) == 0)
			n += EACH;
	return n;
}

static void check_counted(struct world *w, const struct barred *b, uint64_t before)
{
	struct mono deadline = mono_add_ms(mono_now(), COUNT_MS);
	uint64_t want = want_counted(b), got;

	while ((got = block_counter(w, b->on, b->counter) - before) < want)
		if (mono_reached(deadline, mono_now()))
			break;
	if (got < want)
		TEST_FAIL("%s: %s on %s: %llu counted, want %llu", b->line, b->counter, b->on,
			  (unsigned long long)got, (unsigned long long)want);
}

static void check_barred(struct world *w, const struct barred *b, uint32_t mark)
{
	if (sink_count(w->sink, mark) != 0)
		TEST_FAIL("%s: delivered;%s", b->line, block_describe(w, mark, "*"));
	if (block_count_leaving(w, mark, b->on, "*") != 0)
		TEST_FAIL("%s: %s sent it on;%s", b->line, b->on, block_describe(w, mark, "*"));
	/* It got as far as that: what is lost before would prove nothing. */
	if (!b->redirect && block_describe(w, mark, b->on)[0] == '\0')
		TEST_FAIL("%s: never came to %s;%s", b->line, b->on, block_describe(w, mark, "*"));
}

void table_check_barred(struct world *w)
{
	struct barring state = {.mark = {0}};
	struct fault f = {0};

	seize_both(w, &state);
	tap_forget(w->tap);
	for (size_t i = 0; i < BARRED; i++)
		if (barred_rows[i].counter != NULL)
			state.before[i] =
				block_counter(w, barred_rows[i].on, barred_rows[i].counter);
	for (size_t i = 0; i < BARRED; i++) {
		send_barred(w, &barred_rows[i], &state);
		state.mark[i] = w->mark;
	}
	poll(NULL, 0, SILENCE_MS); /* nothing arrives: there is nothing to wait for */
	for (size_t i = 0; i < BARRED; i++)
		check_barred(w, &barred_rows[i], state.mark[i]);
	for (size_t i = 0; i < BARRED; i++)
		if (barred_rows[i].counter != NULL)
			check_counted(w, &barred_rows[i], state.before[i]);
	TEST_STEP(outage_end(&w->lab, RED_ATTACKER, &f), &f);
	TEST_STEP(outage_end(&w->lab, BLUE_ATTACKER, &f), &f);
}

/* ---- one alone ---- */

/* The fence's own counter, without the agent. */
static long fence_count(struct world *w, const struct barred *b)
{
	return atol(block_sh(w, b->on,
			     "nft list counter inet skein %s | sed -n 's/.*packets \\([0-9]*\\)"
			     " .*/\\1/p'",
			     strchr(b->counter, ':') + 1));
}

static bool try_barred(struct world *w, const struct barred *b)
{
	const struct barring nobody = {.mark = {0}};
	bool counts = b->counter != NULL && strncmp(b->counter, "fence:", 6) == 0;
	long before = counts ? fence_count(w, b) : 0;
	uint32_t mark;

	send_barred(w, b, &nobody);
	mark = w->mark;
	poll(NULL, 0, SILENCE_MS);
	return sink_count(w->sink, mark) == 0 && block_count_leaving(w, mark, b->on, "*") == 0 &&
	       (!counts || fence_count(w, b) >= before + EACH);
}

bool table_try(struct world *w, const char *line)
{
	tap_forget(w->tap);
	for (size_t i = 0; i < sizeof(passing_rows) / sizeof(passing_rows[0]); i++)
		if (strcmp(passing_rows[i].line, line) == 0)
			return judge_passing(w, &passing_rows[i]) == NULL;
	for (size_t i = 0; i < BARRED; i++)
		if (strcmp(barred_rows[i].line, line) == 0)
			return try_barred(w, &barred_rows[i]);
	TEST_FAIL("there is no line '%s'", line);
	return false;
}
