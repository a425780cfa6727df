/* Many at once who speak as they should not, or not at all: the limits hold, and others are served
 * all the while.
 *
 *	one namespace:   skein-controller on 127.0.0.1:8090  <-  hundreds or thousands of sockets
 *	                                                     <-  an operator, who measures */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/lone.h"
#include "test/net/space.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define DEADLINE_MS 1000 /* of a request */
#define CROWD	    100
#define IDLE	    5000
#define MOST	    400 /* connections, where there may be few */
#define TICK_MS	    20
#define ENDS_MS	    (DEADLINE_MS * 15)
#define SERVED_MS   1500 /* an answer to somebody else, on a busy computer */

static struct lone lone;
static struct stand operator;

struct attack {
	const char *name, *start, *more;
	bool slow;   /* a byte of `more` a tick; else as much as is taken */
	size_t most; /* bytes of `more` after which it has said what it has to say; 0: no end */
	size_t n;    /* how many do it; 0: CROWD */
};

#define HOST "Host: x\r\n"
#define POST "POST /api/v1/meshes HTTP/1.1\r\n" HOST "Authorization: Bearer $\r\n"

static const struct attack attacks[] = {
	{"nothing", "", "", true, 0, 0},
	{"a byte now and then of the request line", "GET /", "a", true, 0, 0},
	{"a byte now and then of a header", "GET /healthz HTTP/1.1\r\n" HOST "X: ", "a", true, 0,
	 0},
	{"a byte now and then of a body", POST "Content-Length: 60000\r\n\r\n{\"name\":\"", "a",
	 true, 0, 0},
	{"a byte now and then of a stranger's body",
	 "POST /api/v1/enroll HTTP/1.1\r\n" HOST "Content-Length: 9000\r\n\r\n{\"name\":\"", "a",
	 true, 0, 0},
	{"headers without end", "GET /healthz HTTP/1.1\r\n" HOST, "X-Flood: 0123456789abcdef\r\n",
	 false, 4 << 20, 0},
	{"one header without end", "GET /healthz HTTP/1.1\r\n" HOST "X: ", "0123456789abcdef",
	 false, 4 << 20, 0},
	{"chunks without end", POST "Transfer-Encoding: chunked\r\n\r\n",
	 "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n", false,
	 64 << 20, 0},
	{"a stranger's chunks without end",
	 "POST /api/v1/enroll HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
	 "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n", false,
	 64 << 20, 0},
	{"JSON of great depth", POST "Connection: close\r\nContent-Length: 60000\r\n\r\n", "[",
	 false, 60000, 0},
	{"objects of great depth", POST "Connection: close\r\nContent-Length: 60000\r\n\r\n",
	 "{\"a\":", false, 60000, 0},
	/* Few, for each has megabytes of buffers to fill before anything stands still. */
	{"answers that nobody reads", "", "GET /healthz HTTP/1.1\r\n" HOST "\r\n", false, 0, 3},
};

/* ---- the controller ---- */

static int enter(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	operator.curl = curl_easy_init();
	return space_enter();
}

static int leave(void)
{
	lone_kill(&lone);
	curl_easy_cleanup(operator.curl);
	json_decref(operator.json);
	buf_fini(&operator.body);
	return space_leave();
}

static bool start(const char *name, const char *settings)
{
	if (!lone_make(&lone, name, NULL, settings) || !lone_start(&lone))
		return false;
	snprintf(operator.base, sizeof(operator.base), "%s", lone.base);
	/* The attackers have lone.admin; an operator has a token, and with it a share, of his own.
	 */
	if (stand_call(&operator, lone.admin, "POST", "/api/v1/api-tokens",
		       "{\"role\":\"admin\"}") != 201)
		return false;
	snprintf(operator.admin, sizeof(operator.admin), "%s", stand_get(&operator, "token"));
	return stand_call(&operator, operator.admin, "POST", "/api/v1/meshes",
			  "{\"name\":\"prod\"}") == 201;
}

static long memory_kib(void)
{
	char path[64];
	struct buf text;
	const char *at;
	long kib;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)lone.pid);
	buf_init(&text);
	(void)file_read(path, 1 << 16, &text, NULL);
	at = strstr(buf_text(&text), "VmRSS:");
	kib = at != NULL ? strtol(at + 6, NULL, 10) : 0;
	buf_fini(&text);
	return kib;
}

/* ---- others ---- */

/* An answer from memory, one from the database, one that writes; the longest of them, in ms. A new
 * connection each: who comes anew is let in, too. */
