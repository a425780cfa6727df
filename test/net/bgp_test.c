/* `skein bgp` on a BIRD that Skein never saw (bgp_world.h). */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/net/bird.h"
#include "test/net/bgp_world.h"
#include "test/net/child.h"
#include "test/net/json_check.h"
#include "test/net/steps.h"
#include "test/test.h"

#define SKEIN TEST_BUILD "/skein"

/* "bgp WORDS --socket …". A static buffer. */
static const char *line_of(const char *words)
{
	static char line[400];

	snprintf(line, sizeof(line), "bgp %s --socket %s", words, bgp_world_socket());
	return line;
}

struct expectation {
	const char *words;
	int status;
	const char *says[8]; /* parts, in any order; the last one is NULL */
	const char *never;
};

/* No line is longer than a hundred characters. */
static void expect_columns(const char *words, const char *at)
{
	while (*at != '\0') {
		size_t len = strcspn(at, "\n"), columns = 0;

		for (size_t i = 0; i < len; i++)
			columns += ((unsigned char)at[i] & 0xc0) != 0x80;
		if (columns > 100)
			TEST_FAIL("bgp %s: a line of %zu: %.*s", words, columns, (int)len, at);
		at += len + (at[len] == '\n');
	}
}

static void expect(const struct expectation *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf said;
		int status;

		buf_init(&said);
		status = steps_run(SKEIN, line_of(rows[i].words), &said);
		if (status != rows[i].status)
			TEST_FAIL("bgp %s: status %d: %s", rows[i].words, status, buf_text(&said));
		for (const char *const *part = rows[i].says; *part != NULL; part++)
			if (strstr(buf_text(&said), *part) == NULL)
				TEST_FAIL("bgp %s: want '%s' in: %s", rows[i].words, *part,
					  buf_text(&said));
		if (rows[i].never != NULL && strstr(buf_text(&said), rows[i].never) != NULL)
			TEST_FAIL("bgp %s: '%s' is in: %s", rows[i].words, rows[i].never,
				  buf_text(&said));
		if (status == 0)
			expect_columns(rows[i].words, buf_text(&said));
		buf_fini(&said);
	}
}

#define EXPECT(...)                                                                                \
	expect((const struct expectation[]){__VA_ARGS__},                                          \
	       sizeof((const struct expectation[]){__VA_ARGS__}) / sizeof(struct expectation))

static void sessions_are_summed_up(void)
{
	EXPECT({"summary",
		0,
		{"BIRD 2.", "router id 10.0.0.1", "up_a      127.0.0.2  65001  Established",
		 "import limit of ipv4 is hit; sec", "down", "Active, Socket: Connection refused"},
		"\033"},
	       {"summary --check", 1, {"1 of 3 sessions are not up: down_c"}, NULL});
}

static void a_session_is_shown_whole(void)
{
	EXPECT({"neighbors up_a",
		0,
		{"up_a: Established for", "127.0.0.2, AS 65001, router id 10.0.0.2",
		 "external multihop AS4", "2 imported, 1 rejected", "import from_a, export ACCEPT",
		 "import 100, then warn"},
		"up_b"},
	       {"neighbors 127.0.0.3", 0, {"import 3, then block: it is hit now"}, "up_a"},
	       {"neighbors first upstream", 2, {NULL}, NULL},
	       {"neighbors down_c", 0, {"Connection refused", "state         DOWN"}, "imported"},
	       {"neighbors", 0, {"up_a: ", "up_b: ", "down_c: "}, NULL},
	       {"neighbors nobody", 7, {"no BGP neighbour 'nobody'"}, NULL});
}

static void bfd_is_shown_with_its_neighbours(void)
{
	EXPECT({"bfd --check", 0, {"127.0.0.2", "Up", "500 ms", "up_a", "bfd1"}, NULL});
}

