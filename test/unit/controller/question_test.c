/* Questions over HTTP: one who asks, the controller, and the machine's side of the agent's HTTP. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "agent/http.h"
#include "controller/controller.h"
#include "lib/mesh/question.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define SUMMARY "{\"words\":[\"bgp\",\"summary\"]}"

static struct stand stand;
static struct stand_machine machine;

static int start(void)
{
	if (!stand_start_with_mesh(&stand, NULL, "{\"name\":\"prod\"}"))
		return 1;
	stand_machine_new(&machine, "asked");
	return stand_enroll(&stand, &machine, stand_join_token(&stand, stand.admin, NULL), NULL) ==
				       201 &&
			       stand_wait_rendered(&stand, &machine)
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&stand);
	return 0;
}

static const char *path_of_questions(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "/api/v1/machines/%s/questions", machine.id);
	return path;
}

/* ---- who asks ---- */

struct asking {
	struct stand client; /* base and curl only */
	struct stand_request request;
	long status;
	char exit[16], error[200]; /* of the trailer */
	pthread_t thread;
};

static size_t take_trailer(char *line, size_t size, size_t n, void *to)
{
	struct asking *a = to;

	sscanf(line, QUESTION_TRAILER_EXIT ": %15[^\r\n]", a->exit);
	sscanf(line, QUESTION_TRAILER_ERROR ": %199[^\r\n]", a->error);
	return size * n;
}

static void *ask(void *arg)
{
	struct asking *a = arg;

	a->status = stand_send(&a->client, &a->request);
	return NULL;
}

/* Goes away after `limit` bytes; 0: does not. */
static void asking_begin_with(struct asking *a, const char *body, size_t limit)
{
	*a = (struct asking){.client.curl = curl_easy_init()};
	memcpy(a->client.base, stand.base, sizeof(stand.base));
	a->client.on_header = take_trailer;
	a->client.on_header_to = a;
	a->client.limit = limit;
	a->request = (struct stand_request){
		.method = "POST", .path = path_of_questions(), .token = stand.admin, .body = body};
	pthread_create(&a->thread, NULL, ask, a);
}

static void asking_begin(struct asking *a, const char *body)
{
	asking_begin_with(a, body, 0);
}

static void asking_end(struct asking *a)
{
	curl_easy_cleanup(a->client.curl);
	json_decref(a->client.json);
	buf_fini(&a->client.body);
}

/* ---- who answers ---- */

struct answering {
	const char *piece, *exit, *error;
	size_t pieces; /* left */
	bool breaks;   /* does not end as it should */
};

static size_t read_pieces(void *context, char *to, size_t size)
{
	struct answering *x = context;
	size_t n = strlen(x->piece);

	if (x->pieces == 0)
		return x->breaks ? HTTP_UPLOAD_BREAK : 0;
	x->pieces--;
	n = n < size ? n : size;
	memcpy(to, x->piece, n);
	return n;
}

static const char *const names[] = {QUESTION_TRAILER_EXIT, QUESTION_TRAILER_ERROR, NULL};

static const char *trailer(void *context, const char *name)
{
	const struct answering *x = context;

	return strcmp(name, QUESTION_TRAILER_EXIT) == 0 ? x->exit : x->error;
}

static void aim(struct http_where *where)
{
	*where = (struct http_where){.n = 1};
	snprintf(where->at[0].url, sizeof(where->at[0].url), "%s", stand.base);
	memcpy(where->pin, stand.controller->keys.pin, sizeof(where->pin));
}

/* Polls as the agent does, with what it has, until it is asked something; its id. */
static bool take_question(struct asking *a, char id[ID_TEXT_MAX])
{
	char etag[128];
	const struct stand_request r = {.method = "GET",
					.path = "/api/v1/machine",
					.token = machine.token,
					.headers = {etag, "Prefer: wait=10"}};

	for (int i = 0; i < 10; i++) {
		snprintf(etag, sizeof(etag), "If-None-Match: %s", stand.etag);
		if (stand_send(&stand, &r) != 200)
			break;
		snprintf(id, ID_TEXT_MAX, "%s", stand_get(&stand, "questions.0.id"));
		if (id[0] != '\0')
			return true;
	}
	pthread_join(a->thread, NULL);
	TEST_FAIL("no question comes; who asked has %ld %s", a->status, buf_text(&a->client.body));
	return false;
}

