/* What a machine may be asked. The words come from operators, by the controller, and to a machine
 * from a controller that may be hostile. */
#include "lib/mesh/question.h"

#include <string.h>

#include "cli/cli.h"
#include "test/test.h"

#define WORDS_MAX 32

/* By '|', so that a word may have blanks, or be empty. */
static int check(const char *line, struct fault *f)
{
	static char copy[8192];
	const char *at[WORDS_MAX];
	struct json_texts words = {at, 0};
	char *next = copy, *word;

	snprintf(copy, sizeof(copy), "%s", line);
	while (words.n < WORDS_MAX && (word = strsep(&next, "|")) != NULL)
		at[words.n++] = word;
	return question_check(&words, NULL, f);
}

static void good_ones_pass(void)
{
	static const char *const rows[] = {
		"bgp|summary",
		"bgp|summary|--check|--json",
		"bgp|neighbors",
		"bgp|neighbors|m_3",
		"bgp|neighbors|2001:db8::1",
		"bgp|routes|--mesh=corp|--best",
		"bgp|routes|10.0.0.0/8|--json",
		"bgp|routes|--covered=2001:db8::/32|--as=65001|--path=* 65001 ?",
		"bgp|routes|--community=65001:1:2|--via=10.0.0.1|--from=g_1|--table=all",
		"bgp|routes|--community=graceful-shutdown|--rejected|--covering=10.0.0.0/24",
		"bgp|route|10.1.2.3",
		"bgp|route|0.0.0.0/0|--table=master4",
		"bgp|rejected|--mesh=01890a5d-ac96-774b-bcce-b302099a8057",
		"bgp|bfd|--check",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};

		if (check(rows[i], &f) != 0)
			TEST_FAIL("%s: %s", rows[i], f.text);
	}
}

static void bad_ones_do_not(void)
{
	static const struct {
		const char *line;
		int code;
	} rows[] = {
		{"", ERR_UNSUPPORTED},
		{"bgp", ERR_UNSUPPORTED},
		{"bgp summary", ERR_UNSUPPORTED},
		{"bgp|", ERR_UNSUPPORTED},
		{"bgp|watch", ERR_UNSUPPORTED},
		{"bgp|summary2", ERR_UNSUPPORTED},
		{"BGP|summary", ERR_UNSUPPORTED},
		{"--json|bgp|summary", ERR_UNSUPPORTED},
		{"mesh|list", ERR_UNSUPPORTED},
		{"login|https://evil", ERR_UNSUPPORTED},
		{"state|show|/etc/shadow", ERR_UNSUPPORTED},
		{"/bin/sh|-c|id", ERR_UNSUPPORTED},
		{"bgp|summary|x", ERR_INVALID},
		{"bgp|summary|", ERR_INVALID},
		{"bgp|summary|--", ERR_INVALID},
		{"bgp|summary|-", ERR_INVALID},
		{"bgp|summary|-s", ERR_INVALID},
		{"bgp|summary|-m|corp", ERR_INVALID},
		{"bgp|summary|-s/tmp/evil", ERR_INVALID},
		{"bgp|summary|--socket=/tmp/evil", ERR_INVALID},
		{"bgp|summary|--config=/etc/shadow", ERR_INVALID},
		{"bgp|summary|--machine=other", ERR_INVALID},
		{"bgp|summary|--organization=x", ERR_INVALID},
		{"bgp|summary|--mesh", ERR_INVALID},
		{"bgp|summary|--mesh|corp", ERR_INVALID},
		{"bgp|summary|--mesh=", ERR_INVALID},
		{"bgp|summary|--mesh=../../etc", ERR_INVALID},
		{"bgp|summary|--mesh=a b", ERR_INVALID},
		{"bgp|summary|--mes=corp", ERR_INVALID},
		{"bgp|summary|--check=yes", ERR_INVALID},
		{"bgp|summary|--json=yes", ERR_INVALID},
		{"bgp|neighbors|a|b", ERR_INVALID},
		{"bgp|neighbors|a b", ERR_INVALID},
		{"bgp|neighbors|a;reboot", ERR_INVALID},
		{"bgp|neighbors|$(reboot)", ERR_INVALID},
		{"bgp|neighbors|a\nrestrict", ERR_INVALID},
		{"bgp|neighbors|'", ERR_INVALID},
		{"bgp|route", ERR_INVALID},
		{"bgp|route|corp", ERR_INVALID},
		{"bgp|route|10.0.0.0/33", ERR_INVALID},
		{"bgp|route|10.0.0.1|--table=a' where false", ERR_INVALID},
		{"bgp|routes|--covered=corp", ERR_INVALID},
		{"bgp|routes|--as=-1", ERR_INVALID},
		{"bgp|routes|--as=1e9", ERR_INVALID},
		{"bgp|routes|--as=99999999999", ERR_INVALID},
		{"bgp|routes|--path==] || true", ERR_INVALID},
		{"bgp|routes|--community=(65001,7)", ERR_INVALID},
		{"bgp|routes|--via=--json", ERR_INVALID},
		{"bgp|routes|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19", ERR_TOO_LARGE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		int code = check(rows[i].line, &f);

		if (code != rows[i].code || f.text[0] == '\0')
			TEST_FAIL("'%s': code %d (%s), want %d", rows[i].line, code, f.text,
				  rows[i].code);
	}
}

static void a_long_word_is_refused(void)
{
	char line[QUESTION_WORD_MAX + 64] = "bgp|neighbors|";
	struct fault f = {0};

	memset(line + strlen(line), 'a', QUESTION_WORD_MAX + 1);
	TEST_NUMBER(check(line, &f), ERR_TOO_LARGE);
}

static const struct option_row *find_row(const struct command *c, const char *name)
{
	const struct option_row *row = c->options;

	while (row != NULL && row->name != NULL && strcmp(row->name, name) != 0)
		row++;
	return row != NULL && row->name != NULL ? row : NULL;
}

static bool has_option(const struct question_kind *k, const char *name)
{
	const struct question_option *o = k->options;

	while (o->name != NULL && strcmp(o->name, name) != 0)
		o++;
	return o->name != NULL;
}

/* What leads elsewhere than to the machine's own. */
static bool is_local(const char *option)
{
	return strcmp(option, "socket") == 0 || strcmp(option, "machine") == 0;
}

/* The other table is the program's that answers. */
static void each_is_a_command_with_these_options(void)
{
	for (const struct question_kind *k = question_kinds; k->verb != NULL; k++) {
		const struct verb *v = cli_find_verb(k->verb);

		if (v == NULL) {
			TEST_FAIL("%s is no command", k->verb);
			continue;
		}
		TEST_NUMBER(k->min_args, v->command.min_args);
		TEST_NUMBER(k->max_args, v->command.max_args);
		for (const struct question_option *o = k->options; o->name != NULL; o++) {
			const struct option_row *row = find_row(&v->command, o->name);

			if (row == NULL || is_local(o->name) ||
			    (row->kind == OPTION_FLAG) != (o->value == QUESTION_FLAG))
				TEST_FAIL("%s: --%s is another option there", k->verb, o->name);
		}
		for (const struct option_row *row = v->command.options; row->name != NULL; row++)
			if (!is_local(row->name) && !has_option(k, row->name))
				TEST_FAIL("%s --%s cannot be asked", k->verb, row->name);
	}
}

TEST_SUITE(mesh_question, {"good ones pass", good_ones_pass}, {"bad ones do not", bad_ones_do_not},
	   {"a long word is refused", a_long_word_is_refused},
	   {"each is a command with these options", each_is_a_command_with_these_options});