static int64_t longest_answer(void)
{
	int64_t longest = 0;

	for (int i = 0; i < 3; i++) {
		struct mono started = mono_now();
		long status;
		int64_t ms;

		curl_easy_cleanup(operator.curl);
		operator.curl = curl_easy_init();
		status = i == 0	  ? stand_call(&operator, NULL, "GET", "/healthz", NULL)
			 : i == 1 ? stand_call(&operator, operator.admin, "GET", "/api/v1/meshes",
					       NULL)
				  : stand_call(&operator, operator.admin, "POST",
					       "/api/v1/join-tokens", "{}");
		ms = mono_ms_between(started, mono_now());
		if (status != (i < 2 ? 200 : 201))
			TEST_FAIL("somebody else's request: status %ld", status);
		longest = ms > longest ? ms : longest;
	}
	return longest;
}

/* ---- sockets ---- */

static int connect_to(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)atoi(strrchr(lone.base, ':') + 1)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), room = 4096;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* True when the other side has ended it; what it says is not wanted. */
static bool has_ended(int fd)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), 0)) > 0)
		;
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

struct attacker {
	int fd; /* -1: it was ended */
	size_t sent;
};

static bool attack_start(struct attacker *x, const struct attack *a)
{
	const char *dollar = strchr(a->start, '$');
	char text[600];

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(dollar != NULL ? dollar - a->start : 600),
		 a->start, dollar != NULL ? lone.admin : "", dollar != NULL ? dollar + 1 : "");
	*x = (struct attacker){.fd = connect_to()};
	return x->fd >= 0 && send(x->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Its next bytes, in a block so that a fast one is fast. */
static void attack_go_on(struct attacker *x, const struct attack *a)
{
	size_t len = strlen(a->more);
	char block[16384];
	size_t n = 0;

	if (len == 0 || len > sizeof(block) || (a->most > 0 && x->sent >= a->most))
		return;
	if (a->slow) {
		x->sent += send(x->fd, a->more, 1, MSG_NOSIGNAL) == 1;
		return;
	}
	while (n + len <= sizeof(block)) {
		memcpy(block + n, a->more, len);
		n += len;
	}
	for (int i = 0; i < 4; i++) {
		size_t from = x->sent % n, want = n - from;
		ssize_t sent;

		if (a->most > 0 && want > a->most - x->sent)
			want = a->most - x->sent;
		sent = want > 0 ? send(x->fd, block + from, want, MSG_NOSIGNAL) : 0;
		if (sent <= 0)
			return;
		x->sent += (size_t)sent;
	}
}

static size_t attack_all(struct attacker *crowd, size_t n, const struct attack *a)
{
	bool reads = strcmp(a->name, "answers that nobody reads") != 0;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		struct pollfd p = {.fd = crowd[i].fd, .events = POLLRDHUP};

		if (crowd[i].fd < 0)
			continue;
		attack_go_on(&crowd[i], a);
		if (reads ? has_ended(crowd[i].fd) : poll(&p, 1, 0) == 1) {
			close(crowd[i].fd);
			crowd[i].fd = -1;
		} else {
			left++;
		}
	}
	return left;
}

static void attack_by_many(const struct attack *a)
{
	struct mono deadline = mono_add_ms(mono_now(), ENDS_MS);
	struct attacker crowd[CROWD];
	size_t n = a->n > 0 ? a->n : CROWD, left = n;
	int64_t longest = 0;

	for (size_t i = 0; i < n; i++)
		if (!attack_start(&crowd[i], a))
			TEST_FAIL("%s: cannot begin", a->name);
	while (left > 0 && !mono_reached(deadline, mono_now())) {
		int64_t ms;

		left = attack_all(crowd, n, a);
		ms = longest_answer();
		longest = ms > longest ? ms : longest;
		poll(NULL, 0, TICK_MS);
	}
	for (size_t i = 0; i < n; i++)
		if (crowd[i].fd >= 0)
			close(crowd[i].fd);
	if (left > 0)
		TEST_FAIL("%s: %zu of %zu are still there", a->name, left, n);
	if (longest > SERVED_MS)
		TEST_FAIL("%s: somebody else waits %lld ms", a->name, (long long)longest);
}

static void the_limits_hold_against_many(void)
{
	long before, after;

	TEST_MUST(start("flood", "request_timeout = 1s\nbody_max = 64k\n"));
	longest_answer();
	before = memory_kib();
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		attack_by_many(&attacks[i]);
	after = memory_kib();
	printf("%d of each kind: %ld KiB before, %ld after\n", CROWD, before, after);
	CU_ASSERT(after - before < CROWD * 100);
	lone_stop(&lone);
}

