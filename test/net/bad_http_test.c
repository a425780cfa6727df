/* Raw bytes to a real controller that speaks plain HTTP, in a namespace of its own. What libcurl
 *can be made to send is tried in test/unit/controller/transport_test.c, over TLS.
 *
 *	one namespace:   skein-controller on 127.0.0.1:8080  <-  raw sockets */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/run.h"
#include "test/net/child.h"
#include "test/net/space.h"
#include "test/test.h"

#define CONTROLLER  TEST_BUILD "/skein-controller"
#define PORT	    8080
#define DEADLINE_MS 1000
#define BODY_MAX    65536
#define PATIENCE_MS 10000
#define AUTH	    "Authorization: Bearer $\r\n"
#define CLOSE	    "Connection: close\r\n"
#define POST	    "POST /api/v1/meshes HTTP/1.1\r\nHost: x\r\n" CLOSE AUTH
#define HEALTHY	    "GET /healthz HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n"

static pid_t controller = -1;
static char token[128];

/* ---- one connection ---- */

static int connect_to(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Sends as much as the other side takes. */
static void send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

/* Reads to the end of the connection, or until the deadline (false). */
static bool read_end(int fd, struct buf *out)
{
	struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
	char chunk[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = mono_ms_between(mono_now(), deadline);
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			return true;
		buf_append(out, chunk, (size_t)n);
	}
}

/* The request, $ being the administrator's token. What came back until the connection ended; with
 * `half` we end our side of it first. */
static bool ask(const char *request, size_t len, bool half, struct buf *answer)
{
	const char *dollar = memchr(request, '$', len);
	struct buf text;
	int fd = connect_to();
	bool ended;

	if (fd < 0)
		return false;
	buf_init(&text);
	if (dollar != NULL) {
		buf_append(&text, request, (size_t)(dollar - request));
		buf_puts(&text, token);
		len -= (size_t)(dollar + 1 - request);
		request = dollar + 1;
	}
	buf_append(&text, request, len);
	send_all(fd, buf_text(&text), text.len);
	if (half)
		shutdown(fd, SHUT_WR);
	ended = read_end(fd, answer);
	close(fd);
	buf_fini(&text);
	return ended;
}

static bool is_healthy(void)
{
	struct buf answer;
	bool ok;

	buf_init(&answer);
	ok = ask(HEALTHY, strlen(HEALTHY), false, &answer) &&
	     strncmp(buf_text(&answer), "HTTP/1.1 200 ", 13) == 0;
	buf_fini(&answer);
	return ok;
}

/* ---- the controller ---- */

static int enter(void)
{
	const char *argv[] = {CONTROLLER, "init", "--config", NULL, NULL};
	static char config[200], log[200];
	char root[2000], text[9000];
	struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
	struct buf said;
	const char *at;
	int status = -1;

	snprintf(config, sizeof(config), "%s/http.conf", test_dir());
	snprintf(log, sizeof(log), "%s/http.log", test_dir());
	if (space_enter() != 0 || getcwd(root, sizeof(root)) == NULL)
		return -1;
	snprintf(text, sizeof(text),
		 "listen = 127.0.0.1:%d\ntls = no\nurl = http://127.0.0.1:%d\n"
		 "data_dir = %s/%s/http\ntemplates = %s/bird-templates\n"
		 "request_timeout = %dms\nbody_max = %d\n",
		 PORT, PORT, root, test_dir(), root, DEADLINE_MS, BODY_MAX);
	if (file_write(config, text, strlen(text), 0600, NULL) != 0)
		return -1;
	argv[3] = config;
	buf_init(&said);
	run_program(argv, PATIENCE_MS, &said, &status, NULL);
	at = strstr(buf_text(&said), "skein-api.");
	snprintf(token, sizeof(token), "%.*s", at != NULL ? (int)strcspn(at, " \n") : 0,
		 at != NULL ? at : "");
	buf_fini(&said);
	argv[1] = "run";
	controller = child_start(log, argv);
	while (!is_healthy())
		if (mono_reached(deadline, mono_now()))
			return -1;
		else
			poll(NULL, 0, 20);
	return status != 0 || token[0] == '\0';
}

static int leave(void)
{
	child_stop(&controller);
	return space_leave();
}

/* ---- malformed ---- */

struct bad {
	const char *name, *request;
	size_t len;
	bool half;
	int status;	     /* 0: the connection ends without an answer */
	const char *problem; /* type of the problem document; NULL: HTTP itself is refused */
	const char *has;     /* in the answer; NULL: whatever */
};

#define BAD(name_, text_, ...)                                                                     \
	{                                                                                          \
		.name = (name_), .request = (text_), .len = sizeof(text_) - 1, __VA_ARGS__         \
	}
#define LENGTH(n) "Content-Length: " #n "\r\n\r\n"

static const struct bad bads[] = {
	BAD("garbage", "\x00\x01\x02\xff\xfe\r\n\r\n", .status = 0),
	BAD("no HTTP version", "GET /healthz\r\n\r\n", .status = 400),
	BAD("an unknown version", "GET /healthz HTTP/7.3\r\nHost: x\r\n\r\n", .status = 505),
	BAD("no host", "GET /healthz HTTP/1.1\r\n\r\n", .status = 400),
	BAD("a header without colon", "GET /healthz HTTP/1.1\r\nHost: x\r\nbanana\r\n\r\n",
	    .status = 400),
	BAD("an unknown route", "GET /nowhere HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n", .status = 404,
	    .problem = "not-found", .has = "there is nothing at '/nowhere'"),
	BAD("an unknown method", "BREW /api/v1/meshes HTTP/1.1\r\nHost: x\r\n" CLOSE AUTH "\r\n",
	    .status = 405, .problem = "method-not-allowed", .has = "Allow: GET, HEAD, POST"),
	BAD("a wrong method", "DELETE /api/v1/enroll HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n",
	    .status = 405, .problem = "method-not-allowed", .has = "Allow: POST"),
	BAD("no credential", "GET /api/v1/meshes HTTP/1.1\r\nHost: x\r\n" CLOSE "\r\n",
	    .status = 401, .problem = "auth"),
	BAD("a malformed credential",
	    "GET /api/v1/meshes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n" CLOSE "\r\n",
	    .status = 401, .problem = "auth"),
	BAD("a malformed length", POST "Content-Length: many\r\n\r\n{}", .status = 400),
	BAD("a negative length", POST "Content-Length: -1\r\n\r\n{}", .status = 400),
	BAD("an endless length", POST "Content-Length: 99999999999999999999999\r\n\r\n{}",
	    .status = 413),
	BAD("a body that is announced too large", POST LENGTH(99999999) "{", .status = 413,
	    .problem = "too-large"),
	BAD("a malformed chunk", POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
	    .status = 400),
	BAD("chunks",
	    POST "Transfer-Encoding: chunked\r\n\r\n"
		 "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
	    .status = 400, .problem = "invalid", .has = "'name' is missing"),
	BAD("a NUL in the body",
	    POST LENGTH(16) "{\"name\":\"a\x00"
			    "b\"}  ",
	    .status = 400, .problem = "invalid", .has = "not JSON"),
	BAD("no UTF-8", POST LENGTH(12) "{\"name\":\"\xc3\"}", .status = 400, .problem = "invalid",
	    .has = "not JSON"),
	BAD("a member twice", POST LENGTH(23) "{\"name\":\"a\",\"name\":\"b\"}", .status = 400,
	    .problem = "invalid", .has = "duplicate"),
	BAD("a body that ends early", POST LENGTH(100) "{\"name\":", .half = true, .status = 0),
};

static void check(const struct bad *b, struct buf *answer)
{
	char status[32], type[96];

	snprintf(status, sizeof(status), "HTTP/1.1 %d ", b->status);
	snprintf(type, sizeof(type), "https://skein.invalid/problems/%s\"",
		 b->problem != NULL ? b->problem : "");
	if (!ask(b->request, b->len, b->half, answer))
		TEST_FAIL("%s: the connection stays", b->name);
	if (b->status == 0
		    ? answer->len > 0
		    : strncmp(buf_text(answer), status, strlen(status)) != 0 ||
			      (b->problem != NULL && strstr(buf_text(answer), type) == NULL) ||
			      (b->has != NULL && strstr(buf_text(answer), b->has) == NULL))
		TEST_FAIL("%s: got: %s", b->name, buf_text(answer));
	if (!is_healthy())
		TEST_FAIL("%s: the controller does not serve others any more", b->name);
}

static void malformed_requests_are_refused(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct buf answer;

		buf_init(&answer);
		check(&bads[i], &answer);
		buf_fini(&answer);
	}
	CU_PASS("all");
}

