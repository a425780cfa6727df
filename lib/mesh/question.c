#include "lib/mesh/question.h"

#include <string.h>

#include "lib/mesh/name.h"
#include "lib/net/prefix.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

#define JSON_WORD "--json"

static const struct question_option only_mesh[] = {{"mesh", QUESTION_MESH}, {0}};

static const struct question_option with_check[] = {
	{"mesh", QUESTION_MESH}, {"check", QUESTION_FLAG}, {0}};

static const struct question_option with_table[] = {
	{"mesh", QUESTION_MESH}, {"table", QUESTION_SYMBOL}, {0}};

static const struct question_option of_routes[] = {
	{"mesh", QUESTION_MESH},  {"covered", QUESTION_PREFIX}, {"covering", QUESTION_PREFIX},
	{"via", QUESTION_SYMBOL}, {"from", QUESTION_SYMBOL},	{"community", QUESTION_COMMUNITY},
	{"as", QUESTION_NUMBER},  {"path", QUESTION_MASK},	{"table", QUESTION_SYMBOL},
	{"best", QUESTION_FLAG},  {"rejected", QUESTION_FLAG},	{0}};

static const struct question_option of_hop[] = {
	{"source", QUESTION_TARGET}, {"previous", QUESTION_TARGET}, {"probe", QUESTION_FLAG}, {0}};

const struct question_kind question_kinds[] = {
	{"bgp summary", 0, 0, QUESTION_SYMBOL, with_check, QUESTION_NEEDS_BIRD},
	{"bgp neighbors", 0, 1, QUESTION_SYMBOL, only_mesh, QUESTION_NEEDS_BIRD},
	{"bgp routes", 0, 1, QUESTION_PREFIX, of_routes, QUESTION_NEEDS_BIRD},
	{"bgp route", 1, 1, QUESTION_TARGET, with_table, QUESTION_NEEDS_BIRD},
	{"bgp rejected", 0, 0, QUESTION_SYMBOL, only_mesh, QUESTION_NEEDS_BIRD},
	{"bgp bfd", 0, 0, QUESTION_SYMBOL, with_check, QUESTION_NEEDS_BIRD},
	{"hop", 1, 1, QUESTION_TARGET, of_hop, QUESTION_NEEDS_NET},
	{0}};

#define AT(member) offsetof(struct question, member)

const struct json_row question_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("words", MEMBER_TEXTS, AT(words), .required = true, .max = QUESTION_WORDS_MAX),
	JSON_ROW("width", MEMBER_NUMBER, AT(width), .min = QUESTION_WIDTH_MIN,
		 .max = QUESTION_WIDTH_MAX),
	JSON_ROW("colour", MEMBER_FLAG, AT(colour)),
	{0}};

/* ---- values ---- */

static bool is_of(const char *text, const char *characters)
{
	return text[0] != '\0' && strspn(text, characters) == strlen(text);
}

static bool is_prefix(const char *text)
{
	struct prefix p;

	return prefix_parse(text, &p, NULL) == 0;
}

static bool is_target(const char *text)
{
	struct address a;

	return is_prefix(text) || address_parse(text, &a, NULL) == 0;
}

static bool is_mesh(const char *text)
{
	return name_check(text, "mesh", NULL) == 0;
}

/* Nothing that begins like an option: it may stand by itself. */
static bool is_symbol(const char *text)
{
	return is_of(text, LETTERS DIGITS "_.:-%") && text[0] != '-' && strlen(text) <= 64;
}

static bool is_community(const char *text)
{
	return is_of(text, LETTERS DIGITS ":-") && text[0] != '-';
}

static bool is_number(const char *text)
{
	return is_of(text, DIGITS) && strlen(text) <= 10;
}

static bool is_mask(const char *text)
{
	return is_of(text, DIGITS "?* ");
}

static const struct {
	bool (*is)(const char *text);
	const char *want;
} values[] = {
	[QUESTION_FLAG] = {NULL, "nothing"},
	[QUESTION_MESH] = {is_mesh, "the name of a mesh"},
	[QUESTION_PREFIX] = {is_prefix, "a prefix"},
	[QUESTION_TARGET] = {is_target, "a prefix or an address"},
	[QUESTION_SYMBOL] = {is_symbol, "a name or an address"},
	[QUESTION_COMMUNITY] = {is_community, "a community"},
	[QUESTION_NUMBER] = {is_number, "a number"},
	[QUESTION_MASK] = {is_mask, "AS numbers, ? and *, with blanks between"},
};

