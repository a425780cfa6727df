/* Command lines as tables. A program is a list of `struct command`; each has rows of options that
 * are stored into a struct of its own by offset. Usage, --help and the lists in man pages and shell
 * completion are made from the same rows.
 *
 *	static const struct option_row create_options[] = {
 *		{"cidr", 'c', OPTION_TEXT, offsetof(struct create, cidr), "CIDR", "addresses of the
 *mesh"}, {0}};
 *	{"mesh create", "NAME", 1, 1, "make a mesh", create_options, sizeof(struct create),
 *mesh_create}
 */
#ifndef SKEIN_BASE_OPTION_H
#define SKEIN_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

enum option_kind {
	OPTION_FLAG,   /* bool, no value */
	OPTION_TEXT,   /* const char *, borrowed from argv */
	OPTION_NUMBER, /* int64_t within min..max */
	OPTION_LIST,   /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 64

struct option_list {
	const char *at[OPTION_LIST_MAX];
	size_t n;
};

struct option_row {
	const char *name; /* without dashes; NULL ends the rows */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *value; /* what the value is called in the usage; NULL for a flag */
	const char *help;
	int64_t min, max; /* OPTION_NUMBER; both 0: any that is not negative */
};

struct command;

struct invocation {
	const struct command *command;
	void *options; /* the command's struct, zeroed before parsing */
	char **args;   /* positional ones */
	int nargs;
};

struct command {
	const char
		*words;	  /* "mesh create"; "" for a program with one command; NULL ends the list */
	const char *args; /* "NAME [CIDR]", for the usage */
	int min_args, max_args; /* max -1: any number; from there on everything is positional */
	const char *help;	/* one line, lower case, no full stop */
	const struct option_row *options; /* may be NULL */
	size_t options_size;
	int (*run)(void *context, const struct invocation *in); /* 0 or a negative code */
};

struct program {
	const char *name, *help;
	const struct command *commands;
	const struct option_row *common; /* options of every command, stored into `common_to` */
	void *common_to;
	const char *footer; /* examples, exit statuses; may be NULL */
};

/* Parses and runs one command. Wrong usage is said on standard error with the words that would be
 * right; --help and --version go to standard output, and so does --describe-commands:
 * "key<TAB>help" lines of all commands and options, for completion and man pages. Returns the exit
 * status. What `run` returns is turned into an exit status; it has printed its own message. */
int program_main(const struct program *p, void *context, int argc, char **argv);

/* Parses only, for tests: finds the command and fills `options` (of its options_size). */
int command_parse(const struct program *p, int argc, char **argv, struct invocation *out,
		  struct fault *f);

#endif
