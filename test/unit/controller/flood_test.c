/* One who sends too much, at the controller: what it costs, it costs him. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/http/request_context.h"
#include "test/test.h"
#include "test/unit/controller/cases.h"

#define V1	"/api/v1"
#define WAIT_MS 10000

static struct stand s;
static struct things t;
static struct stand_machine attacker;

static int start(void)
{
	char token[2048];

	if (!stand_start(&s, NULL) || !things_make(&s, &t, "flooded", "1"))
		return 1;
	snprintf(token, sizeof(token), "%s", stand_join_token(&s, t.operator_token, NULL));
	stand_machine_new(&attacker, "attacker");
	return stand_enroll(&s, &attacker, token, NULL) == 201 && stand_wait_rendered(&s, &attacker)
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

/* ---- one large report ---- */

/* What a report may say of a membership is bounded; so is, by this, what it may say at all. */
static void a_membership_is_reported_once(void)
{
	char body[300], upper[64];

	snprintf(upper, sizeof(upper), "%s", attacker.membership);
	for (char *at = upper; *at != '\0'; at++)
		*at = *at >= 'a' && *at <= 'f' ? (char)(*at - 'a' + 'A') : *at;
	snprintf(body, sizeof(body), "{\"memberships\":[{\"id\":\"%s\"},{\"id\":\"%s\"}]}",
		 attacker.membership, t.machine.membership);
	TEST_NUMBER(stand_call(&s, attacker.token, "POST", V1 "/mesh/report", body), 204);
	for (int i = 0; i < 2; i++) {
		snprintf(body, sizeof(body), "{\"memberships\":[{\"id\":\"%s\"},{\"id\":\"%s\"}]}",
			 attacker.membership, i == 0 ? attacker.membership : upper);
		TEST_NUMBER(stand_call(&s, attacker.token, "POST", V1 "/mesh/report", body), 400);
		CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "detail"), "twice"));
	}
}

/* ---- many requests ---- */

/* The writer waits until it may go on. */
struct plug {
	struct job job; /* first */
	sem_t go;
};

static int plug_run(struct job *job, struct store *store)
{
	struct plug *p = (struct plug *)job;

	(void)store;
	sem_wait(&p->go);
	return 0;
}

static void plug_done(struct job *job)
{
	(void)job;
}

struct sender {
	struct stand client; /* base and curl only */
	const char *token;
	pthread_t thread;
	long status;
};

static void *send_report(void *arg)
{
	struct sender *x = arg;

	__atomic_store_n(&x->status,
			 stand_call(&x->client, x->token, "POST", V1 "/mesh/report", "{}"),
			 __ATOMIC_RELAXED);
	return NULL;
}

static void sender_start(struct sender *x, const char *token)
{
	memset(x, 0, sizeof(*x));
	x->token = token;
	x->client.curl = curl_easy_init();
	memcpy(x->client.base, s.base, sizeof(s.base));
	pthread_create(&x->thread, NULL, send_report, x);
}

static void sender_fini(struct sender *x)
{
	curl_easy_cleanup(x->client.curl);
	json_decref(x->client.json);
	buf_fini(&x->client.body);
}

/* While the writer stands still, one token gets so many requests in and no more, and is told; in
 * front of another machine's there are never more than these. */
