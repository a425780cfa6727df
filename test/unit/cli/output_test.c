#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#include "cli/problem.h"
#include "test/test.h"

static const struct column columns[] = {
	{"NAME", "name", COLUMN_TEXT, NULL, NULL},     {"N", "n", COLUMN_NUMBER, NULL, NULL},
	{"GOOD", "good", COLUMN_GOOD, "yes|no", NULL}, {"NOTE", "note", COLUMN_FLEX, NULL, NULL},
	{"AT", "at", COLUMN_TIME, NULL, NULL},	       {0}};

static char *print(struct output o, const char *json, bool record)
{
	json_t *value = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t size;

	o.to = open_memstream(&text, &size);
	if (record)
		output_record(&o, columns, value);
	else
		output_list(&o, columns, value, "nothing");
	fclose(o.to);
	json_decref(value);
	return text;
}

static void check(struct output o, const char *json, bool record, const char *want)
{
	char *text = print(o, json, record);

	TEST_TEXT(text, want);
	free(text);
}

static void tables_align(void)
{
	check((struct output){.width = 100},
	      "[{\"name\":\"a\",\"n\":7,\"good\":true,\"note\":[\"x\",\"y\"],"
	      "\"at\":\"2026-11-21T12:00:01.500Z\"},"
	      "{\"name\":\"m\\u00fcller\",\"n\":1234,\"good\":false,\"note\":null,\"at\":null}]",
	      false,
	      "NAME       N  GOOD  NOTE  AT\n"
	      "a          7  yes   x, y  2026-11-21 12:00:01\n"
	      "m\303\274ller  1234  no          \n");
	check((struct output){.width = 100}, "[]", false, "nothing\n");
}

static void tables_fit_by_cutting_what_may_be_cut(void)
{
	check((struct output){.width = 40},
	      "[{\"name\":\"a-name-that-stays\",\"n\":1,\"good\":true,"
	      "\"note\":\"words that go on\"}]",
	      false,
	      "NAME               N  GOOD  NOTE      AT\n"
	      "a-name-that-stays  1  yes   words t…  \n");
	check((struct output){.width = 10}, "[{\"name\":\"a-name-that-stays\"}]", false,
	      "NAME               N  GOOD  NOTE  AT\n"
	      "a-name-that-stays     no          \n");
}

static void a_machine_cannot_speak_to_the_terminal(void)
{
	check((struct output){.width = 100},
	      "[{\"name\":\"a\\u001b[2J\\n\\u0085b\\u007f\",\"n\":1,\"good\":true}]", false,
	      "NAME        N  GOOD  NOTE  AT\n"
	      "a?[2J???b?  1  yes         \n");
}

static void colour_is_where_it_helps(void)
{
	check((struct output){.width = 100, .colour = true}, "[{\"name\":\"a\",\"good\":false}]",
	      false,
	      "\033[1mNAME\033[0m  \033[1mN\033[0m  \033[1mGOOD\033[0m  \033[1mNOTE\033[0m  "
	      "\033[1mAT\033[0m\n"
	      "a        \033[31mno\033[0m          \n");
}

static void records_are_lines(void)
{
	check((struct output){.width = 100}, "{\"name\":\"a\",\"n\":3,\"good\":true}", true,
	      "NAME  a\nN     3\nGOOD  yes\nNOTE  -\nAT    -\n");
	check((struct output){.json = true}, "{\"name\":\"a\"}", true, "{\n  \"name\": \"a\"\n}\n");
}

static void problems_become_codes(void)
{
#define TYPE(name) "{\"type\":\"https://skein.invalid/problems/" name "\",\"detail\":\"d\"}"
	static const struct {
		long status;
		const char *document;
		int code;
		const char *text;
	} rows[] = {
		{404, TYPE("not-found"), ERR_NOT_FOUND, "d"},
		{409, TYPE("exists"), ERR_EXISTS, "d"},
		{409, TYPE("exhausted"), ERR_EXHAUSTED, "d"},
		{409, TYPE("used-up"), ERR_USED_UP, "d"},
		{400, TYPE("too-large"), ERR_TOO_LARGE, "d"},
		{409, TYPE("something-newer"), ERR_CONFLICT, "d"},
		{409, TYPE("exist"), ERR_CONFLICT, "d"},
		{409, TYPE(""), ERR_CONFLICT, "d"},
		{401, "{\"title\":\"no\"}", ERR_AUTH, "no"},
		{403, NULL, ERR_FORBIDDEN, "the controller answered with HTTP status 403"},
		{412, "{\"type\":7,\"detail\":7}", ERR_PRECONDITION,
		 "the controller answered with HTTP status 412"},
		{503, "{}", ERR_BUSY, "the controller answered with HTTP status 503"},
		{500, NULL, ERR_REMOTE, "the controller answered with HTTP status 500"},
		{302, NULL, ERR_REMOTE, "the controller answered with HTTP status 302"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *document =
			rows[i].document != NULL ? json_loads(rows[i].document, 0, NULL) : NULL;
		struct fault f = {0};

		TEST_NUMBER(problem_read(rows[i].status, document, &f), rows[i].code);
		TEST_TEXT(f.text, rows[i].text);
		json_decref(document);
	}
}

/* Whatever the controller means by a name of the table, the command line exits with its status. */
static void every_code_comes_back(void)
{
#define X(name, number, status, text)                                                              \
	do {                                                                                       \
		char type[96] = "https://skein.invalid/problems/";                                 \
		json_t *document;                                                                  \
		for (const char *p = &#name[4]; *p != '\0'; p++)                                   \
			strncat(type, (char[]){*p == '_' ? '-' : (char)(*p | 0x20), '\0'}, 1);     \
		document = json_pack("{s:s}", "type", type);                                       \
		TEST_NUMBER(problem_read(400, document, NULL), name);                              \
		json_decref(document);                                                             \
	} while (0);
	ERROR_TABLE(X)
#undef X
}

TEST_SUITE(cli_output, {"tables align", tables_align},
	   {"tables fit by cutting what may be cut", tables_fit_by_cutting_what_may_be_cut},
	   {"a machine cannot speak to the terminal", a_machine_cannot_speak_to_the_terminal},
	   {"colour is where it helps", colour_is_where_it_helps},
	   {"records are lines", records_are_lines},
	   {"problems become codes", problems_become_codes},
	   {"every code comes back", every_code_comes_back});