/* ---- oversized ---- */

static void repeat(struct buf *out, const char *what, size_t n)
{
	while (n-- > 0)
		buf_puts(out, what);
}

/* The answer to `before`, n times `what`, `after`. */
static void flood(const char *before, const char *what, size_t n, const char *after,
		  struct bad *want)
{
	struct buf request, answer;

	buf_init(&request);
	buf_init(&answer);
	buf_puts(&request, before);
	repeat(&request, what, n);
	buf_puts(&request, after);
	want->request = buf_text(&request);
	want->len = request.len;
	check(want, &answer);
	buf_fini(&request);
	buf_fini(&answer);
}

static void oversized_requests_are_refused(void)
{
	static const char chunk[] =
		"40\r\n"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"\r\n";

	flood("GET /healthz HTTP/1.1\r\nHost: x\r\n", "X-Flood: 0123456789abcdef\r\n", 10000,
	      "\r\n", &(struct bad){.name = "headers without end", .status = 431});
	flood("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", "0123456789abcdef", 10000, "\r\n\r\n",
	      &(struct bad){.name = "one large header", .status = 431});
	flood("GET /", "0123456789abcdef", 10000, " HTTP/1.1\r\nHost: x\r\n\r\n",
	      &(struct bad){.name = "a large path", .status = 414});
	flood(POST "Transfer-Encoding: chunked\r\n\r\n", chunk, BODY_MAX / 64 + 1, "0\r\n\r\n",
	      &(struct bad){
		      .name = "chunks beyond the limit", .status = 413, .problem = "too-large"});
	flood(POST "Transfer-Encoding: chunked\r\n\r\n", chunk, BODY_MAX / 64 * 8, "0\r\n\r\n",
	      &(struct bad){.name = "chunks without end", .status = 0});
	flood(POST "Content-Length: 60000\r\n\r\n", "[", 60000, "",
	      &(struct bad){
		      .name = "deep JSON", .status = 400, .problem = "invalid", .has = "nested"});
}

/* ---- slow ---- */

/* A byte now and then is never idle for long, and hits the deadline; others are served meanwhile.
 */
static void a_slow_sender_hits_the_deadline(void)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: aaaaaaaaaaaaaaaaaaaa"
				      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct mono started = mono_now();
	int fd = connect_to();
	size_t sent = 0;
	int64_t took;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (sent < sizeof(request) - 1 && poll(&p, 1, 50) == 0 &&
	       send(fd, &request[sent], 1, MSG_NOSIGNAL) == 1) {
		sent++;
		if (sent % 4 == 0)
			CU_ASSERT(is_healthy());
	}
	took = mono_ms_between(started, mono_now());
	close(fd);
	if (took < DEADLINE_MS * 7 / 10 || took > DEADLINE_MS * 4)
		TEST_FAIL("ended after %lld ms, want about %d", (long long)took, DEADLINE_MS);
}

TEST_SUITE_WITH(net_bad_http, enter, leave,
		{"malformed requests are refused", malformed_requests_are_refused},
		{"oversized requests are refused", oversized_requests_are_refused},
		{"a slow sender hits the deadline", a_slow_sender_hits_the_deadline});
