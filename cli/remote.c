#include "cli/remote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/api.h"
#include "cli/disarm.h"
#include "lib/mesh/question.h"

#define MACHINE "machine" /* the option that says where, and is no word of the question */

/* ---- the words ---- */

const char *remote_machine(const struct invocation *in)
{
	for (const struct option_row *row = in->command->options; row != NULL && row->name != NULL;
	     row++)
		if (row->kind == OPTION_TEXT && strcmp(row->name, MACHINE) == 0)
			return *(const char *const *)((const char *)in->options + row->offset);
	return NULL;
}

/* "--name" or "--name=value"; NULL where it was not given. */
static json_t *option_word(const struct option_row *row, const void *options)
{
	const void *at = (const char *)options + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return *(const bool *)at ? json_sprintf("--%s", row->name) : NULL;
	case OPTION_TEXT:
		return *(const char *const *)at != NULL
			       ? json_sprintf("--%s=%s", row->name, *(const char *const *)at)
			       : NULL;
	case OPTION_NUMBER:
		return *(const int64_t *)at != 0
			       ? json_sprintf("--%s=%" PRIi64, row->name, *(const int64_t *)at)
			       : NULL;
	case OPTION_LIST:
		return NULL; /* no question has one */
	}
	return NULL;
}

static void add_verb(json_t *words, const char *verb)
{
	while (*verb != '\0') {
		size_t len = strcspn(verb, " ");

		json_array_append_new(words, json_stringn(verb, len));
		verb += len + (verb[len] == ' ');
	}
}

json_t *remote_words(const struct invocation *in, bool json)
{
	json_t *words = json_array();

	add_verb(words, in->command->words);
	for (const struct option_row *row = in->command->options; row != NULL && row->name != NULL;
	     row++) {
		json_t *word =
			strcmp(row->name, MACHINE) != 0 ? option_word(row, in->options) : NULL;

		if (word != NULL)
			json_array_append_new(words, word);
	}
	if (json)
		json_array_append_new(words, json_string("--json"));
	for (int i = 0; i < in->nargs; i++)
		json_array_append_new(words, json_text(in->args[i]));
	return words;
}

/* Here already: the controller would say the same, later. */
static int check_words(struct cli *c, const json_t *words)
{
	const char *at[QUESTION_WORDS_MAX];
	struct json_texts texts = {at, json_array_size(words)};

	if (texts.n > QUESTION_WORDS_MAX)
		return fault_set(&c->fault, ERR_USAGE, "too many words for a question");
	for (size_t i = 0; i < texts.n; i++)
		at[i] = json_string_value(json_array_get(words, i));
	return question_check(&texts, NULL, &c->fault) == 0 ? 0 : c->fault.code;
}

/* ---- asking ---- */

static int end_code(struct cli *c, const char *machine, const struct stream *s)
{
	long status = strtol(s->exit, NULL, 10);
	int code = error_from_exit_status((int)status);

	if (status == 0)
		return 0;
	if (s->error[0] != '\0')
		return fault_set(&c->fault, code, "%s: %s", machine, s->error);
	return fault_set(&c->fault, code, "%s: its skein ended with status %ld, and no word",
			 machine, status);
}

static int ask(struct cli *c, const char *machine, const char *id, json_t *words, struct stream *s)
{
	json_t *body = json_pack("{s:O, s:i, s:b}", "words", words, "width", c->out.width, "colour",
				 c->out.colour && !c->json);
	int code = api_stream(c, api_path(c, "/machines/%s/questions", id), body, s);

	return code == 0 ? end_code(c, machine, s) : code;
}

int remote_ask(struct cli *c, const char *machine, json_t *words,
	       bool (*take)(void *context, const char *data, size_t n), void *context)
{
	struct stream s = {.take = take, .context = context};
	const char *id = NULL;
	int code = check_words(c, words);

	if (code == 0)
		code = cli_connect(c);
	if (code == 0)
		code = api_find_id(c, API_MACHINE, machine, &id);
	if (code == 0)
		code = ask(c, machine, id, words, &s);
	json_decref(words);
	return code;
}

/* ---- showing ---- */

static bool show(void *context, const char *data, size_t n)
{
	struct disarm *d = context;

	disarm_put(d, data, n);
	return ferror(d->to) == 0;
}

int remote_run(struct cli *c, const char *machine, const struct invocation *in)
{
	struct disarm d;
	int code;

	disarm_init(&d, c->out.to, c->out.colour && !c->json);
	code = remote_ask(c, machine, remote_words(in, c->json), show, &d);
	disarm_end(&d);
	return code;
}
