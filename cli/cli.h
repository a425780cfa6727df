/* skein: what its commands share. A noun is a file with a table of verbs; a verb asks the API
 * (api.h) and says the answer (output.h). It returns 0 or a negative code with cli->fault set; main
 * prints that once and turns it into the exit status. */
#ifndef SKEIN_CLI_CLI_H
#define SKEIN_CLI_CLI_H

#include "cli/output.h"
#include "cli/transport.h"
#include "lib/base/arena.h"
#include "lib/base/option.h"

struct cli {
	/* options of every command */
	bool json;
	const char *config;	  /* path; NULL: the user's */
	const char *organization; /* name or id; for an administrator of the installation */
	/* for the length of one command */
	struct arena arena;
	struct output out;
	struct fault fault;
	struct transport *transport; /* to the controller; NULL for verbs that are offline */
	json_t *answers;	     /* keeps what api.h gives out */
	const char *organization_id; /* once resolved */
};

/* What `run` finds open. A hint about the controller goes with the faults of the first two. */
enum verb_needs { VERB_NEEDS_CONTROLLER, VERB_NEEDS_NOTHING, VERB_NEEDS_BIRD };

struct verb {
	struct command command; /* its `run` is set by main; words NULL ends the table */
	int (*run)(struct cli *c, const struct invocation *in);
	enum verb_needs needs;
};

/* A row of a noun's table; `options` is the struct that `rows` fill. */
#define VERB(words, args, min, max, help, rows, options, run)                                      \
	{                                                                                          \
		{words, args, min, max, help, rows, sizeof(options), NULL}, run,                   \
			VERB_NEEDS_CONTROLLER                                                      \
	}
#define VERB_OFFLINE(words, args, min, max, help, rows, options, run)                              \
	{                                                                                          \
		{words, args, min, max, help, rows, sizeof(options), NULL}, run,                   \
			VERB_NEEDS_NOTHING                                                         \
	}

#define VERB_BIRD(words, args, min, max, help, rows, options, run)                                 \
	{                                                                                          \
		{words, args, min, max, help, rows, sizeof(options), NULL}, run, VERB_NEEDS_BIRD   \
	}

#define VERB_END                                                                                   \
	{                                                                                          \
		.run = NULL                                                                        \
	}

struct no_options {
	char unused;
};

extern const struct verb login_verbs[], status_verbs[], organization_verbs[], mesh_verbs[],
	machine_verbs[], membership_verbs[], token_verbs[], api_token_verbs[], gateway_verbs[],
	prefix_verbs[], peering_verbs[], audit_verbs[], state_verbs[], bgp_verbs[], hop_verbs[],
	report_verbs[], peers_verbs[], explain_verbs[];

/* All of them, in the order of --help; ends with NULL. */
extern const struct verb *const cli_nouns[];
extern const struct option_row cli_options[]; /* of every command, into struct cli */

/* A program over all nouns: fills `out` (of cli_count_verbs() + 1). */
size_t cli_count_verbs(void);
void cli_list_commands(struct command *out, int (*run)(void *, const struct invocation *));
const struct verb *cli_find_verb(const char *words);
/* Runs it with the controller open, if it needs that; or on another machine, where its options name
 * one. */
int cli_run(struct cli *c, const struct verb *verb, const struct invocation *in);
/* Opens c->transport by the user's login, unless it is open. */
int cli_connect(struct cli *c);

#endif
