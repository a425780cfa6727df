/* Which layer stops a packet, by made-up evidence (cli/explain/layer.h). */
#include <string.h>

#include "cli/explain/layer.h"
#include "test/test.h"

static struct hop_owner owners[] = {{"g", "10.0.0.9", "gateway"}};
static struct hop_session sessions[] = {{"g_9", "g", "10.0.0.9", "Established", NULL, true}};

/* From a, by the gateway g, to a prefix that another mesh shows. */
static struct hop good(void)
{
	struct hop h = {
		.machine = "a",
		.to = "172.20.1.1",
		.from = "10.0.0.1",
		.delivered = "next",
		.agent = {"yes", "up", NULL},
		.intent = {.kind = "remote",
			   .mesh = "home",
			   .address = "10.0.0.1",
			   .prefix = "172.20.1.0/24",
			   .peering = "0190",
			   .permitted = true,
			   .learned = true,
			   .owners = {owners, 1}},
		.rib = {.mesh = "home",
			.prefix = "172.20.1.0/24",
			.protocol = "g_9",
			.type = "unicast",
			.gateway = "10.0.0.9",
			.device = "wg0t1",
			.sessions = {sessions, 1}},
		.fib = {.prefix = "172.20.1.0/24",
			.type = "unicast",
			.device = "wg0t1",
			.gateway = "10.0.0.9",
			.protocol = "bird",
			.table = 5201,
			.metric = 32,
			.rule = {1301, "from 10.0.0.1 iif lo lookup 5201"},
			.mesh_table = 5201,
			.mesh_rule = {1301, "from 10.0.0.1 iif lo lookup 5201"}},
		.peer = {.device = "wg0t1",
			 .name = "g",
			 .address = "10.0.0.9",
			 .endpoint = "192.0.2.9:51820",
			 .allowed = "172.20.1.0/24",
			 .greeted = true,
			 .handshake_age_s = 20},
		.next = {"g", "10.0.0.9", "home", "10.0.0.1"},
		.probe = {.asked = true, .answered = true, .rtt_us = 700},
	};

	sessions[0] = (struct hop_session){"g_9", "g", "10.0.0.9", "Established", NULL, true};
	return h;
}

/* The same packet where g hands it on. */
static struct hop handed_on(void)
{
	struct hop h = good();

	h.arrival = (struct hop_arrival){
		.mesh = "home",
		.from = "a",
		.peer = {.device = "wg0", .name = "a", .allowed = "10.0.0.1/32", .greeted = true},
		.guard = "pass",
		.peering = "0190"};
	return h;
}

static void lose_way(struct hop *h)
{
	h->delivered = "nowhere";
	h->next = (struct hop_next){0};
	h->peer = (struct hop_peer){0};
	h->fib = (struct hop_fib){.error = "route to 172.20.1.1: No route to host",
				  .mesh_table = 5201,
				  .mesh_rule = h->fib.mesh_rule,
				  .mesh_route = "unreachable 172.20.1.0/24 table 5201"};
}

static void nobody(struct hop *h)
{
	lose_way(h);
	h->intent = (struct hop_intent){.kind = "nobody", .mesh = "home"};
}

static void refused(struct hop *h)
{
	lose_way(h);
	h->agent = (struct hop_agent){"yes", "refused", "eth0 has 10.0.0.0/8"};
}

static void outside(struct hop *h)
{
	lose_way(h);
	h->intent = (struct hop_intent){.kind = "outside"};
	h->rib = (struct hop_rib){0};
}

static void not_shown(struct hop *h)
{
	lose_way(h);
	h->intent.permitted = false;
}

static void not_for_us(struct hop *h)
{
	not_shown(h);
	h->intent.kind = "prefix";
}

static void session_down(struct hop *h)
{
	lose_way(h);
	sessions[0] = (struct hop_session){"g_9", "g", NULL, "Active", "Hold timer expired", false};
	h->rib.prefix = NULL;
}

static void bird_gone(struct hop *h)
{
	lose_way(h);
	h->rib.error = "nobody answers";
}

static void spare_session_down(struct hop *h)
{
	sessions[0] = (struct hop_session){"g_9", "g", NULL, "Active", NULL, false};
	h->intent.learned = false;
}

static void not_announced(struct hop *h)
{
	lose_way(h);
	h->rib.prefix = NULL;
}

static void unreachable(struct hop *h)
{
	lose_way(h);
	h->rib.type = "unreachable";
}

static void rule_gone(struct hop *h)
{
	lose_way(h);
	h->fib.mesh_rule = (struct hop_rule){0};
}

