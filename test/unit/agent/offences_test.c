/* Who offends by BGP, from what BIRD shows: real lines of it, and the time by hand. */
#include "agent/bird/offences.h"

#include <stdio.h>
#include <string.h>

#include "test/test.h"

static struct offences o;
static struct mono now;

/* A session as `show protocols all` has it. */
struct shown {
	const char *name;
	bool up;
	unsigned filtered;
	const char *last_error;
};

static void line(struct bird_protocols *p, int code, const char *text)
{
	const struct bird_line l = {.code = code, .text = text, .len = strlen(text)};

	bird_protocols_line(p, &l);
}

static void put(struct bird_protocols *p, const struct shown *s)
{
	char text[200];

	snprintf(text, sizeof(text), "%-10s BGP        ---        %s   2030-01-01    %s", s->name,
		 s->up ? "up  " : "start", s->up ? "Established" : "Idle");
	line(p, 1002, text);
	snprintf(text, sizeof(text), "  BGP state:          %s", s->up ? "Established" : "Idle");
	line(p, 1006, text);
	line(p, 1006, "    Neighbor address: 10.1.0.9");
	if (s->last_error != NULL) {
		snprintf(text, sizeof(text), "    Last error:       %s", s->last_error);
		line(p, 1006, text);
	}
	line(p, 1006, "  Channel ipv4");
	line(p, 1006, s->up ? "    State:          UP" : "    State:          DOWN");
	snprintf(text, sizeof(text),
		 "    Routes:         1 imported, %u filtered, 3 exported, 1 preferred",
		 s->filtered);
	line(p, 1006, text);
}

static const char *bfd; /* a line of it; NULL: BIRD has none */

static void look_at(int64_t after_ms, const char *log, const struct shown *sessions, size_t n)
{
	struct bird_protocols p;
	struct arena arena;
	struct bird_bfd b;

	now = mono_add_ms(now, after_ms);
	CU_ASSERT(offences_due(&o, now));
	CU_ASSERT(!offences_due(&o, now));
	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	bird_bfd_init(&b, &arena);
	if (bfd != NULL) {
		struct bird_line l = {.code = 1020, .text = "f_main:", .len = strlen("f_main:")};

		bird_bfd_line(&b, &l);
		l = (struct bird_line){.code = 1020, .text = bfd, .len = strlen(bfd)};
		bird_bfd_line(&b, &l);
	}
	for (size_t i = 0; i < n; i++)
		put(&p, &sessions[i]);
	offences_take(&o, &p, bfd != NULL ? &b : NULL, log, now);
	bird_protocols_fini(&p);
	bird_bfd_fini(&b);
	arena_fini(&arena);
}

static void look(int64_t after_ms, const struct shown *sessions, size_t n)
{
	look_at(after_ms, "", sessions, n);
}

static size_t sure(void)
{
	size_t n = 0;

	for (size_t i = 0; i < o.list.n; i++)
		n += o.list.at[i].sure;
	return n;
}

static void start(void)
{
	o = (struct offences){0};
	now = mono_now();
	bfd = NULL;
}

static void what_a_filter_refuses_twice_is_said(void)
{
	static const struct shown bad = {"m_3", true, 11, NULL};

	start();
	look(0, &bad, 1);
	TEST_NUMBER(sure(), 0);
	TEST_NUMBER(o.changes, 0);
	look(10000, &bad, 1);
	TEST_MUST(sure() == 1);
	TEST_NUMBER(o.list.at[0].peer, 3);
	TEST_NUMBER(o.list.at[0].routes, 11);
	TEST_NUMBER(o.changes, 1);
	look(10000, &bad, 1);
	TEST_NUMBER(o.changes, 1);
	offences_fini(&o);
}

/* A change of approvals that a member hears of before its gateway. */
static void what_is_there_for_a_moment_is_not(void)
{
	static const struct shown bad = {"m_3", true, 1, NULL}, good = {"m_3", true, 0, NULL};

	start();
	look(0, &bad, 1);
	look(10000, &good, 1);
	look(10000, &bad, 1);
	TEST_NUMBER(sure(), 0);
	TEST_NUMBER(o.changes, 0);
	offences_fini(&o);
}

static void what_began_stays_for_a_while(void)
{
	static const struct shown bad = {"m_3", true, 1, NULL}, good = {"m_3", true, 0, NULL};

	start();
	look(0, &bad, 1);
	look(10000, &bad, 1);
	look(OFFENCES_KEEP_MS - 1000, &good, 1);
	TEST_NUMBER(sure(), 1);
	look(10000, &good, 1);
	TEST_NUMBER(o.list.n, 0);
	TEST_NUMBER(o.changes, 2);
	offences_fini(&o);
}

