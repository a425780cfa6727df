/* What becomes of answers, good and bad. */
#include <stdio.h>
#include <string.h>

#include "agent/http.h"
#include "test/test.h"
#include "test/unit/agent/stub.h"

#define REFUSES "http://127.0.0.1:9" /* nobody listens there */
#define PROBLEM "{\"type\": \"https://skein.invalid/problems/used-up\", \"title\": \"used up\"}"
#define DETAIL	"{\"type\": \"https://skein.invalid/problems/exists\", \"detail\": \"a1 is taken\"}"
#define LONG_TAG                                                                                   \
	"\"0123456789012345678901234567890123456789012345678901234567890123456789012345678\""

static const struct row {
	const char *path;
	struct stub_answer answer;
	int code;
	const char *etag, *says;
} rows[] = {
	{"/good", {200, "{}", "ETag", "\"7\""}, 0, "\"7\"", ""},
	{"/spaced", {200, "{}", "eTAG", "  \"7\" "}, 0, "\"7\"", ""},
	{"/known", {304, "", "ETag", "\"7\""}, 0, "\"7\"", ""},
	{"/nameless", {200, "{}", NULL, NULL}, 0, "", ""},
	{"/long", {200, "{}", "ETag", LONG_TAG}, 0, "", ""},
	{"/full", {200, "0123456789abcdef", NULL, NULL}, 0, "", ""},
	{"/too-full", {200, "0123456789abcdefg", NULL, NULL}, ERR_TOO_LARGE, "", ""},
	{"/elsewhere", {302, "", "Location", "http://127.0.0.1:9/"}, ERR_REMOTE, "", "status 302"},
	{"/used-up", {410, PROBLEM, NULL, NULL}, ERR_USED_UP, "", "used up"},
	{"/taken", {409, DETAIL, NULL, NULL}, ERR_EXISTS, "", "a1 is taken"},
	{"/broken", {500, "<html>", NULL, NULL}, ERR_REMOTE, "", "status 500"},
	{"/unknown", {400, "{\"type\": \"x/none-of-ours\"}", NULL, NULL}, ERR_REMOTE, "", "400"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct stub_answer answer(const char *method, const char *path, const char *known)
{
	(void)method, (void)known;
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(path + strlen("/api/v1"), rows[i].path) == 0)
			return rows[i].answer;
	return (struct stub_answer){500, "", NULL, NULL};
}

static void ask(struct http_where *where, const char *path, size_t max, struct http_answer *out)
{
	const struct http_request r = {.method = "GET", .path = path, .answer_max = max};
	int code = http_perform(where, &r, out);

	TEST_NUMBER(code, out->code);
}

static void answers_are_read(void)
{
	struct http_where where;

	stub_start(answer, &where);
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		struct http_answer a;

		ask(&where, row->path, row->answer.status < 300 ? 16 : 1000, &a);
		if (a.code != row->code || strstr(a.fault.text, row->says) == NULL)
			TEST_FAIL("%s: %s, says '%s'", row->path, error_name(a.code), a.fault.text);
		if (a.code != ERR_TOO_LARGE) {
			TEST_NUMBER(a.status, row->answer.status);
			TEST_TEXT(buf_text(&a.body), row->answer.body);
		}
		TEST_TEXT(a.etag, row->etag);
		http_answer_fini(&a);
	}
	stub_stop();
}

static void who_does_not_answer_is_passed_over(void)
{
	struct http_where where;
	struct http_answer a;

	stub_start(answer, &where);
	where.n = 2;
	where.at[1] = where.at[0];
	snprintf(where.at[0].url, sizeof(where.at[0].url), "%s", REFUSES);
	ask(&where, "/good", 100, &a);
	TEST_NUMBER(a.code, 0);
	TEST_NUMBER(a.status, 200);
	/* Which address answered is noted with its own URL. */
	CU_ASSERT(where.changed);
	TEST_TEXT(where.at[0].last, "");
	TEST_TEXT(where.at[1].last, "127.0.0.1");
	http_answer_fini(&a);
	stub_stop();
	ask(&where, "/good", 100, &a);
	TEST_NUMBER(a.code, ERR_UNREACHABLE);
	TEST_NUMBER(a.status, 0);
	http_answer_fini(&a);
}

TEST_SUITE(agent_http, {"answers are read", answers_are_read},
	   {"who does not answer is passed over", who_does_not_answer_is_passed_over});
