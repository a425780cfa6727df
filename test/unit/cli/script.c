#include "test/unit/cli/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/test.h"

struct script {
	struct transport transport; /* first */
	const struct exchange *next;
	const char *line;
};

static void compare_body(const struct script *s, const struct request *q)
{
	json_t *want = s->next->body != NULL ? json_loads(s->next->body, 0, NULL) : NULL;
	char *got = q->body != NULL ? json_dumps(q->body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	if (s->next->body != NULL && want == NULL)
		TEST_FAIL("%s: the script's own body is no JSON: %s", s->line, s->next->body);
	else if ((want == NULL) != (q->body == NULL) ||
		 (want != NULL && !json_equal(want, q->body)))
		TEST_FAIL("%s: %s sent %s, want %s", s->line, s->next->request,
			  got != NULL ? got : "nothing",
			  s->next->body != NULL ? s->next->body : "nothing");
	json_decref(want);
	free(got);
}

/* The exchange that the request is; NULL: it is none of the script. */
static const struct exchange *take(struct script *s, const struct request *q, struct fault *f)
{
	const struct exchange *x = s->next;
	char line[512];

	snprintf(line, sizeof(line), "%s %s", q->method, q->path);
	if (x->request == NULL) {
		TEST_FAIL("%s: asks %s after the end of the script", s->line, line);
		fault_set(f, ERR_INTERNAL, "end of the script");
		return NULL;
	}
	TEST_TEXT(line, x->request);
	compare_body(s, q);
	if (x->if_match != NULL || q->if_match != NULL)
		TEST_TEXT(q->if_match, x->if_match != NULL ? x->if_match : "(none)");
	s->next++;
	return x;
}

static int stream(struct transport *t, const struct request *q, struct stream *out, struct fault *f)
{
	const struct exchange *x = take((struct script *)t, q, f);

	if (x == NULL)
		return f->code;
	snprintf(out->exit, sizeof(out->exit), "%d", error_exit_status(x->code));
	snprintf(out->error, sizeof(out->error), "%s", x->etag != NULL ? x->etag : "");
	for (const char *at = x->answer; *at != '\0'; at++) /* however it is cut */
		if (!out->take(out->context, at, 1))
			return fault_set(f, ERR_IO, "not wanted");
	return 0;
}

static int answer(struct transport *t, const struct request *q, struct answer *a, struct fault *f)
{
	struct script *s = (struct script *)t;
	const struct exchange *x = take(s, q, f);

	*a = (struct answer){0};
	if (x == NULL)
		return f->code;
	if (x->code != 0)
		return fault_set(f, x->code, "%s", x->answer);
	if (x->etag != NULL)
		snprintf(a->etag, sizeof(a->etag), "%s", x->etag);
	if (x->answer != NULL) {
		a->json = json_loads(x->answer, JSON_REJECT_DUPLICATES, NULL);
		if (a->json == NULL)
			TEST_FAIL("%s: the script's answer is no JSON: %s", s->line, x->answer);
	}
	return 0;
}

/* Splits at spaces; a word may be quoted as a whole by '…'. */
static int split(char *line, char **words)
{
	int n = 0;

	while (*line != '\0' && n < SCRIPT_WORDS_MAX) {
		char end = *line == '\'' ? '\'' : ' ';

		line += *line == '\'';
		words[n++] = line;
		line += strcspn(line, end == ' ' ? " " : "'");
		if (*line != '\0')
			*line++ = '\0';
		line += strspn(line, " ");
	}
	return n;
}

static int run(struct cli *c, struct script *s, int argc, char **argv, char **printed)
{
	struct command *commands = mem_alloc((cli_count_verbs() + 1) * sizeof(*commands));
	struct program p = {
		.name = "skein", .commands = commands, .common = cli_options, .common_to = c};
	struct invocation in = {0};
	size_t size;
	int code;

	cli_list_commands(commands, NULL);
	code = command_parse(&p, argc, argv, &in, &c->fault);
	c->out = (struct output){.to = open_memstream(printed, &size),
				 .json = c->json,
				 .width = 100,
				 .now = {INT64_C(1795262400000)}}; /* 2026-11-21T12:00:00Z */
	c->transport = &s->transport;
	c->answers = json_array();
	arena_init(&c->arena);
	if (code == 0)
		code = cli_run(c, cli_find_verb(in.command->words), &in);
	fclose(c->out.to);
	json_decref(c->answers);
	arena_fini(&c->arena);
	free(in.options);
	free(in.args);
	free(commands);
	return code;
}

int script_run(const char *line, const struct exchange *script, const char *printed,
	       const char *fault)
{
	struct script s = {
		.transport = {.call = answer, .stream = stream}, .next = script, .line = line};
	struct cli c = {0};
	char *copy = mem_strdup(line), *words[SCRIPT_WORDS_MAX], *text = NULL;
	int code = run(&c, &s, split(copy, words), words, &text);

	if (s.next->request != NULL)
		TEST_FAIL("%s: did not ask %s (%s)", line, s.next->request, c.fault.text);
	if (printed != NULL)
		TEST_TEXT(text, printed);
	if (fault != NULL)
		TEST_TEXT(c.fault.text, fault);
	if ((code == 0) != (c.fault.code == 0))
		TEST_FAIL("%s: code %d, fault %d: %s", line, code, c.fault.code, c.fault.text);
	free(text);
	free(copy);
	return code;
}