static int answer(const char *id, struct answering *x)
{
	const struct http_upload upload = {read_pieces, names, trailer, x};
	struct http_request r = {
		.method = "POST", .bearer = machine.token, .upload = &upload, .answer_max = 65536};
	struct http_where where;
	struct http_answer a;
	char path[128];
	int code;

	aim(&where);
	snprintf(path, sizeof(path), "/mesh/questions/%s", id);
	r.path = path;
	code = http_perform(&where, &r, &a);
	http_answer_fini(&a);
	return code;
}

static void an_answer_comes_through_as_it_is(void)
{
	struct answering x = {
		.piece = "up_a  Established\n", .exit = "1", .error = "1 is not up", .pieces = 3};
	char id[ID_TEXT_MAX];
	struct asking a;

	asking_begin(&a, "{\"words\":[\"bgp\",\"summary\",\"--check\"],\"width\":80,\"colour\":"
			 "true}");
	TEST_MUST(take_question(&a, id));
	TEST_TEXT(stand_get(&stand, "questions.0.words.2"), "--check");
	TEST_TEXT(stand_get(&stand, "questions.0.width"), "80");
	TEST_TEXT(stand_get(&stand, "questions.0.colour"), "true");
	TEST_NUMBER(answer(id, &x), 0);
	pthread_join(a.thread, NULL);
	TEST_NUMBER(a.status, 200);
	TEST_TEXT(a.client.type, "text/plain; charset=utf-8");
	TEST_TEXT(buf_text(&a.client.body),
		  "up_a  Established\nup_a  Established\nup_a  Established\n");
	TEST_TEXT(a.exit, "1");
	TEST_TEXT(a.error, "1 is not up");
	asking_end(&a);
	/* It is asked once. */
	TEST_NUMBER(answer(id, &x), ERR_NOT_FOUND);
	TEST_NUMBER(stand_call(&stand, machine.token, "GET", "/api/v1/machine", NULL), 200);
	TEST_TEXT(stand_get(&stand, "questions"), "null");
}

/* Longer than any buffer on its way, and than a request may be. */
static void a_long_answer_takes_its_time(void)
{
	static char piece[1001];
	struct answering x = {.piece = piece, .exit = "0", .pieces = 8000};
	char id[ID_TEXT_MAX];
	struct asking a;

	memset(piece, 'x', sizeof(piece) - 1);
	asking_begin(&a, "{\"words\":[\"bgp\",\"routes\",\"--json\"]}");
	TEST_MUST(take_question(&a, id));
	TEST_NUMBER(answer(id, &x), 0);
	pthread_join(a.thread, NULL);
	TEST_NUMBER(a.status, 200);
	TEST_TEXT(a.client.type, "application/json");
	TEST_NUMBER(a.client.body.len, 8000000);
	TEST_TEXT(a.exit, "0");
	asking_end(&a);
}

static void a_machine_that_goes_away_is_told_of(void)
{
	struct answering x = {.piece = "half", .exit = "0", .pieces = 1, .breaks = true};
	char id[ID_TEXT_MAX];
	struct asking a;

	asking_begin(&a, SUMMARY);
	TEST_MUST(take_question(&a, id));
	CU_ASSERT_NOT_EQUAL(answer(id, &x), 0);
	pthread_join(a.thread, NULL);
	/* Before the first byte went on, or after. */
	if (a.status == 200)
		TEST_TEXT(a.error, "the machine went away in the middle of its answer");
	else
		TEST_NUMBER(a.status, 504);
	asking_end(&a);
}

static void an_answer_without_an_end_is_told_of(void)
{
	struct answering x = {.piece = "all of it", .exit = "257", .pieces = 1};
	char id[ID_TEXT_MAX];
	struct asking a;

	asking_begin(&a, SUMMARY);
	TEST_MUST(take_question(&a, id));
	answer(id, &x);
	pthread_join(a.thread, NULL);
	if (a.status == 200)
		TEST_TEXT(a.error, "the machine does not say how its answer ends");
	else
		TEST_NUMBER(a.status, 504);
	asking_end(&a);
}