static int check_value(enum question_value kind, const char *what, const char *text,
		       struct fault *f)
{
	if (values[kind].is(text))
		return 0;
	return fault_set(f, ERR_INVALID, "%s: '%.60s': want %s", what, text, values[kind].want);
}

/* ---- words ---- */

/* How many leading words are the verb's; 0 when they are not. */
static size_t match_verb(const char *verb, const struct json_texts *words)
{
	size_t n = 0;

	while (*verb != '\0') {
		size_t len = strcspn(verb, " ");

		if (n == words->n || strlen(words->at[n]) != len ||
		    strncmp(words->at[n], verb, len) != 0)
			return 0;
		n++;
		verb += len + (verb[len] == ' ');
	}
	return n;
}

static const struct question_kind *find_kind(const struct json_texts *words, size_t *used)
{
	for (const struct question_kind *k = question_kinds; k->verb != NULL; k++) {
		*used = match_verb(k->verb, words);
		if (*used > 0)
			return k;
	}
	return NULL;
}

const struct question_kind *question_find(const char *verb)
{
	for (const struct question_kind *k = question_kinds; k->verb != NULL; k++)
		if (strcmp(k->verb, verb) == 0)
			return k;
	return NULL;
}

static int check_option(const struct question_kind *k, const char *word, struct fault *f)
{
	const char *name = word[1] == '-' ? word + 2 : ""; /* no letters stand for options here */
	size_t len = strcspn(name, "=");
	const struct question_option *o = k->options;

	if (strcmp(word, JSON_WORD) == 0)
		return 0;
	while (o->name != NULL && (strlen(o->name) != len || strncmp(o->name, name, len) != 0))
		o++;
	if (o->name == NULL)
		return fault_set(f, ERR_INVALID, "'%.60s' is no option that %s is asked with", word,
				 k->verb);
	if (o->value == QUESTION_FLAG)
		return name[len] == '\0'
			       ? 0
			       : fault_set(f, ERR_INVALID, "--%s takes no value", o->name);
	if (name[len] != '=')
		return fault_set(f, ERR_INVALID, "--%s: want --%s=VALUE, as one word", o->name,
				 o->name);
	return check_value(o->value, o->name, name + len + 1, f);
}

static int check_words(const struct question_kind *k, const struct json_texts *words, size_t used,
		       struct fault *f)
{
	int nargs = 0, code = 0;

	for (size_t i = used; i < words->n && code == 0; i++) {
		const char *word = words->at[i];

		if (word[0] == '-')
			code = check_option(k, word, f);
		else if (++nargs <= k->max_args)
			code = check_value(k->args, k->verb, word, f);
	}
	if (code == 0 && (nargs < k->min_args || nargs > k->max_args))
		code = fault_set(f, ERR_INVALID, "%s: %d argument%s, want %d to %d", k->verb, nargs,
				 nargs == 1 ? "" : "s", k->min_args, k->max_args);
	return code;
}

int question_check(const struct json_texts *words, const struct question_kind **kind,
		   struct fault *f)
{
	const struct question_kind *k;
	size_t used = 0;

	if (words->n > QUESTION_WORDS_MAX)
		return fault_set(f, ERR_TOO_LARGE, "more than %d words", QUESTION_WORDS_MAX);
	for (size_t i = 0; i < words->n; i++)
		if (strlen(words->at[i]) > QUESTION_WORD_MAX)
			return fault_set(f, ERR_TOO_LARGE, "a word of more than %d bytes",
					 QUESTION_WORD_MAX);
	k = find_kind(words, &used);
	if (k == NULL)
		return fault_set(f, ERR_UNSUPPORTED, "'%.30s%s%.30s' is nothing a machine is asked",
				 words->n > 0 ? words->at[0] : "", words->n > 1 ? " " : "",
				 words->n > 1 ? words->at[1] : "");
	if (kind != NULL)
		*kind = k;
	return check_words(k, words, used, f);
}

bool question_is_json(const struct json_texts *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->at[i], JSON_WORD) == 0)
			return true;
	return false;
}
