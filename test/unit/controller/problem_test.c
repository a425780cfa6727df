#include "controller/http/problem.h"

#include <string.h>

#include "controller/http/answer.h"
#include "test/test.h"

static const char *text(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static void each_code_has_a_document(void)
{
#define X(name, code, exit_status, words)                                                          \
	{                                                                                          \
		json_t *doc = problem_new(name, problem_status(name), NULL, NULL, NULL);           \
                                                                                                   \
		CU_ASSERT_TRUE(strncmp(text(doc, "type"), PROBLEM_BASE, strlen(PROBLEM_BASE)) ==   \
			       0);                                                                 \
		CU_ASSERT_TRUE(strlen(text(doc, "title")) > 0);                                    \
		CU_ASSERT_TRUE(problem_status(name) >= 400 && problem_status(name) < 600);         \
		json_decref(doc);                                                                  \
	}
	ERROR_TABLE(X)
#undef X
}

static void what_is_in_a_document(void)
{
	struct fault f = {0};
	json_t *extra = json_pack("{s:s, s:s}", "existing", "x", "detail", "not mine");
	json_t *doc;

	fault_set(&f, ERR_NOT_FOUND, "there is no mesh");
	doc = problem_new(ERR_NOT_FOUND, 404, NULL, &f, extra);
	TEST_TEXT(text(doc, "type"), PROBLEM_BASE "not-found");
	TEST_TEXT(text(doc, "detail"), "there is no mesh");
	TEST_TEXT(text(doc, "existing"), "x");
	json_decref(doc);
	doc = problem_new(ERR_UNSUPPORTED, 405, "method-not-allowed", NULL, NULL);
	TEST_TEXT(text(doc, "type"), PROBLEM_BASE "method-not-allowed");
	TEST_TEXT(text(doc, "title"), "method not allowed");
	json_decref(doc);
	json_decref(extra);
}

/* What broke inside is for the log. */
static void an_internal_error_says_nothing(void)
{
	struct fault f = {0};
	json_t *doc;

	fault_set(&f, ERR_INTERNAL, "no such table: mesh");
	doc = problem_new(ERR_INTERNAL, problem_status(ERR_INTERNAL), NULL, &f, NULL);
	TEST_TEXT(text(doc, "detail"), "internal error");
	TEST_TEXT(text(doc, "type"), PROBLEM_BASE "internal");
	json_decref(doc);
	f = (struct fault){0};
	fault_set(&f, ERR_IO, "/var/lib/skein/controller/controller.db: disk full");
	doc = problem_new(ERR_IO, problem_status(ERR_IO), NULL, &f, NULL);
	TEST_NUMBER(problem_status(ERR_IO), 503);
	CU_ASSERT_PTR_NULL(strstr(text(doc, "detail"), "/var"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text(doc, "detail"), "database"));
	TEST_TEXT(text(doc, "type"), PROBLEM_BASE "io");
	json_decref(doc);
}

static void a_fault_that_is_cut_in_a_character(void)
{
	struct fault f = {0};
	json_t *doc;

	fault_set(&f, ERR_INVALID, "name '\xc3'");
	doc = problem_new(ERR_INVALID, 400, NULL, &f, NULL);
	TEST_TEXT(text(doc, "detail"), "name '?'");
	json_decref(doc);
}

static void etags_match(void)
{
	static const struct {
		const char *header;
		bool matches;
	} rows[] = {
		{"\"v1\"", true},	  {"W/\"v1\"", true}, {"*", true},
		{"\"v0\", \"v1\"", true}, {"\"v1\" ", true},  {"\"v0\",W/\"v1\",\"v2\"", true},
		{"\"v2\"", false},	  {"v1", false},      {"", false},
		{"\"v1", false},	  {",,,", false},     {"\"v11\"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (answer_etag_matches(rows[i].header, "\"v1\"") != rows[i].matches)
			TEST_FAIL("%s", rows[i].header);
		else
			CU_PASS("etag");
}

TEST_SUITE(controller_problem, {"each code has a document", each_code_has_a_document},
	   {"what is in a document", what_is_in_a_document},
	   {"an internal error says nothing", an_internal_error_says_nothing},
	   {"a fault that is cut in a character", a_fault_that_is_cut_in_a_character},
	   {"ETags match", etags_match});
