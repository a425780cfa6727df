/* `skein hop`: what each machine of a way says about its part of it (explain_world.h). */
#include <stdio.h>
#include <string.h>

#include "test/net/explain_cases.h"
#include "test/net/explain_world.h"
#include "test/net/json_check.h"
#include "test/net/steps.h"
#include "test/test.h"

#define BARN "172.20.43.10"

static const char *line_of(char line[300], const char *machine, const char *to, const char *options)
{
	snprintf(line, 300, EXPLAIN_ON "%s skein hop %s%s", machine, to, options);
	return line;
}

static void expect_hop(const char *machine, const char *to, const char *options, const char *part)
{
	char line[300];
	struct buf said;

	buf_init(&said);
	explain_await(line_of(line, machine, to, options), 0, part, &said);
	buf_fini(&said);
}

void explain_hop_says_who_is_next(void)
{
	expect_hop("a", explain_address("b", "home"), "", "next          b in home");
	expect_hop("a", explain_address("g", "home"), "", "sessions      g_");
	expect_hop("a", explain_address("c", "away"), "", "next          g in home");
	expect_hop("a", explain_address("c", "away"), " --probe", "its echo      answered in");
	expect_hop("a", BARN, "", "BIRD          172.20.43.0/24 by g_");
	expect_hop("a", "172.20.44.9", "", "BIRD          no route");
}

void explain_hop_looks_at_what_arrives(void)
{
	char options[200];

	snprintf(options, sizeof(options), " --source %s --previous %s",
		 explain_address("a", "home"), explain_address("a", "home"));
	expect_hop("g", BARN, options, "comes from    a in home; the guard: pass");
	expect_hop("g", BARN, options, "next          c in away");
	snprintf(options, sizeof(options), " --source %s --previous %s",
		 explain_address("a", "home"), explain_address("g", "away"));
	expect_hop("c", BARN, options, "leaves the mesh here");
	expect_hop("c", explain_address("c", "away"), options, "delivered here");
}

void explain_hop_refuses(void)
{
	STEPS_FOLLOW(EXPLAIN_LAB, {EXPLAIN_ON "a skein hop nowhere", 3, "nowhere"},
		     {EXPLAIN_ON "a skein hop 10.1.1.1 --previous 10.141.0.1", 2, "--source"},
		     {EXPLAIN_ON "controller skein hop 10.1.1.1", 7, "has not joined"});
}

void explain_hop_json(void)
{
	const char *const asked[][2] = {
		{"a", BARN " --probe --json"},
		{"a", "172.20.44.9 --json"},
		{"a", "198.51.100.1 --json"},
		{"g", BARN " --source 10.141.0.1 --previous 10.141.0.1 --json"}};
	struct json_document documents[4];
	struct buf said[4];
	char line[300];

	for (size_t i = 0; i < 4; i++) {
		buf_init(&said[i]);
		TEST_NUMBER(steps_run(EXPLAIN_LAB, line_of(line, asked[i][0], asked[i][1], ""),
				      &said[i]),
			    0);
		documents[i] = (struct json_document){"", buf_text(&said[i])};
	}
	json_check("skein-hop.v1", documents, 4);
	for (size_t i = 0; i < 4; i++)
		buf_fini(&said[i]);
}