static void others_sessions_are_no_offence(void)
{
	static const struct shown rows[] = {
		{"g_1", true, 5, NULL},
		{"f_2", true, 5, NULL},
		{"e_1", true, 5, NULL},
		{"m_", true, 5, NULL},
		{"m_4x", true, 5, NULL},
		{"m_5", false, 0, "Socket: Connection closed"},
		{"m_9", true, 0, "Automatic shutdown: Route limit exceeded"},
	};

	start();
	look(0, rows, sizeof(rows) / sizeof(rows[0]));
	look(10000, rows, sizeof(rows) / sizeof(rows[0]));
	TEST_NUMBER(o.list.n, 0);
	offences_fini(&o);
}

static void a_flood_is_said_at_once(void)
{
	static const struct shown rows[] = {
		{"m_1", false, 0, "Automatic shutdown: Route limit exceeded"}};

	start();
	look(0, rows, 1);
	TEST_MUST(sure() == 1);
	CU_ASSERT(o.list.at[0].kind == OFFENCE_FLOOD);
	offences_fini(&o);
}

static void nonsense_is_in_the_log(void)
{
	static const char log[] =
		"2030-01-01 00:00:00.001 <RMT> m_2: Error: Connection not synchronized\n"
		"2030-01-01 00:00:00.002 <RMT> m_3: Malformed ORIGIN attribute - invalid value "
		"(9)\n"
		"2030-01-01 00:00:00.003 <RMT> m_3: Error: Bad message length: 0012\n"
		"2030-01-01 00:00:00.004 <RMT> m_4: Error: Hold timer expired\n"
		"2030-01-01 00:00:00.005 <RMT> m_5: Received: Malformed attribute list\n"
		"2030-01-01 00:00:00.006 <RMT> m_6: Error: Unexpected message in OpenSent state\n"
		"2030-01-01 00:00:00.007 <RMT> g_7: Error: Bad message length: 0012\n"
		"2030-01-01 00:00:00.008 <INFO> m_8: Bad idea\n"
		"2030-01-01 00:00:00.009 <RMT> m_: Error: Bad message length: 0012\n"
		"2030-01-01 00:00:00.010 <RMT> m_9";

	start();
	look_at(0, log, NULL, 0);
	TEST_MUST(sure() == 2);
	TEST_NUMBER(o.list.at[0].peer, 2);
	TEST_NUMBER(o.list.at[1].peer, 3);
	CU_ASSERT(o.list.at[1].kind == OFFENCE_MALFORMED);
	offences_fini(&o);
}

static void there_are_not_more_than_so_many(void)
{
	static char names[OFFENCES_MAX + 10][12];
	static struct shown rows[OFFENCES_MAX + 10];

	start();
	for (size_t i = 0; i < OFFENCES_MAX + 10; i++) {
		snprintf(names[i], sizeof(names[i]), "m_%zu", i + 1);
		rows[i] = (struct shown){names[i], true, 1, NULL};
	}
	look(0, rows, OFFENCES_MAX + 10);
	look(10000, rows, OFFENCES_MAX + 10);
	TEST_NUMBER(sure(), OFFENCES_MAX);
	offences_fini(&o);
}

/* For a moment it always is, for BGP does not wait for it. */
static void who_is_up_and_not_watched_is_said_as_long_as_it_is(void)
{
	static const struct shown up = {"g_9", true, 0, NULL}, down = {"g_9", false, 0, NULL};
	static const char yes[] = "10.1.0.9                  wg0t1      Up         "
				  "2030-01-01 00:00:00.000    0.250    0.750";
	static const char no[] = "10.1.0.9                  wg0t1      Down       "
				 "2030-01-01 00:00:00.000    1.000    0.000";

	start();
	bfd = no;
	look(0, &up, 1);
	bfd = yes;
	look(10000, &up, 1);
	bfd = no;
	look(10000, &down, 1);
	look(10000, &up, 1);
	TEST_NUMBER(sure(), 0);
	look(10000, &up, 1);
	TEST_MUST(sure() == 1);
	CU_ASSERT(o.list.at[0].kind == OFFENCE_UNWATCHED);
	TEST_NUMBER(o.list.at[0].peer, 9);
	TEST_NUMBER(o.changes, 1);
	bfd = yes;
	look(10000, &up, 1);
	TEST_NUMBER(o.list.n, 0);
	TEST_NUMBER(o.changes, 2);
	offences_fini(&o);
}

TEST_SUITE(agent_offences,
	   {"what a filter refuses twice is said", what_a_filter_refuses_twice_is_said},
	   {"what is there for a moment is not", what_is_there_for_a_moment_is_not},
	   {"what began stays for a while", what_began_stays_for_a_while},
	   {"others' sessions are no offence", others_sessions_are_no_offence},
	   {"a flood is said at once", a_flood_is_said_at_once},
	   {"nonsense is in the log", nonsense_is_in_the_log},
	   {"who is up and not watched is said as long as it is",
	    who_is_up_and_not_watched_is_said_as_long_as_it_is},
	   {"there are not more than so many", there_are_not_more_than_so_many});
