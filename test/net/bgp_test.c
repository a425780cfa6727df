/* `skein bgp` on a BIRD that Skein never saw (bgp_world.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "test/net/bgp_world.h"
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
	{"bgp neighbors", "neighbors"},
	{"bgp bfd", "bfd"},
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
		{"who is no BIRD is told", who_is_no_bird_is_told},
		{"programs are told as is written", programs_are_told_as_is_written});