/* The machine would never end. */
static void who_asked_goes_away_and_the_machine_need_not_go_on(void)
{
	static char piece[1001];
	struct answering x = {.piece = piece, .exit = "0", .pieces = SIZE_MAX};
	char id[ID_TEXT_MAX];
	struct asking a;

	memset(piece, 'x', sizeof(piece) - 1);
	asking_begin_with(&a, SUMMARY, 100000);
	TEST_MUST(take_question(&a, id));
	CU_ASSERT_NOT_EQUAL(answer(id, &x), 0);
	pthread_join(a.thread, NULL);
	CU_ASSERT_TRUE(a.status < 0);
	asking_end(&a);
}

static void bad_questions_are_refused(void)
{
	static const struct {
		const char *body, *problem;
		long status;
	} rows[] = {
		{"{}", "invalid", 400},
		{"{\"words\":[]}", "unsupported", 400},
		{"{\"words\":[\"sh\"]}", "unsupported", 400},
		{"{\"words\":[\"bgp\",\"summary\",\"--socket=/x\"]}", "invalid", 400},
		{"{\"words\":[\"bgp\",\"summary\"],\"width\":1000000}", "range", 400},
		{"{\"words\":[\"bgp\",\"summary\"],\"env\":[\"A=b\"]}", "invalid", 400},
		{"{\"words\":[\"bgp\",\"summary\"],\"id\":\"x\"}", "invalid", 400},
		{"{\"words\":\"bgp summary\"}", "invalid", 400},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long status =
			stand_call(&stand, stand.admin, "POST", path_of_questions(), rows[i].body);

		if (status != rows[i].status || strcmp(stand_problem(&stand), rows[i].problem) != 0)
			TEST_FAIL("%s: %ld %s", rows[i].body, status, buf_text(&stand.body));
	}
	TEST_NUMBER(stand_call(&stand, machine.token, "POST", path_of_questions(), SUMMARY), 403);
	TEST_NUMBER(stand_call(&stand, NULL, "POST", path_of_questions(), SUMMARY), 401);
}

static void a_machine_that_is_not_there_is_said_at_once(void)
{
	struct stand_machine m;
	struct mono started;
	char path[128];

	stand_machine_new(&m, "away");
	TEST_NUMBER(stand_enroll(&stand, &m, stand_join_token(&stand, stand.admin, NULL), NULL),
		    201);
	CU_ASSERT_TRUE(stand_run_sql(&stand, "UPDATE machine SET seen_at = 0"));
	snprintf(path, sizeof(path), "/api/v1/machines/%s/questions", m.id);
	started = mono_now();
	TEST_NUMBER(stand_call(&stand, stand.admin, "POST", path, SUMMARY), 504);
	TEST_TEXT(stand_problem(&stand), "unreachable");
	CU_ASSERT_TRUE(mono_ms_between(started, mono_now()) < 2000);
}

/* The controller does not wait for an asker and a machine. */
static void a_stop_ends_what_is_asked(void)
{
	char id[ID_TEXT_MAX];
	struct asking a;

	asking_begin(&a, SUMMARY);
	TEST_MUST(take_question(&a, id));
	stand_pause(&stand);
	pthread_join(a.thread, NULL);
	TEST_NUMBER(a.status, 503);
	CU_ASSERT_TRUE(stand_resume(&stand));
	asking_end(&a);
}

TEST_SUITE_WITH(controller_question, start, stop,
		{"an answer comes through as it is", an_answer_comes_through_as_it_is},
		{"a long answer takes its time", a_long_answer_takes_its_time},
		{"a machine that goes away is told of", a_machine_that_goes_away_is_told_of},
		{"an answer without an end is told of", an_answer_without_an_end_is_told_of},
		{"who asked goes away and the machine need not go on",
		 who_asked_goes_away_and_the_machine_need_not_go_on},
		{"bad questions are refused", bad_questions_are_refused},
		{"a machine that is not there is said at once",
		 a_machine_that_is_not_there_is_said_at_once},
		{"a stop ends what is asked", a_stop_ends_what_is_asked});
