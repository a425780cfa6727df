/* What a router announces, and on what terms: only while a health check is well, second for a while
 * when it has come back, translated where a network knows no way back.
 *
 *	prod 10.138.0.0/16
 *	a1      r1 (200) ── east 172.21.8.10
 *	        r2 (100) ── west 172.21.8.10
 *
 * r1 asks TCP port 8080 of its host, where the test listens. Both hosts have the same address; a
 * packet of a1 every 5 ms comes back with the name of who answered it. */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/outage.h"
#include "lab/underlay.h"
#include "lib/net/link.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define PREFIX	  "172.21.8.0/24"
#define CHECK	  "tcp://172.21.8.10:8080"
#define PORT	  8080
#define STABLE	  "2"
#define STABLE_MS 2000
#define ATTEMPTS  3
#define REST_MS	  30000

enum { EAST, WEST };

static const char yaml[] = "name: t-health\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.138.0.0/16, default: true, stable_for_s: 2}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " PREFIX "}\n"
			   "  - {machine: r2, mesh: prod, prefix: " PREFIX "}\n"
			   "networks:\n"
			   "  - {name: east, prefix: " PREFIX ", behind: r1}\n"
			   "  - {name: west, prefix: " PREFIX ", behind: r2}\n";

static const char *const hosts[] = {"east", "west"};
static struct modes w;
static int listener = -1;

/* The kernel accepts for it: that is all that is asked. */
static int open_listener(void *context)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int on = 1, *fd = context;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(*fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(*fd, 1024) == 0
		       ? 0
		       : ERR_IO;
}

/* Processes that were forked meanwhile have the socket, too. */
static void stop_listening(void)
{
	if (listener < 0)
		return;
	shutdown(listener, SHUT_RDWR);
	close(listener);
	listener = -1;
}

static void serve(bool well)
{
	struct fault f = {0};
	struct place p;

	stop_listening();
	lab_place(&w.lab, "east", &p);
	if (well)
		TEST_STEP(netns_inside(p.net, open_listener, &listener, &f), &f);
}

static int set_up(void)
{
	int code = modes_open(&w, yaml);

	if (code == 0)
		serve(true);
	return code;
}

static int tear_down(void)
{
	stop_listening();
	return modes_close(&w);
}

static struct stream *ask(const char *what)
{
	struct stream *s = modes_trip(&w, what, "a1", "prod", hosts, 2, 1);

	modes_await_passing(&w, REST_MS);
	return s;
}

static bool await_only(struct stream *s, unsigned who)
{
	struct fault f = {0};

	return TEST_STEP(trip_await_only(s->trip, who, mono_add_ms(mono_now(), REST_MS), &f), &f);
}

static bool await_status(const char *machine, const char *words)
{
	const struct mono deadline = mono_add_ms(mono_now(), REST_MS);
	const char *said,
		*line = arena_printf(&w.arena, "%s status", lab_program(&w.lab, "skein-agent"));

	do {
		said = modes_shell(&w, machine, line);
		if (strstr(said, words) != NULL)
			return true;
		poll(NULL, 0, 50);
	} while (!mono_reached(deadline, mono_now()));
	TEST_FAIL("%s: want '%s' in: %s", machine, words, said);
	return false;
}

/* Who has just become a router is second, too, for some seconds. */
static void await_in_service(const char *machine)
{
	const struct mono deadline = mono_add_ms(mono_now(), REST_MS);
	bool is;

	do {
		is = modes_shell(&w, machine, "grep 'DRAIN = false' /run/skein/*/bird.conf")[0] !=
		     '\0';
		if (!is)
			poll(NULL, 0, 50);
	} while (!is && !mono_reached(deadline, mono_now()));
	CU_ASSERT(is);
}

static void a_check_makes_the_better_one_announce(void)
{
	struct stream *s;

	modes_skein(&w, "prefix", "approve", "r1", PREFIX, "--priority", "200", "--stable-for",
		    STABLE, "--check", CHECK, "--check-interval", "200", "--check-timeout", "150",
		    "--check-rise", "1", "--check-fall", "2", NULL);
	modes_settle(&w);
	await_in_service("r1");
	await_in_service("r2");
	s = ask("a1 to who is better");
	await_only(s, EAST);
	modes_stop(&w);
}

static void what_is_unwell_is_withdrawn(void)
{
	struct stream *s = ask("a1, while the host of the better one stops to listen");

	await_only(s, EAST);
	serve(false);
	await_only(s, WEST);
	modes_stop(&w);
	await_status("r1",
		     "does not announce " PREFIX ": its health check says: connection refused");
	modes_await_said(&w, "r1 does not announce " PREFIX, REST_MS, "prefix", "list", NULL);
	modes_await_said(&w, "connection refused", REST_MS, "machine", "show", "r1", NULL);
}

/* The machine itself has lost nothing, so neither does anybody else; and it waits. */
static void what_is_well_again_waits_and_comes_back(void)
{
	for (int i = 1;; i++) {
		struct stream *s = ask("a1, when it listens again");
		struct mono since = mono_now();
		bool steady;

		await_only(s, WEST);
		serve(true);
		await_only(s, EAST);
		CU_ASSERT(mono_ms_between(since, mono_now()) >= STABLE_MS);
		modes_stop(&w);
		steady = w.steady;
		if (s->lost == 0 || steady || i == ATTEMPTS) {
			TEST_NUMBER(s->lost, 0);
			return;
		}
		serve(false);
		await_status("r1", "its health check says: connection refused");
	}
}

