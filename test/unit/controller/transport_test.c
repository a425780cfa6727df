/* The server against those who do not speak as they should, and the long poll. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/controller.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

static struct stand stand;

static int start(void)
{
	return stand_start_with_mesh(&stand, "request_timeout = 1s\nbody_max = 64k\n",
				     "{\"name\":\"prod\"}")
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&stand);
	return 0;
}

/* ---- bad requests ---- */

static char *repeat(const char *before, const char *what, size_t n, const char *after)
{
	struct buf out;

	buf_init(&out);
	buf_puts(&out, before);
	for (size_t i = 0; i < n; i++)
		buf_puts(&out, what);
	buf_puts(&out, after);
	return buf_take(&out);
}

static void bad_bodies_have_one_answer_each(void)
{
	static const struct {
		const char *body, *problem, *says;
		long status;
	} rows[] = {
		{"", "invalid", "not JSON", 400},
		{"{", "invalid", "not JSON", 400},
		{"[]", "invalid", "want an object", 400},
		{"{\"name\":\"a\",\"name\":\"b\"}", "invalid", "duplicate", 400},
		{"{\"name\":\"a\\u0000b\"}", "invalid", "", 400},
		{"{\"name\":\"\xff\"}", "invalid", "not JSON", 400},
		{"{\"name\":7}", "invalid", "'name': want a string", 400},
		{"{\"nam\":\"a\"}", "invalid", "unknown member 'nam'", 400},
		{"{\"cidr\":\"10.9.0.0/24\"}", "invalid", "'name' is missing", 400},
		{"{\"name\":\"No\"}", "invalid", "mesh name", 400},
		{"{\"name\":\"x\",\"cidr\":\"10.9.0.1/24\"}", "invalid", "10.9.0.0/24", 400},
		{"{\"name\":\"x\",\"cidr\":\"8.8.8.0/24\"}", "invalid", "8.8.8.0/24", 400},
		{"{\"name\":\"x\",\"cidr\":\"10.9.0.0/30\"}", "range", "/29", 400},
		{"{\"name\":\"x\",\"cidr\":\"fd00::/64\"}", "unsupported", "fd00::/64", 400},
		{"{\"name\":\"x\",\"cidr6\":\"fd00::/64\"}", "unsupported", "cidr6", 400},
		{"{\"name\":\"x\",\"bgp_port\":70000}", "range", "'bgp_port'", 400},
		{"{\"name\":\"prod\"}", "exists", "'prod'", 409},
		{"{\"name\":\"x\"}", "overlap", "for example 10.0.0.0/16", 409},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		TEST_NUMBER(stand_call(&stand, stand.admin, "POST", "/api/v1/meshes", rows[i].body),
			    rows[i].status);
		TEST_TEXT(stand_problem(&stand), rows[i].problem);
		TEST_TEXT(stand.type, "application/problem+json");
		if (strstr(stand_get(&stand, "detail"), rows[i].says) == NULL)
			TEST_FAIL("%s: says '%s'", rows[i].body, stand_get(&stand, "detail"));
	}
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes", NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(stand.json, "items")), 1);
}

static void too_much_is_refused(void)
{
	char *deep = repeat("{\"name\":", "[", 100, "");
	char *large = repeat("{\"name\":\"", "0123456789abcdef", 5000, "\"}");
	char *huge = repeat("", "0123456789abcdef", 50000, "");
	char *path = repeat("/api/v1/", "x", 2000, "");

	TEST_NUMBER(stand_call(&stand, stand.admin, "POST", "/api/v1/meshes", deep), 400);
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&stand, "detail"), "nested"));
	TEST_NUMBER(stand_call(&stand, stand.admin, "POST", "/api/v1/meshes", large), 413);
	TEST_TEXT(stand_problem(&stand), "too-large");
	CU_ASSERT_NOT_EQUAL(stand_call(&stand, stand.admin, "POST", "/api/v1/meshes", huge), 201);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", path, NULL), 404);
	TEST_NUMBER(stand_call(&stand, NULL, "GET", "/healthz", NULL), 200);
	free(deep);
	free(large);
	free(huge);
	free(path);
}

