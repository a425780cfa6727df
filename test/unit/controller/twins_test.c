/* One identity in two places: what counts as such and what does not, and what becomes of it. */
#include "controller/twins.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "controller/controller.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define MINUTE 60000

static struct stand api;

static int start(void)
{
	return stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\"}") ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

/* ---- what counts ---- */

/* A letter is a start that asks; a minute passes between two. How many say that there are two. */
static int count(struct twins *t, row_t machine, const char *letters, int64_t ms_between)
{
	struct mono now = {CLOCK_S};
	struct address other;
	int twice = 0;

	for (const char *at = letters; *at != '\0'; at++) {
		const char name[] = {*at, '\0'};
		const struct address from = address_ipv4(0x0a000000u + (uint32_t)*at);

		if (twins_seen(t, machine, name, &from, now, &other)) {
			twice++;
			CU_ASSERT(!address_equal(&from, &other));
		}
		now = mono_add_ms(now, ms_between);
	}
	return twice;
}

static void a_start_comes_back_again_and_again(void)
{
	static const struct {
		const char *letters;
		int64_t ms;
		int want;
	} rows[] = {
		{"aaaaaaaaaa", MINUTE, 0},
		/* Started again and again. */
		{"aabbbcdefghijklmnopqrstuvwxyz", MINUTE, 0},
		/* Each one's last request comes late, after one of the next. */
		{"abab", MINUTE, 0},
		{"abacbdcedfe", MINUTE, 0},
		/* Two of them, three of them. */
		{"ababab", MINUTE, 0},
		{"abababa", MINUTE, 1},
		{"abababab", MINUTE, 2},
		{"aabbaabbaabba", MINUTE, 1},
		{"abcabcabca", MINUTE, 1},
		/* A virtual machine that is taken back to a snapshot once a day. */
		{"abacadae", INT64_C(24) * 60 * MINUTE, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct twins *t = twins_new();
		int got = count(t, 1, rows[i].letters, rows[i].ms);

		if (got != rows[i].want)
			TEST_FAIL("%s: %d, want %d", rows[i].letters, got, rows[i].want);
		twins_free(t);
	}
}

static void machines_are_told_apart(void)
{
	struct twins *t = twins_new();

	TEST_NUMBER(count(t, 1, "ababab", MINUTE), 0);
	TEST_NUMBER(count(t, 2, "abababa", MINUTE), 1);
	twins_forget(t, 1);
	TEST_NUMBER(count(t, 1, "a", MINUTE), 0);
	TEST_NUMBER(count(t, 2, "b", MINUTE), 1);
	twins_free(t);
}

/* ---- what becomes of it ---- */

static long poll_as(const struct stand_machine *m, const char *name)
{
	char header[300];
	const struct stand_request r = {
		.method = "GET", .path = "/api/v1/machine", .token = m->token, .headers = {header}};

	snprintf(header, sizeof(header), "Skein-Start: %s", name);
	return stand_send(&api, &r);
}

static bool is_frozen(const struct stand_machine *m)
{
	char path[160];

	snprintf(path, sizeof(path), "/api/v1/machines/%s", m->id);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", path, NULL), 200);
	return strcmp(stand_get(&api, "frozen"), "true") == 0;
}

static long unfreeze(const struct stand_machine *m)
{
	char path[160];

	snprintf(path, sizeof(path), "/api/v1/machines/%s/unfreeze", m->id);
	return stand_call(&api, api.admin, "POST", path, NULL);
}

/* Whether others see it at its index, once the view has changed. */
static bool await_peer(const struct stand_machine *viewer, uint32_t index, bool want)
{
	const struct state_expect expect = {.kind = STATE_KIND_VIEW,
					    .signer = keys_signer(&api.controller->keys)};
	struct state_image image;

	for (int i = 0; i < 500; i++) {
		if (stand_call(&api, viewer->token, "GET", "/api/v1/mesh/config", NULL) == 200 &&
		    state_open(&image, api.body.data, api.body.len, &expect, NULL) == 0 &&
		    (state_peer_at(&image, index) != NULL) == want)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

static void a_copied_identity_is_frozen(void)
{
	struct stand_machine viewer, m;
	struct stand_machine again;
	const char *token;

	stand_machine_new(&viewer, "viewer");
	stand_machine_new(&m, "m");
	token = stand_join_token(&api, api.admin, "{\"max_uses\":0}");
	TEST_NUMBER(stand_enroll(&api, &viewer, token, NULL), 201);
	TEST_NUMBER(stand_put_key(&api, &viewer, NULL), 204);
	TEST_NUMBER(stand_enroll(&api, &m, token, NULL), 201);
	TEST_NUMBER(stand_put_key(&api, &m, NULL), 204);
	CU_ASSERT(await_peer(&viewer, 2, true));
	TEST_NUMBER(unfreeze(&m), 409);

	/* Restarts do nothing to it. */
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "boot %d", i);
		TEST_NUMBER(poll_as(&m, name), 200);
	}
	CU_ASSERT(!is_frozen(&m));
	for (int i = 0; i < 3; i++) {
		TEST_NUMBER(poll_as(&m, "here"), 200);
		TEST_NUMBER(poll_as(&m, "there"), 200);
	}
	CU_ASSERT(!is_frozen(&m));
	TEST_NUMBER(poll_as(&m, "here"), 200);
	CU_ASSERT(is_frozen(&m));
	TEST_TEXT(stand_get(&api, "frozen_from.0"), "127.0.0.1");
	TEST_NUMBER(poll_as(&m, "there"), 401);
	TEST_TEXT(stand_problem(&api), "frozen");
	TEST_NUMBER(stand_call(&api, m.token, "POST", "/api/v1/mesh/report", "{}"), 401);
	CU_ASSERT(await_peer(&viewer, 2, false));
	TEST_NUMBER(poll_as(&viewer, "one"), 200);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/audit?limit=1", NULL), 200);
	TEST_TEXT(stand_get(&api, "items.0.action"), "machine.freeze");
	TEST_TEXT(stand_get(&api, "items.0.actor"), "controller");
	TEST_TEXT(stand_get(&api, "items.0.resource"), m.id);

	/* Nor does it get another token, or through a restart of the controller. */
	again = m;
	token = stand_join_token(&api, api.admin, NULL);
	TEST_NUMBER(stand_enroll(&api, &again, token, NULL), 403);
	TEST_TEXT(stand_problem(&api), "frozen");
	CU_ASSERT(stand_restart(&api));
	TEST_NUMBER(poll_as(&m, "here"), 401);

	TEST_NUMBER(unfreeze(&m), 200);
	TEST_NUMBER(poll_as(&m, "here"), 200);
	CU_ASSERT(await_peer(&viewer, 2, true));
	CU_ASSERT(!is_frozen(&m));
	TEST_TEXT(stand_get(&api, "frozen_from.0"), "");
	/* The copy is still there. */
	for (int i = 0; i < 4; i++) {
		poll_as(&m, "there");
		poll_as(&m, "here");
	}
	CU_ASSERT(is_frozen(&m));
}

static void the_name_of_a_start_is_bounded(void)
{
	char name[TWINS_START_MAX + 2];
	struct stand_machine m;

	stand_machine_new(&m, "bounded");
	TEST_NUMBER(stand_enroll(&api, &m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	TEST_NUMBER(poll_as(&m, name), 413);
	TEST_NUMBER(poll_as(&m, name + 1), 200);
}

struct waiting {
	struct stand client;
	char token[TOKEN_SIZE], match[160];
	long status;
};

static void *wait_as_old(void *arg)
{
	struct waiting *w = arg;
	const struct stand_request r = {
		.method = "GET",
		.path = "/api/v1/machine",
		.token = w->token,
		.headers = {w->match, "Prefer: wait=30", "Skein-Start: old"}};

	w->status = stand_send(&w->client, &r);
	return NULL;
}

static void await_waiting(void)
{
	for (int i = 0; i < 500 && poll_count(api.controller->poll) == 0; i++)
		poll(NULL, 0, 10);
	TEST_NUMBER((long long)poll_count(api.controller->poll), 1);
}

/* The poll of an agent that was killed stands until its time is over, and is looked at again with
 * every change: the agent does not ask again by that. */
static void a_poll_that_stands_asks_once(void)
{
	struct waiting w = {.client = {.curl = curl_easy_init()}};
	struct stand_machine m;
	char path[160];
	pthread_t thread;

	stand_machine_new(&m, "killed");
	TEST_NUMBER(stand_enroll(&api, &m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	CU_ASSERT(stand_wait_rendered(&api, &m));
	snprintf(path, sizeof(path), "/api/v1/machines/%s", m.id);
	TEST_NUMBER(poll_as(&m, "old"), 200);
	snprintf(w.match, sizeof(w.match), "If-None-Match: %s", api.etag);
	snprintf(w.token, sizeof(w.token), "%s", m.token);
	snprintf(w.client.base, sizeof(w.client.base), "%s", api.base);
	CU_ASSERT_FATAL(pthread_create(&thread, NULL, wait_as_old, &w) == 0);
	await_waiting();
	for (int i = 0; i < 5; i++) {
		TEST_NUMBER(poll_as(&m, "new"), 200);
		/* It is told of, and nothing is new to it. */
		TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, "{\"name\":\"killed\"}"),
			    200);
		await_waiting();
	}
	CU_ASSERT(!is_frozen(&m));
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, "{\"name\":\"other\"}"), 200);
	pthread_join(thread, NULL);
	TEST_NUMBER(w.status, 200);
	curl_easy_cleanup(w.client.curl);
	json_decref(w.client.json);
	buf_fini(&w.client.body);
}

TEST_SUITE_WITH(controller_twins, start, stop,
		{"a start comes back again and again", a_start_comes_back_again_and_again},
		{"machines are told apart", machines_are_told_apart},
		{"a copied identity is frozen", a_copied_identity_is_frozen},
		{"the name of a start is bounded", the_name_of_a_start_is_bounded},
		{"a poll that stands asks once", a_poll_that_stands_asks_once});