/* A new agent believes what BIRD announces, until it knows better. */
static void an_agent_that_starts_anew_withdraws_nothing(void)
{
	struct fault f = {0};
	struct stream *s = ask("a1, while the agent of the better one is killed and starts");

	await_only(s, EAST);
	trip_read(s->trip, s->by);
	TEST_STEP(outage_cause(&w.lab, "r1", "agent", &f), &f);
	TEST_STEP(outage_end(&w.lab, "r1", &f), &f);
	await_status("r1", "announces " PREFIX);
	modes_settle(&w);
	await_only(s, EAST);
	modes_stop(&w);
	if (w.steady)
		TEST_NUMBER(s->lost, 0);
	/* And it asks: */
	serve(false);
	await_status("r1", "its health check says: connection refused");
	serve(true);
	await_status("r1", "announces " PREFIX);
}

/* ---- the cable ---- */

/* Nobody asks the host: that the router's LAN device has no carrier is enough. */
static void a_pulled_cable_moves_the_traffic(void)
{
	const char *way = modes_shell(&w, "east", "ip -4 route show default");
	const char *device = strstr(way, "dev ");
	char name[LINK_NAME_MAX] = "";
	struct stream *s;

	if (device == NULL || sscanf(device, "dev %15s", name) != 1) {
		TEST_FAIL("the host has no default route: %s", way);
		return;
	}
	modes_skein(&w, "prefix", "approve", "r1", PREFIX, "--check", "none", NULL);
	modes_settle(&w);
	s = ask("a1, while the cable of the better one's LAN is pulled");
	await_only(s, EAST);
	modes_shell(&w, "east", arena_printf(&w.arena, "ip link set %s down", name));
	await_only(s, WEST);
	await_status("r1", "does not announce " PREFIX);
	modes_shell(&w, "east",
		    arena_printf(&w.arena, "ip link set %s up; ip route add %.*s", name,
				 (int)strcspn(way, "\n"), way));
	await_only(s, EAST);
	modes_stop(&w);
}

/* ---- the link ---- */

static bool a1_holds_r1(void)
{
	const unsigned index = modes_address(&w, "r1", "prod").bytes[3];
	const char *said = modes_shell(&w, "a1", "cat /run/skein/*/held.conf");

	return strstr(said, arena_printf(&w.arena, " m_%u", index)) != NULL;
}

/* No machine is unwell, only the way to one: who lost it does not return before it is stable, but
 * where nobody else is left (net flaps has all of it). */
static void a_lost_link_waits_and_comes_back(void)
{
	const unsigned index = modes_address(&w, "r1", "prod").bytes[3];
	uint64_t before;
	struct fault f = {0};
	struct stream *s;

	modes_skein(&w, "mesh", "set", "prod", "--stable-for", STABLE, NULL);
	modes_settle(&w);
	s = ask("a1, while its way to the better one is cut");
	await_only(s, EAST);
	CU_ASSERT(!a1_holds_r1());
	TEST_STEP(underlay_cut(&w.lab, "a1", "r1", &f), &f);
	await_only(s, WEST);
	trip_read(s->trip, s->by);
	before = s->by[EAST];
	TEST_STEP(underlay_heal(&w.lab, "a1", "r1", &f), &f);
	modes_await_session(&w, "a1", "prod", arena_printf(&w.arena, "m_%u", index), true, REST_MS);
	CU_ASSERT(a1_holds_r1());
	trip_read(s->trip, s->by);
	TEST_NUMBER((int64_t)(s->by[EAST] - before), 0);
	await_only(s, EAST);
	CU_ASSERT(!a1_holds_r1());
	modes_stop(&w);
}

/* ---- translation ---- */

static bool a1_reaches_the_host(int64_t ms)
{
	const struct address host = lab_file_network(&w.lab.file, "west")->host;

	return modes_reaches(&w, "a1", "prod", &host, ms);
}

/* The only one left, whose host knows no way back. */
static void a_network_without_a_way_back_is_reached(void)
{
	modes_skein(&w, "prefix", "withdraw", "r1", PREFIX, NULL);
	modes_settle(&w);
	CU_ASSERT(a1_reaches_the_host(MODES_REACH_MS));
	modes_shell(&w, "west", "ip route del default");
	CU_ASSERT(!a1_reaches_the_host(MODES_BARRED_MS));
	modes_skein(&w, "prefix", "approve", "r2", PREFIX, "--translate", "yes", NULL);
	modes_settle(&w);
	CU_ASSERT(a1_reaches_the_host(MODES_REACH_MS));
	await_status("r2", "translated");
	modes_skein(&w, "prefix", "approve", "r2", PREFIX, "--translate", "no", NULL);
	modes_settle(&w);
	CU_ASSERT(!a1_reaches_the_host(MODES_BARRED_MS));
}

TEST_SUITE_WITH(health, set_up, tear_down,
		{"a check makes the better one announce", a_check_makes_the_better_one_announce},
		{"what is unwell is withdrawn", what_is_unwell_is_withdrawn},
		{"what is well again waits and comes back",
		 what_is_well_again_waits_and_comes_back},
		{"an agent that starts anew withdraws nothing",
		 an_agent_that_starts_anew_withdraws_nothing},
		{"a pulled cable moves the traffic", a_pulled_cable_moves_the_traffic},
		{"a lost link waits and comes back", a_lost_link_waits_and_comes_back},
		{"a network without a way back is reached",
		 a_network_without_a_way_back_is_reached});