static void methods_and_paths(void)
{
	TEST_NUMBER(stand_call(&stand, stand.admin, "DELETE", "/api/v1/meshes", NULL), 405);
	TEST_TEXT(stand.allow, "GET, HEAD, POST");
	TEST_TEXT(stand_problem(&stand), "method-not-allowed");
	TEST_NUMBER(stand_call(&stand, stand.admin, "HEAD", "/api/v1/meshes", NULL), 200);
	TEST_NUMBER((long long)stand.body.len, 0);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes/", NULL), 404);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes/7", NULL), 404);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes/{id}", NULL), 404);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v2/meshes", NULL), 404);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes?limit=1001", NULL), 400);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes?limit=1&limit=2", NULL),
		    400);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes?cursor=x", NULL), 400);
	TEST_NUMBER(stand_call(&stand, stand.admin, "GET", "/api/v1/meshes?lmit=1", NULL), 400);
}

/* ---- slow senders ---- */

static int connect_plain(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons((uint16_t)server_port(stand.controller->server, 0));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A connection on which nothing whole ever comes ends about when it should, although it is never
 * idle for long. */
static void a_slow_sender_hits_the_deadline(void)
{
	/* The first bytes of a TLS record of 512 bytes that never gets whole. */
	static const uint8_t hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
	struct mono started = mono_now();
	int fd = connect_plain(), sent = 0;
	int64_t took;
	char byte;

	TEST_MUST(fd >= 0);
	TEST_NUMBER(send(fd, hello, sizeof(hello), MSG_NOSIGNAL), (long long)sizeof(hello));
	while (sent < 100) {
		struct timeval wait = {.tv_usec = 50000};

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (recv(fd, &byte, 1, 0) >= 0)
			break; /* an alert, or the end */
		if (send(fd, "\0", 1, MSG_NOSIGNAL) != 1)
			break;
		sent++;
	}
	took = mono_ms_between(started, mono_now());
	close(fd);
	if (took < 700 || took > 3000)
		TEST_FAIL("ended after %lld ms, want about 1000", (long long)took);
}

/* ---- the long poll ---- */

struct waiting {
	struct stand client; /* base and curl only */
	struct stand_request request;
	long status;
	int64_t ms;
};

static void *wait_for_change(void *arg)
{
	struct waiting *w = arg;
	struct mono started = mono_now();

	w->status = stand_send(&w->client, &w->request);
	w->ms = mono_ms_between(started, mono_now());
	return NULL;
}

static bool wait_for_poll(size_t n)
{
	for (int i = 0; i < 500; i++) {
		if (poll_count(stand.controller->poll) == n)
			return true;
		usleep(10000);
	}
	return false;
}

static void waiting_init(struct waiting *w, const struct stand_machine *m, char *header,
			 const char *prefer)
{
	memset(w, 0, sizeof(*w));
	w->client.curl = curl_easy_init();
	memcpy(w->client.base, stand.base, sizeof(stand.base));
	w->request = (struct stand_request){.method = "GET",
					    .path = "/api/v1/machine",
					    .token = m->token,
					    .headers = {header, prefer}};
}

static void waiting_fini(struct waiting *w)
{
	curl_easy_cleanup(w->client.curl);
	json_decref(w->client.json);
	buf_fini(&w->client.body);
}

static void a_long_poll_answers_at_once_when_something_changes(void)
{
	struct stand_machine m;
	struct waiting w;
	pthread_t thread;
	char header[128], path[128];

	stand_machine_new(&m, "poller");
	TEST_NUMBER(stand_enroll(&stand, &m, stand_join_token(&stand, stand.admin, NULL), NULL),
		    201);
	CU_ASSERT_TRUE(stand_wait_rendered(&stand, &m));
	snprintf(header, sizeof(header), "If-None-Match: %s", stand.etag);

	/* Nothing changes: 304, when its time is over. */
	waiting_init(&w, &m, header, "Prefer: wait=1");
	wait_for_change(&w);
	TEST_NUMBER(w.status, 304);
	CU_ASSERT_TRUE(w.ms >= 950 && w.ms < 5000);
	waiting_fini(&w);

	/* It is renamed: at once. The wait is longer than the deadline of a request. */
	waiting_init(&w, &m, header, "Prefer: respond-async, wait=30");
	pthread_create(&thread, NULL, wait_for_change, &w);
	CU_ASSERT_TRUE(wait_for_poll(1));
	snprintf(path, sizeof(path), "/api/v1/machines/%s", m.id);
	TEST_NUMBER(stand_call(&stand, stand.admin, "PATCH", path, "{\"name\":\"renamed\"}"), 200);
	pthread_join(thread, NULL);
	TEST_NUMBER(w.status, 200);
	TEST_TEXT(stand_get(&w.client, "name"), "renamed");
	CU_ASSERT_TRUE(w.ms < 5000);
	waiting_fini(&w);
}

static void a_stop_ends_the_long_polls(void)
{
	struct stand_machine m;
	struct waiting w;
	pthread_t thread;
	char header[128];

	stand_machine_new(&m, "stopper");
	TEST_NUMBER(stand_enroll(&stand, &m, stand_join_token(&stand, stand.admin, NULL), NULL),
		    201);
	/* What was changed before must have been rendered, or it is news. */
	do {
		CU_ASSERT_TRUE(stand_wait_rendered(&stand, &m));
		snprintf(header, sizeof(header), "If-None-Match: %s", stand.etag);
		waiting_init(&w, &m, header, "Prefer: wait=1");
		wait_for_change(&w);
		waiting_fini(&w);
	} while (w.status == 200);
	waiting_init(&w, &m, header, "Prefer: wait=60");
	pthread_create(&thread, NULL, wait_for_change, &w);
	CU_ASSERT_TRUE(wait_for_poll(1));
	CU_ASSERT_TRUE(stand_restart(&stand));
	pthread_join(thread, NULL);
	TEST_NUMBER(w.status, 304);
	CU_ASSERT_TRUE(w.ms < 10000);
	waiting_fini(&w);
}

/* ---- starting ---- */

static void a_port_in_use_names_its_holder(void)
{
	struct config config = *stand.config;
	struct fault f = {0};
	char *listen[1], text[64];

	snprintf(text, sizeof(text), "%s", stand.base + strlen("https://"));
	listen[0] = text;
	config.listen = (struct schema_list){listen, 1};
	config_parse_listen(text, &config.addresses[0], NULL);
	{
		struct poll *poll = poll_new();
		struct questions *questions = questions_new();
		const struct server_options options = {.config = &config,
						       .poll = poll,
						       .questions = questions,
						       .table = (const struct route[]){{0}}};
		struct server *server;

		TEST_NUMBER(server_start(&server, &options, &f), ERR_BUSY);
		questions_free(questions);
		poll_free(poll);
	}
	if (strstr(f.text, text) == NULL || strstr(f.text, "is held by ") == NULL)
		TEST_FAIL("says: %s", f.text);
}

TEST_SUITE_WITH(controller_transport, start, stop,
		{"bad bodies have one answer each", bad_bodies_have_one_answer_each},
		{"too much is refused", too_much_is_refused},
		{"methods and paths", methods_and_paths},
		{"a slow sender hits the deadline", a_slow_sender_hits_the_deadline},
		{"a long poll answers at once when something changes",
		 a_long_poll_answers_at_once_when_something_changes},
		{"a port in use names its holder", a_port_in_use_names_its_holder},
		{"a stop ends the long polls", a_stop_ends_the_long_polls});