static void routes_are_found_by_what_one_looks_for(void)
{
	EXPECT({"routes",
		0,
		{"Table master4", "* 10.20.0.0/16", "65002 65010 i", "Table master6",
		 "* 2001:db8:20::/48", "(50)  static"},
		"10.99.0.0/16"},
	       {"routes --table all", 0, {"Table t_beside", "10.99.0.0/16", "9 routes"}, NULL},
	       {"routes --table t_beside", 0, {"1 route, 1 best"}, "master4"},
	       {"routes --best --table master4", 0, {"5 routes, 5 best"}, "blackhole"},
	       {"routes 10.20.0.0/16", 0, {"3 routes, 1 best"}, "10.20.5.0/24"},
	       {"routes --covered 10.20.0.0/16", 0, {"4 routes, 2 best"}, "10.31"},
	       {"routes --covering 10.20.5.0/24", 0, {"4 routes, 2 best"}, "10.31"},
	       {"routes --covering 10.20.5.0/24 --as 65010", 0, {"1 route, 0 best"}, NULL},
	       {"routes --community 65001:7", 0, {"10.20.5.0/24"}, "10.31"},
	       {"routes --community 65001:1:2 --table master4", 0, {"2 routes"}, "10.31"},
	       {"routes --community blackhole", 0, {"no route"}, NULL},
	       {"routes --from up_b", 0, {"3 routes", "10.31.0.0/16"}, "up_a"},
	       {"routes --from 127.0.0.2 --table master4", 0, {"2 routes"}, "up_b"},
	       {"routes --path 65001", 0, {"10.20.5.0/24"}, "65010"},
	       {"routes --via eth0", 0, {"no route"}, NULL},
	       {"routes --rejected", 0, {"r 10.66.0.0/16", "r 10.3", "2 rejected"}, "10.9.0.0"});
}

static void what_cannot_be_asked_is_told(void)
{
	EXPECT({"routes 10.21.0.0/16", 7, {"no route to 10.21.0.0/16"}, NULL},
	       {"routes 10.21.0.1/16", 3, {"10.21.0.0/16"}, NULL},
	       {"routes --covered x", 3, {"--covered"}, NULL},
	       {"routes --table nope", 7, {"no table 'nope'"}, NULL},
	       {"routes --table a'b", 3, {"cannot be a name"}, NULL},
	       {"routes --path 1;down", 3, {"--path"}, NULL},
	       {"routes --community 1:2:3:4", 3, {"65001:7"}, NULL},
	       {"routes --from nobody", 7, {"no BGP neighbour 'nobody'"}, NULL});
}

static void why_a_route_won_is_told(void)
{
	EXPECT({"route 10.20.1.1",
		0,
		{"10.20.0.0/16 in master4, the longest match for 10.20.1.1",
		 "* up_a, 127.0.0.2, first upstream",
		 "up_a: higher preference: 100 before 50 (BIRD: preference of the channel)",
		 "up_a: shorter AS path: 1 before 2 (RFC 4271, 9.1.2.2 a)",
		 "65002 65010, origin IGP", "65001:7 65001:1:2", "by BIRD's mark"},
		NULL},
	       {"route 10.20.5.0/24", 0, {"10.20.5.0/24 in master4\n"}, "loses"},
	       {"route 10.66.0.0/16", 0, {"r up_a", "no way is usable", "rejected"}, "mark"},
	       {"route 2001:db8:20::1", 0, {"in master6"}, NULL},
	       {"route 10.99.0.1", 7, {"no route to 10.99.0.1"}, NULL},
	       {"route 10.99.0.1 --table all", 0, {"in t_beside"}, NULL},
	       {"route nonsense", 3, {"nonsense"}, NULL});
}

static void what_was_rejected_is_told_with_the_reason(void)
{
	EXPECT({"rejected",
		0,
		{"10.66.0.0/16 from up_a", "import filter from_a", "from up_b",
		 "import limit of 3, which is hit (block)"},
		NULL});
}

/* ---- watch ---- */

#define WATCH_MS 15000

static void tell_upstream(const char *command)
{
	struct fault f = {0};

	TEST_STEP(bird_ask(bgp_world_upstream(), command, mono_add_ms(mono_now(), 5000), NULL, NULL,
			   &f),
		  &f);
}

/* Polls what was said until it has the part. */
static void await_said(const char *path, const char *part)
{
	struct mono deadline = mono_add_ms(mono_now(), WATCH_MS);
	struct buf said;
	bool has = false;

	buf_init(&said);
	while (!has && !mono_reached(deadline, mono_now())) {
		buf_clear(&said);
		has = file_read(path, 1 << 20, &said, NULL) == 0 &&
		      strstr(buf_text(&said), part) != NULL;
		if (!has)
			poll(NULL, 0, 20);
	}
	if (!has)
		TEST_FAIL("want '%s' in: %s", part, buf_text(&said));
	buf_fini(&said);
}

static pid_t start_watch(const char *log, const char *form)
{
	const char *const argv[] = {
		SKEIN, "bgp", "watch", "10.20.0.0/16", "--socket", bgp_world_socket(), "--interval",
		"100", form,  NULL};

	return child_start(log, argv);
}