static void rule_before(struct hop *h)
{
	lose_way(h);
	h->fib.rule = (struct hop_rule){300, "300: unreachable"};
}

static void route_gone(struct hop *h)
{
	lose_way(h);
}

static void in_clear(struct hop *h)
{
	lose_way(h);
	h->delivered = "lan";
	h->fib.error = NULL;
	h->fib.type = "unicast";
	h->fib.prefix = "0.0.0.0/0";
	h->fib.device = "eth0";
}

static void not_birds(struct hop *h)
{
	h->fib.protocol = "83";
	h->fib.metric = 4294967294;
}

static void firewalled(struct hop *h)
{
	h->firewall = "inet filter forward (its policy)";
}

static void not_allowed(struct hop *h)
{
	h->peer.allowed = NULL;
}

static void another_has_it(struct hop *h)
{
	h->peer.allowed = NULL;
	h->peer.other = "b";
}

static void no_peer(struct hop *h)
{
	h->peer = (struct hop_peer){.device = "wg0t1"};
}

static void silent(struct hop *h)
{
	h->probe.answered = false;
}

static void never_greeted(struct hop *h)
{
	silent(h);
	h->peer.greeted = false;
}

static void greeted_long_ago(struct hop *h)
{
	silent(h);
	h->peer.handshake_age_s = 181;
}

static void not_probed(struct hop *h)
{
	h->probe.asked = false;
}

static void idle(struct hop *h)
{
	h->peer.greeted = false;
}

static void no_endpoint(struct hop *h)
{
	never_greeted(h);
	h->peer.endpoint = NULL;
}

static void heard_only(struct hop *h)
{
	silent(h);
	h->probe.heard = true;
}

static void source_refused(struct hop *h)
{
	h->arrival.peer.allowed = NULL;
	h->arrival.peer.other = "b";
}

static void stranger(struct hop *h)
{
	h->arrival.peer = (struct hop_peer){0};
}

static void guard_drops(struct hop *h)
{
	h->arrival.guard = "drop";
}

static void errors_only(struct hop *h)
{
	h->arrival.guard = "icmp-error";
}

static void nothing(struct hop *h)
{
	(void)h;
}

struct row {
	const char *name;
	struct hop (*from)(void);
	void (*spoil)(struct hop *h);
	enum layer layer;
	enum verdict verdict;
	const char *says;
};

static const struct row rows[] = {
	{"nobody has it", good, nobody, LAYER_MACHINE, VERDICT_STOPS, "no machine of mesh home"},
	{"mesh refused", good, refused, LAYER_MACHINE, VERDICT_STOPS, "eth0 has 10.0.0.0/8"},
	{"stranger", handed_on, stranger, LAYER_ACCEPTANCE, VERDICT_STOPS, "has a as a peer"},
	{"source", handed_on, source_refused, LAYER_ACCEPTANCE, VERDICT_STOPS, "belongs to b"},
	{"accepted", handed_on, nothing, LAYER_ACCEPTANCE, VERDICT_OK, "10.0.0.1/32"},
	{"outside", good, outside, LAYER_PERMISSION, VERDICT_STOPS, "in no mesh"},
	{"not shown", good, not_shown, LAYER_PERMISSION, VERDICT_STOPS, "does not show"},
	{"limited", good, not_for_us, LAYER_PERMISSION, VERDICT_STOPS, "for some machines"},
	{"guard", handed_on, guard_drops, LAYER_PERMISSION, VERDICT_STOPS, "nothing from"},
	{"errors only", handed_on, errors_only, LAYER_PERMISSION, VERDICT_STOPS, "ICMP errors"},
	{"by peering", handed_on, nothing, LAYER_PERMISSION, VERDICT_OK, "by peering 0190"},
	{"session", good, session_down, LAYER_SESSION, VERDICT_STOPS, "Hold timer expired"},
	{"no BIRD", good, bird_gone, LAYER_SESSION, VERDICT_STOPS, "nobody answers"},
	{"spare", good, spare_session_down, LAYER_SESSION, VERDICT_WARNS, "g is Active"},
	{"no route", good, not_announced, LAYER_BEST, VERDICT_STOPS, "no route to 172.20.1.1"},
	{"unreachable", good, unreachable, LAYER_BEST, VERDICT_STOPS, "is unreachable"},
	{"no rule", good, rule_gone, LAYER_RULE, VERDICT_STOPS, "no rule leads"},
	{"rule before", good, rule_before, LAYER_RULE, VERDICT_STOPS, "300: unreachable comes"},
	{"route", good, route_gone, LAYER_ROUTE, VERDICT_STOPS, "table 5201 has unreachable"},
	{"in clear", good, in_clear, LAYER_ROUTE, VERDICT_STOPS, "on eth0, outside"},
	{"not BIRD's", good, not_birds, LAYER_ROUTE, VERDICT_WARNS, "not in the kernel"},
	{"firewall", handed_on, firewalled, LAYER_FIREWALL, VERDICT_STOPS, "inet filter forward"},
	{"allowed", good, not_allowed, LAYER_ALLOWED, VERDICT_STOPS, "do not have 172.20.1.1"},
	{"another's", good, another_has_it, LAYER_ALLOWED, VERDICT_STOPS, "belongs to b, not to g"},
	{"no peer", good, no_peer, LAYER_ALLOWED, VERDICT_STOPS, "no peer of wg0t1"},
	{"never", good, never_greeted, LAYER_HANDSHAKE, VERDICT_STOPS, "no handshake yet"},
	{"old", good, greeted_long_ago, LAYER_HANDSHAKE, VERDICT_STOPS, "181 s ago"},
	{"idle", good, idle, LAYER_HANDSHAKE, VERDICT_OK, "nobody needed one"},
	{"no endpoint", good, no_endpoint, LAYER_PATH, VERDICT_STOPS, "no address of g"},
	{"silent", good, silent, LAYER_PATH, VERDICT_STOPS, "nothing comes back from g"},
	{"heard", good, heard_only, LAYER_PATH, VERDICT_WARNS, "answers no echo"},
	{"not probed", good, not_probed, LAYER_PATH, VERDICT_UNKNOWN, "192.0.2.9:51820"},
	{"answers", good, nothing, LAYER_PATH, VERDICT_OK, "in 0.70 ms"},
};

