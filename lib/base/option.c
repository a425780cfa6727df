#include "lib/base/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"

/* How many leading words of argv are the command's words; 0 when they are not. */
static int match_words(const char *words, int argc, char **argv)
{
	int n = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		if (n == argc || strlen(argv[n]) != len || strncmp(argv[n], words, len) != 0)
			return 0;
		n++;
		words += len + (words[len] == ' ');
	}
	return n;
}

/* The command with the most words that match; `used` says how many. */
static const struct command *find_command(const struct program *p, int argc, char **argv, int *used)
{
	const struct command *best = NULL;

	*used = 0;
	for (const struct command *c = p->commands; c->words != NULL; c++) {
		int n = match_words(c->words, argc, argv);

		if (c->words[0] == '\0' ? best == NULL : n > *used) {
			best = c;
			*used = n;
		}
	}
	return best;
}

/* The word of `words` that comes next where all of argv matches those before it; "" at the end. */
static const char *next_word(const char *words, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		size_t len = strcspn(words, " ");

		if (len == 0 || strlen(argv[i]) != len || strncmp(argv[i], words, len) != 0)
			return "";
		words += len + (words[len] == ' ');
	}
	return words;
}

static bool same_word(const char *a, const char *b)
{
	size_t len = strcspn(a, " ");

	return strcspn(b, " ") == len && strncmp(a, b, len) == 0;
}

/* The words that could have followed `argv`: what an error lists, each once. */
static void list_next_words(const struct program *p, int argc, char **argv, struct buf *out)
{
	for (const struct command *c = p->commands; c->words != NULL; c++) {
		const char *word = next_word(c->words, argc, argv);
		const struct command *earlier = p->commands;

		while (earlier < c && !same_word(next_word(earlier->words, argc, argv), word))
			earlier++;
		if (*word != '\0' && earlier == c)
			buf_printf(out, "%s%.*s", out->len > 0 ? ", " : "", (int)strcspn(word, " "),
				   word);
	}
}

static int unknown_command(const struct program *p, int argc, char **argv, struct fault *f)
{
	struct buf words;
	int good = argc, code;

	buf_init(&words);
	while (good >= 0 && words.len == 0)
		list_next_words(p, good--, argv, &words);
	good++;
	if (good < argc)
		code = fault_set(f, ERR_USAGE, "'%.60s' is no command here; want one of: %s",
				 argv[good], buf_text(&words));
	else
		code = fault_set(f, ERR_USAGE, "a command is missing; want one of: %s",
				 buf_text(&words));
	buf_fini(&words);
	return code;
}

static const struct option_row *find_row(const struct option_row *rows, const char *name,
					 size_t len)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		if ((strlen(rows->name) == len && strncmp(rows->name, name, len) == 0) ||
		    (len == 1 && rows->letter == name[0]))
			return rows;
	return NULL;
}

static int store_number(const struct option_row *row, int64_t *to, const char *value,
			struct fault *f)
{
	int64_t max = row->min == 0 && row->max == 0 ? INT64_MAX : row->max;
	char *end = NULL;

	errno = 0;
	*to = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0')
		return fault_set(f, ERR_USAGE, "--%s: '%.40s' is no number", row->name, value);
	if (*to < row->min || *to > max)
		return fault_set(f, ERR_USAGE, "--%s: %s is out of range, want %lld to %lld",
				 row->name, value, (long long)row->min, (long long)max);
	return 0;
}

static int store(const struct option_row *row, void *base, const char *value, struct fault *f)
{
	void *to = (char *)base + row->offset;
	struct option_list *list = to;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_NUMBER:
		return store_number(row, to, value, f);
	case OPTION_LIST:
		if (list->n == OPTION_LIST_MAX)
			return fault_set(f, ERR_USAGE, "--%s: given more than %d times", row->name,
					 OPTION_LIST_MAX);
		list->at[list->n++] = value;
		return 0;
	}
	return ERR_INTERNAL;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

/* argv[*i] is an option: stores it, with its value from "=..." or the next word. Before the command
 * (none in `in` yet) only those of every command are known. */