static void a_token_has_its_share_of_the_writer(void)
{
	struct sender senders[REQUESTS_OF_TOKEN + 4], other;
	struct plug plug = {.job = {.run = plug_run, .done = plug_done}};
	unsigned refused = 0, done = 0;

	sem_init(&plug.go, 0, 0);
	jobs_write(s.controller->jobs, &plug.job);
	for (size_t i = 0; i < REQUESTS_OF_TOKEN + 4; i++)
		sender_start(&senders[i], attacker.token);
	/* Those that are refused come back while the others wait. */
	for (size_t left = WAIT_MS / 10; left > 0 && refused < 4; left--) {
		refused = 0;
		for (size_t i = 0; i < REQUESTS_OF_TOKEN + 4; i++)
			refused += __atomic_load_n(&senders[i].status, __ATOMIC_RELAXED) == 429;
		usleep(10000);
	}
	sender_start(&other, t.machine.token);
	sem_post(&plug.go);
	pthread_join(other.thread, NULL);
	TEST_NUMBER(other.status, 204);
	for (size_t i = 0; i < REQUESTS_OF_TOKEN + 4; i++) {
		pthread_join(senders[i].thread, NULL);
		done += senders[i].status == 204;
		if (senders[i].status == 429)
			TEST_TEXT(stand_problem(&senders[i].client), "busy");
		sender_fini(&senders[i]);
	}
	sender_fini(&other);
	TEST_NUMBER(refused, 4);
	TEST_NUMBER(done, REQUESTS_OF_TOKEN);
	/* It has its share again. */
	TEST_NUMBER(stand_call(&s, attacker.token, "POST", V1 "/mesh/report", "{}"), 204);
	sem_destroy(&plug.go);
}

/* ---- many connections ---- */

/* Each client keeps its connection. */
static void a_token_has_its_share_of_connections(void)
{
	struct stand clients[CONNECTIONS_OF_TOKEN + 1] = {0},
						    *last = &clients[CONNECTIONS_OF_TOKEN];

	for (size_t i = 0; i <= CONNECTIONS_OF_TOKEN; i++) {
		clients[i].curl = curl_easy_init();
		memcpy(clients[i].base, s.base, sizeof(s.base));
		TEST_NUMBER(stand_call(&clients[i], attacker.token, "GET", V1 "/machine", NULL),
			    i < CONNECTIONS_OF_TOKEN ? 200 : 429);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(last, "detail"), "connections"));
	/* It is that token's share, not the connection's fault; and one that is closed is free. */
	TEST_NUMBER(stand_call(last, t.machine.token, "GET", V1 "/machine", NULL), 200);
	for (size_t i = 0; i <= CONNECTIONS_OF_TOKEN; i++) {
		curl_easy_cleanup(clients[i].curl);
		json_decref(clients[i].json);
		buf_fini(&clients[i].body);
	}
	for (int i = 0; i < WAIT_MS / 10; i++) {
		if (stand_call(&s, attacker.token, "GET", V1 "/machine", NULL) == 200)
			break;
		usleep(10000);
	}
	TEST_NUMBER(s.status, 200);
}

/* ---- much news ---- */

static long put_key(const struct stand_machine *m)
{
	return stand_put_key(&s, m, NULL);
}

static long report_port(const struct stand_machine *m, unsigned port)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "{\"memberships\":[{\"id\":\"%s\",\"endpoints\":[{\"type\":\"local\","
		 "\"address\":\"192.0.2.1\",\"port\":%u}]}]}",
		 m->membership, port);
	return stand_call(&s, m->token, "POST", V1 "/mesh/report", body);
}

/* Each is rendered, signed, fetched by every member, and a row of the audit for good. */
static void a_machine_has_news_at_a_bounded_pace(void)
{
	unsigned n = 0;

	TEST_NUMBER(report_port(&attacker, 51820), 204);
	while (n < 2 * AUTH_NEWS_BURST && put_key(&attacker) == 204)
		n++;
	TEST_NUMBER(s.status, 429);
	TEST_TEXT(stand_problem(&s), "busy");
	/* A slow computer gives it some more meanwhile. */
	CU_ASSERT(n >= AUTH_NEWS_BURST - 8 && n < AUTH_NEWS_BURST + 16);
	TEST_NUMBER(report_port(&attacker, 51821), 429);
	/* What is no news is welcome, and others have a pace of their own. */
	TEST_NUMBER(report_port(&attacker, 51820), 204);
	TEST_NUMBER(put_key(&t.machine), 204);
	TEST_NUMBER(report_port(&t.machine, 51821), 204);
}

TEST_SUITE_WITH(controller_flood, start, stop,
		{"a membership is reported once", a_membership_is_reported_once},
		{"a token has its share of the writer", a_token_has_its_share_of_the_writer},
		{"a token has its share of connections", a_token_has_its_share_of_connections},
		{"a machine has news at a bounded pace", a_machine_has_news_at_a_bounded_pace});