/* ---- idle ---- */

/* How many of them are still there. */
static size_t still_there(int *fds, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (fds[i] >= 0 && has_ended(fds[i])) {
			close(fds[i]);
			fds[i] = -1;
		}
		left += fds[i] >= 0;
	}
	return left;
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void thousands_of_idle_connections_hinder_nobody(void)
{
	static int fds[IDLE];
	struct mono started, deadline;
	int64_t longest = 0;
	size_t most;
	long before, during;

	TEST_MUST(start("idle", "request_timeout = 4s\n"));
	longest_answer();
	before = memory_kib();
	started = mono_now();
	for (size_t i = 0; i < IDLE; i++) {
		fds[i] = connect_to();
		if (i % 500 == 499) {
			int64_t ms = longest_answer();

			longest = ms > longest ? ms : longest;
		}
	}
	during = memory_kib();
	most = still_there(fds, IDLE);
	deadline = mono_add_ms(mono_now(), ENDS_MS);
	while (still_there(fds, IDLE) > 0 && !mono_reached(deadline, mono_now())) {
		int64_t ms = longest_answer();

		longest = ms > longest ? ms : longest;
		poll(NULL, 0, 100);
	}
	TEST_NUMBER(still_there(fds, IDLE), 0);
	printf("%zu idle connections: %ld KiB each, all ended after %lld ms, an answer in %lld ms "
	       "at "
	       "most\n",
	       most, (during - before) / IDLE, (long long)mono_ms_between(started, mono_now()),
	       (long long)longest);
	CU_ASSERT(most > IDLE * 9 / 10 && longest < SERVED_MS && during - before < IDLE * 48L);
	close_all(fds, IDLE);
	lone_stop(&lone);
}

/* Strangers take each other's places; a machine that waits keeps its own, and one who shows a
 * credential gets in. */
static void strangers_do_not_lock_out_machines(void)
{
	static int fds[2 * MOST];
	struct stand_machine m;
	char request[600], text[2000];
	size_t left;
	int waiting;

	TEST_MUST(start("crowd", "request_timeout = 60s\nconnections = 400\n"));
	stand_machine_new(&m, "member");
	TEST_NUMBER(stand_enroll(&operator, & m, stand_join_token(&operator, operator.admin, NULL),
				 NULL),
		    201);
	CU_ASSERT(stand_wait_rendered(&operator, & m));
	snprintf(request, sizeof(request),
		 "GET /api/v1/machine HTTP/1.1\r\n" HOST "Authorization: Bearer %s\r\n"
		 "If-None-Match: %s\r\nPrefer: wait=50\r\n\r\n",
		 m.token, operator.etag);
	waiting = connect_to();
	CU_ASSERT(send(waiting, request, strlen(request), MSG_NOSIGNAL) > 0);
	longest_answer();
	for (size_t i = 0; i < 2 * MOST; i++) {
		fds[i] = connect_to();
		if (i % 50 == 49)
			CU_ASSERT(longest_answer() < SERVED_MS);
	}
	left = still_there(fds, 2 * MOST);
	CU_ASSERT(left > MOST / 2 && left < MOST);
	/* Those who came last are there, those who came first are not. */
	CU_ASSERT(fds[0] < 0 && fds[2 * MOST - 1] >= 0);
	/* The machine still waits, and hears of what changes. */
	CU_ASSERT(!has_ended(waiting));
	snprintf(text, sizeof(text), "/api/v1/machines/%s", m.id);
	TEST_NUMBER(stand_call(&operator, operator.admin, "PATCH", text, "{\"name\":\"renamed\"}"),
		    200);
	CU_ASSERT(poll(&(struct pollfd){.fd = waiting, .events = POLLIN}, 1, 5000) == 1);
	text[recv(waiting, text, sizeof(text) - 1, 0)] = '\0';
	CU_ASSERT(strstr(text, "renamed") != NULL);
	close(waiting);
	close_all(fds, 2 * MOST);
	lone_stop(&lone);
}

TEST_SUITE_WITH(net_flood, enter, leave,
		{"the limits hold against many", the_limits_hold_against_many},
		{"thousands of idle connections hinder nobody",
		 thousands_of_idle_connections_hinder_nobody},
		{"strangers do not lock out machines", strangers_do_not_lock_out_machines});
