/* What another machine is asked (lib/mesh/question.h), through the controller: its own `skein` runs
 * there, and what it says comes back as it says it. It is another machine's word: disarmed before a
 * terminal, and read with care where a program uses it. */
#ifndef SKEIN_CLI_REMOTE_H
#define SKEIN_CLI_REMOTE_H

#include "cli/cli.h"

/* The machine that --machine names; NULL: here. */
const char *remote_machine(const struct invocation *in);
/* The words of a question; a new array. */
json_t *remote_words(const struct invocation *in, bool json);
/* Asks a machine, by name or id; its standard output goes to `take`. Returns the code of the exit
 * status that its program had, with its words; or why there is no answer. Takes the words. */
int remote_ask(struct cli *c, const char *machine, json_t *words,
	       bool (*take)(void *context, const char *data, size_t n), void *context);
/* A verb as it was given here, on that machine; prints the answer. */
int remote_run(struct cli *c, const char *machine, const struct invocation *in);

#endif
