/* skein: the command line of operators. Everything it does, it asks of the controller's API. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/problem.h"
#include "lib/base/secret.h"

static const char footer[] = "Names or ids may be used for organizations, meshes and machines.\n"
			     "SKEIN_URL and SKEIN_TOKEN_FILE override what `skein login` stored.\n"
			     "Exit statuses are listed in skein(1).\n";

static void print_fault(const struct cli *c, const struct verb *verb, int code)
{
	const char *hint = verb->needs != VERB_NEEDS_BIRD ? problem_hint(code) : NULL;

	fprintf(stderr, "skein: %s", fault_text(&c->fault, code));
	if (hint != NULL)
		fprintf(stderr, "; %s", hint);
	fputc('\n', stderr);
}

static int run_verb(void *context, const struct invocation *in)
{
	struct cli *c = context;
	const struct verb *verb = cli_find_verb(in->command->words);
	int code;

	arena_init(&c->arena);
	output_init(&c->out, c->json);
	c->answers = json_array();
	code = cli_run(c, verb, in);
	if (code == 0 && (fflush(stdout) != 0 || ferror(stdout) != 0))
		code = fault_set(&c->fault, ERR_IO, "the answer could not be written");
	if (code != 0)
		print_fault(c, verb, code);
	if (c->transport != NULL)
		c->transport->free(c->transport);
	json_decref(c->answers);
	arena_fini(&c->arena);
	return code;
}

int main(int argc, char **argv)
{
	struct cli c = {0};
	struct command *commands = mem_alloc((cli_count_verbs() + 1) * sizeof(*commands));
	struct program p = {.name = "skein",
			    .help = "meshes of machines, joined by BGP",
			    .commands = commands,
			    .common = cli_options,
			    .common_to = &c,
			    .footer = footer};
	int status;

	secret_harden_process();
	cli_list_commands(commands, run_verb);
	status = program_main(&p, &c, argc, argv);
	free(commands);
	return status;
}