static void expect(const struct row *r)
{
	struct finding found[LAYER_COUNT];
	const struct finding *it = NULL;
	struct hop h = r->from();
	struct arena arena;
	size_t n;

	arena_init(&arena);
	r->spoil(&h);
	n = layers_judge(&h, &arena, found);
	TEST_MUST(n > 0 && n <= LAYER_COUNT);
	for (size_t i = 0; i < n; i++)
		if (found[i].layer == r->layer)
			it = &found[i];
		else
			CU_ASSERT(found[i].verdict != VERDICT_STOPS);
	if (it == NULL)
		TEST_FAIL("%s: %s is not judged; the last one is %s: %s", r->name,
			  layer_name(r->layer), layer_name(found[n - 1].layer),
			  found[n - 1].evidence);
	else if (it->verdict != r->verdict || strstr(it->evidence, r->says) == NULL)
		TEST_FAIL("%s: want '%s' with '%s', got '%s': %s", r->name,
			  verdict_name(r->verdict), r->says, verdict_name(it->verdict),
			  it->evidence);
	else if (r->verdict == VERDICT_STOPS)
		CU_ASSERT(it->advice != NULL && it == &found[n - 1]);
	arena_fini(&arena);
}

static void the_first_layer_that_stops_is_named(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(&rows[i]);
}

static void every_layer_stops_in_the_table(void)
{
	for (enum layer l = 0; l < LAYER_COUNT; l++) {
		bool stops = false;

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			stops |= rows[i].layer == l && rows[i].verdict == VERDICT_STOPS;
		if (!stops)
			TEST_FAIL("no evidence stops at %s", layer_name(l));
	}
}

static void what_a_machine_sends_is_what_was_read(void)
{
	struct hop was = handed_on(), is = {0};
	json_t *sent = hop_json(&was);
	struct fault f = {0};
	struct arena arena;

	arena_init(&arena);
	TEST_STEP(json_decode(sent, hop_rows, MEMBERS_LENIENT, &arena, &is, NULL, &f), &f);
	TEST_TEXT(is.machine, "a");
	TEST_TEXT(is.arrival.peer.allowed, "10.0.0.1/32");
	TEST_NUMBER(is.rib.sessions.n, 1);
	TEST_NUMBER(is.fib.rule.priority, 1301);
	CU_ASSERT(is.probe.answered && is.probe.rtt_us == 700);
	CU_ASSERT(is.firewall == NULL);
	json_decref(sent);
	arena_fini(&arena);
}

TEST_SUITE(cli_layer, {"the first layer that stops is named", the_first_layer_that_stops_is_named},
	   {"every layer stops in the table", every_layer_stops_in_the_table},
	   {"what a machine sends is what was read", what_a_machine_sends_is_what_was_read});