static void changes_are_told_as_they_come(void)
{
	char text[200], json[200];
	struct buf said;
	pid_t pids[2];
	char *line;

	snprintf(text, sizeof(text), "%s/watch.log", test_dir());
	snprintf(json, sizeof(json), "%s/watch.json", test_dir());
	pids[0] = start_watch(text, NULL);
	pids[1] = start_watch(json, "--json");
	await_said(text, "watching: BGP sessions 3, BFD sessions 1, routes 4");
	/* The one in JSON says nothing until something changes: until both have it, it may be new.
	 */
	tell_upstream("disable s4");
	await_said(text, "- route   10.20.5.0/24 of up_a: best, unreachable, AS path 65001");
	await_said(text, "~ route   10.20.0.0/16 of up_b: best, unreachable, AS path 65002 65010");
	tell_upstream("enable s4");
	await_said(text, "+ route   10.20.5.0/24 of up_a");
	tell_upstream("disable m");
	await_said(text, "~ session up_a: ");
	await_said(json, "\"kind\":\"session\"");
	tell_upstream("enable m");
	await_said(text, "~ session up_a: Established (was ");
	child_stop(&pids[0]);
	child_stop(&pids[1]);
	buf_init(&said);
	TEST_NUMBER(file_read(json, 1 << 20, &said, NULL), 0);
	line = said.data;
	TEST_MUST(line != NULL);
	line[strcspn(line, "\n")] = '\0';
	json_check_one("skein-bgp.v1", "bgp watch", line);
	buf_fini(&said);
}

static void a_watch_ends_when_it_is_told_to(void)
{
	EXPECT({"watch --for 1 --interval 100", 0, {"watching: BGP sessions 3"}, NULL},
	       {"watch 10.0.0.1/8", 3, {"10.0.0.0/8"}, NULL});
}

static void who_is_no_bird_is_told(void)
{
	STEPS_FOLLOW(SKEIN,
		     {"bgp summary --socket /nowhere/bird.ctl", 7, "no BIRD answers at /nowhere"},
		     {"bgp summary --socket x --mesh y", 2, "one of them"});
	setenv("SKEIN_RUN_DIR", "/nowhere", 1);
	STEPS_FOLLOW(SKEIN, {"bgp summary", 7, "--socket"},
		     {"bgp neighbors --mesh prod", 7, "no agent runs here"});
	unsetenv("SKEIN_RUN_DIR");
}

static const struct {
	const char *name, *words;
} answers[] = {
	{"bgp summary", "summary"},
	{"bgp neighbors", "neighbors up_b"},
	{"bgp bfd", "bfd"},
	{"bgp routes", "routes --from up_a"},
	{"bgp route", "route 10.20.1.1"},
	{"bgp rejected", "rejected"},
};

#define ANSWERS (sizeof(answers) / sizeof(answers[0]))

static void programs_are_told_as_is_written(void)
{
	struct json_document documents[ANSWERS];
	struct arena arena;
	char words[200];

	arena_init(&arena);
	for (size_t i = 0; i < ANSWERS; i++) {
		struct buf said;

		buf_init(&said);
		snprintf(words, sizeof(words), "%s --json", answers[i].words);
		TEST_NUMBER(steps_run(SKEIN, line_of(words), &said), 0);
		documents[i] = (struct json_document){answers[i].name,
						      arena_strdup(&arena, buf_text(&said))};
		buf_fini(&said);
	}
	json_check("skein-bgp.v1", documents, ANSWERS);
	arena_fini(&arena);
}

TEST_SUITE_WITH(net_bgp, bgp_world_make, bgp_world_end,
		{"sessions are summed up", sessions_are_summed_up},
		{"a session is shown whole", a_session_is_shown_whole},
		{"BFD is shown with its neighbours", bfd_is_shown_with_its_neighbours},
		{"routes are found by what one looks for", routes_are_found_by_what_one_looks_for},
		{"what cannot be asked is told", what_cannot_be_asked_is_told},
		{"why a route won is told", why_a_route_won_is_told},
		{"what was rejected is told with the reason",
		 what_was_rejected_is_told_with_the_reason},
		{"who is no BIRD is told", who_is_no_bird_is_told},
		{"programs are told as is written", programs_are_told_as_is_written},
		{"a watch ends when it is told to", a_watch_ends_when_it_is_told_to},
		{"changes are told as they come", changes_are_told_as_they_come});
