#include <stdlib.h>
#include <string.h>

#include "lib/base/option.h"
#include "test/test.h"

struct create {
	const char *cidr;
	bool standard;
	int64_t port;
	struct option_list shows;
};

static const struct option_row create_options[] = {
	{"cidr", 'c', OPTION_TEXT, offsetof(struct create, cidr), "CIDR", "addresses", 0, 0},
	{"default", 0, OPTION_FLAG, offsetof(struct create, standard), NULL, "the default", 0, 0},
	{"port", 'p', OPTION_NUMBER, offsetof(struct create, port), "N", "a port", 1, 65535},
	{"show", 0, OPTION_LIST, offsetof(struct create, shows), "M=P", "what is shown", 0, 0},
	{0}};

static int nothing(void *context, const struct invocation *in)
{
	(void)in;
	(*(int *)context)++;
	return 0;
}

static const struct command commands[] = {
	{"mesh create", "NAME", 1, 1, "make a mesh", create_options, sizeof(struct create),
	 nothing},
	{"mesh list", "", 0, 0, "list meshes", NULL, 0, nothing},
	{"machine list", "", 0, 0, "list machines", NULL, 0, nothing},
	{"exec", "MACHINE CMD...", 2, -1, "run a command", NULL, 0, nothing},
	{0}};

static struct everywhere {
	const char *lab;
	bool json;
} everywhere;

static const struct option_row common[] = {
	{"lab", 'l', OPTION_TEXT, offsetof(struct everywhere, lab), "NAME", "which", 0, 0},
	{"json", 0, OPTION_FLAG, offsetof(struct everywhere, json), NULL, "for programs", 0, 0},
	{0}};

static const struct program program = {.name = "skein",
				       .help = "a test",
				       .commands = commands,
				       .common = common,
				       .common_to = &everywhere};

/* Parses words split at spaces; *options is the caller's to free. */
static int parse(const char *line, struct invocation *in, struct fault *f)
{
	static char copy[512];
	static char *argv[32];
	int argc = 0;
	char *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	return command_parse(&program, argc, argv, in, f);
}

static void options_land_in_their_struct(void)
{
	struct invocation in = {0};
	struct fault f = {0};
	struct create *c;

	TEST_NUMBER(
		parse("mesh create -c 10.0.0.0/8 prod --default --port=179 --show a=1 --show b=2",
		      &in, &f),
		0);
	c = in.options;
	TEST_TEXT(in.args[0], "prod");
	TEST_TEXT(c->cidr, "10.0.0.0/8");
	CU_ASSERT_TRUE(c->standard);
	TEST_NUMBER(c->port, 179);
	TEST_NUMBER(c->shows.n, 2);
	TEST_TEXT(c->shows.at[1], "b=2");
	free(in.options);
	free(in.args);
}

static void wrong_lines_say_what_would_be_right(void)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"mehs create x", "'mehs' is no command here; want one of: mesh, machine, exec"},
		{"mesh destroy x", "'destroy' is no command here; want one of: create, list"},
		{"", "a command is missing; want one of: mesh, machine, exec"},
		{"mesh", "a command is missing; want one of: create, list"},
		{"mesh create", "an argument is missing: mesh create NAME"},
		{"mesh create a b", "'b' is one argument too many: mesh create NAME"},
		{"mesh create a --frob", "unknown option '--frob'; see --help"},
		{"mesh create a --cidr", "--cidr: CIDR is missing"},
		{"mesh create a --default=yes", "--default takes no value"},
		{"mesh create a --port 0", "--port: 0 is out of range, want 1 to 65535"},
		{"mesh create a --port x", "--port: 'x' is no number"},
		{"mesh create a -cidr x", "unknown option '-cidr'; see --help"},
		{"--lab", "--lab: NAME is missing"},
		{"--lab x", "a command is missing; want one of: mesh, machine, exec"},
		{"--lab x mehs", "'mehs' is no command here; want one of: mesh, machine, exec"},
		{"--cidr x mesh create a", "'--cidr' is no option of every command; "
					   "the others stand behind their command"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct invocation in = {0};
		struct fault f = {0};

		TEST_NUMBER(parse(bad[i].line, &in, &f), ERR_USAGE);
		TEST_TEXT(f.text, bad[i].says);
		free(in.options);
		free(in.args);
	}
}

static void another_programs_options_pass_through(void)
{
	struct invocation in = {0};
	struct fault f = {0};

	TEST_NUMBER(parse("exec m1 ip -j addr --help", &in, &f), 0);
	TEST_NUMBER(in.nargs, 5);
	TEST_TEXT(in.args[2], "-j");
	free(in.options);
	free(in.args);
}

static void options_of_every_command_stand_before_it_too(void)
{
	static const char *const lines[] = {"-l x --json mesh list", "--lab=x mesh list --json",
					    "mesh list --json --lab x"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct invocation in = {0};
		struct fault f = {0};

		everywhere = (struct everywhere){0};
		TEST_NUMBER(parse(lines[i], &in, &f), 0);
		TEST_TEXT(in.command->words, "mesh list");
		TEST_TEXT(everywhere.lab, "x");
		CU_ASSERT_TRUE(everywhere.json);
		free(in.options);
		free(in.args);
	}
}

TEST_SUITE(base_option, {"options land in their struct", options_land_in_their_struct},
	   {"wrong lines say what would be right", wrong_lines_say_what_would_be_right},
	   {"options of every command stand before it too",
	    options_of_every_command_stand_before_it_too},
	   {"another program's options pass through", another_programs_options_pass_through});