static int take_option(const struct program *p, struct invocation *in, int argc, char **argv,
		       int *i, struct fault *f)
{
	const char *word = argv[*i], *name = word + (word[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option_row *row =
		in->command != NULL ? find_row(in->command->options, name, len) : NULL;
	void *base = in->options;

	if (row == NULL) {
		row = find_row(p->common, name, len);
		base = p->common_to;
	}
	if (row == NULL || (word[1] != '-' && len != 1))
		return fault_set(f, ERR_USAGE,
				 in->command != NULL ? "unknown option '%.60s'; see --help"
						     : "'%.60s' is no option of every command; "
						       "the others stand behind their command",
				 word);
	if (row->kind == OPTION_FLAG && value != NULL)
		return fault_set(f, ERR_USAGE, "--%s takes no value", row->name);
	if (row->kind != OPTION_FLAG && value == NULL) {
		if (*i + 1 >= argc)
			return fault_set(f, ERR_USAGE, "--%s: %s is missing", row->name,
					 row->value);
		value = argv[++*i];
	}
	return store(row, base, value, f);
}

/* Options that stand before the command; how many words they are, or a negative code. */
static int take_leading(const struct program *p, int argc, char **argv, struct fault *f)
{
	struct invocation none = {0};
	int i = 0, code = 0;

	while (i < argc && code == 0 && is_option(argv[i])) {
		code = take_option(p, &none, argc, argv, &i, f);
		i++;
	}
	return code != 0 ? code : i;
}

int command_parse(const struct program *p, int argc, char **argv, struct invocation *out,
		  struct fault *f)
{
	bool only_args = false;
	int used, code = take_leading(p, argc, argv, f);

	if (code < 0)
		return code;
	argc -= code;
	argv += code;
	out->command = find_command(p, argc, argv, &used);
	if (out->command == NULL)
		return unknown_command(p, argc, argv, f);
	if (out->options == NULL)
		out->options = mem_alloc(out->command->options_size);
	out->args = mem_alloc(((size_t)argc + 1) * sizeof(*out->args));
	out->nargs = 0;
	for (int i = used; i < argc; i++) {
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = true;
		} else if (!only_args && is_option(argv[i])) {
			code = take_option(p, out, argc, argv, &i, f);
			if (code != 0)
				return code;
		} else {
			out->args[out->nargs++] = argv[i];
			/* "exec MACHINE CMD…": what follows is another program's. */
			only_args = only_args || (out->command->max_args < 0 &&
						  out->nargs >= out->command->min_args);
		}
	}
	if (out->nargs < out->command->min_args)
		return fault_set(f, ERR_USAGE, "an argument is missing: %s %s", out->command->words,
				 out->command->args);
	if (out->command->max_args >= 0 && out->nargs > out->command->max_args)
		return fault_set(f, ERR_USAGE, "'%.60s' is one argument too many: %s%s%s",
				 out->args[out->command->max_args], out->command->words,
				 out->command->args[0] != '\0' ? " " : "", out->command->args);
	return 0;
}

static void print_rows(const struct option_row *rows, FILE *to)
{
	for (; rows != NULL && rows->name != NULL; rows++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", rows->letter ? '-' : ' ',
			 rows->letter ? rows->letter : ' ', rows->letter ? ", " : "  ", rows->name,
			 rows->value != NULL ? " " : "", rows->value != NULL ? rows->value : "");
		fprintf(to, "  %-28s %s\n", left, rows->help);
	}
}

static void print_command_usage(const struct program *p, const struct command *c, FILE *to)
{
	fprintf(to, "usage: %s%s%s%s%s%s\n\n%s\n", p->name, c->words[0] ? " " : "", c->words,
		c->options != NULL ? " [options]" : "", c->args[0] ? " " : "", c->args, c->help);
	if ((c->options != NULL && c->options->name != NULL) || p->common != NULL) {
		fprintf(to, "\noptions:\n");
		print_rows(c->options, to);
		print_rows(p->common, to);
	}
}

static void print_usage(const struct program *p, FILE *to)
{
	fprintf(to, "%s: %s\n\nusage: %s COMMAND [options]\n\n", p->name, p->help, p->name);
	for (const struct command *c = p->commands; c->words != NULL; c++) {
		char left[96];

		snprintf(left, sizeof(left), "%s %s", c->words, c->args);
		fprintf(to, "  %-38s %s\n", left, c->help);
	}
	if (p->common != NULL) {
		fprintf(to, "\noptions of every command:\n");
		print_rows(p->common, to);
	}
	fprintf(to, "\n%s COMMAND --help tells its options, %s --version which one it is.\n",
		p->name, p->name);
	if (p->footer != NULL)
		fprintf(to, "\n%s", p->footer);
}

static void describe_rows(const char *words, const struct option_row *rows, FILE *to)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		fprintf(to, "option\t%s\t%s\t%s\t%s\t%.1s\n", words, rows->name,
			rows->value != NULL ? rows->value : "", rows->help, &rows->letter);
}

static void describe(const struct program *p, FILE *to)
{
	for (const struct command *c = p->commands; c->words != NULL; c++) {
		fprintf(to, "command\t%s\t%s\t%s\n", c->words, c->args, c->help);
		describe_rows(c->words, c->options, to);
	}
	describe_rows("", p->common, to);
}

/* "exec MACHINE ls --help": what the words before it have completed is another program's line. */
static bool is_anothers(const struct program *p, int argc, char **argv)
{
	struct invocation in = {0};
	bool so = command_parse(p, argc, argv, &in, NULL) == 0 && in.command->max_args < 0;

	free(in.options);
	free(in.args);
	return so;
}

/* --help anywhere before "--": of the command where one is named, else of the program. */
static bool answer_help(const struct program *p, int argc, char **argv)
{
	const struct command *c;
	int used, first;

	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0)
			continue;
		if (is_anothers(p, i, argv))
			return false;
		first = take_leading(p, i, argv, NULL);
		first = first < 0 ? 0 : first;
		c = find_command(p, i - first, argv + first, &used);
		if (c != NULL)
			print_command_usage(p, c, stdout);
		else
			print_usage(p, stdout);
		return true;
	}
	return false;
}

int program_main(const struct program *p, void *context, int argc, char **argv)
{
	struct invocation in = {0};
	struct fault f = {0};
	int code;

	if (argc > 1 && strcmp(argv[1], "--describe-commands") == 0) {
		describe(p, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", p->name, SKEIN_VERSION);
		return 0;
	}
	if (answer_help(p, argc - 1, argv + 1))
		return 0;
	code = command_parse(p, argc - 1, argv + 1, &in, &f);
	if (code == 0)
		code = in.command->run(context, &in);
	else
		fprintf(stderr, "%s: %s\n", p->name, fault_text(&f, code));
	free(in.options);
	free(in.args);
	return error_exit_status(code);
}
