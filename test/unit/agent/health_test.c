/* Health checks against real sockets and real programs, in a loop of their own. */
#include <arpa/inet.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/health/check.h"
#include "agent/health/verdict.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/test.h"

#define TIMEOUT_MS 300

struct scene {
	uv_loop_t loop;
	struct config config;
	struct prefix prefix;
	struct state_terms terms;
	bool answered;
	char why[CHECK_WHY_MAX];
	/* a server that says this to whoever connects, piece by piece */
	int listener;
	const char *pieces[3];
	uv_poll_t poll;
	int client;
};

static void on_done(void *context, const char *why)
{
	struct scene *s = context;

	s->answered = true;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void scene_start(struct scene *s, enum state_check_type type, const char *target)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	memset(s, 0, sizeof(*s));
	uv_loop_init(&s->loop);
	s->client = -1;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(bind(s->listener, (struct sockaddr *)&at, sizeof(at)) == 0);
	CU_ASSERT_FATAL(listen(s->listener, 8) == 0);
	getsockname(s->listener, (struct sockaddr *)&at, &len);
	s->terms = (struct state_terms){.check = (uint8_t)type,
					.family = FAMILY_IPV4,
					.address = {127, 0, 0, 1},
					.port = ntohs(at.sin_port),
					.interval_ms = TIMEOUT_MS,
					.timeout_ms = TIMEOUT_MS,
					.rise = 1,
					.fall = 1};
	prefix_parse("192.168.7.0/24", &s->prefix, NULL);
	snprintf(s->terms.target, sizeof(s->terms.target), "%s", target);
}

static void scene_end(struct scene *s)
{
	if (s->listener >= 0)
		close(s->listener);
	if (s->client >= 0)
		close(s->client);
	TEST_NUMBER(uv_loop_close(&s->loop), 0); /* every handle was closed */
}

/* Accepts, and says the next piece each time that it is woken. */
static void on_client(uv_poll_t *poll, int status, int events)
{
	struct scene *s = poll->data;
	static const size_t n = sizeof(s->pieces) / sizeof(s->pieces[0]);

	(void)status;
	(void)events;
	if (s->client < 0)
		s->client = accept(s->listener, NULL, NULL);
	for (size_t i = 0; i < n && s->client >= 0 && s->pieces[i] != NULL; i++)
		CU_ASSERT(send(s->client, s->pieces[i], strlen(s->pieces[i]), MSG_NOSIGNAL) > 0);
	if (s->pieces[0] != NULL)
		shutdown(s->client, SHUT_WR);
	uv_poll_stop(poll);
	uv_close((uv_handle_t *)poll, NULL);
}

static const char *ask(struct scene *s)
{
	bool serves = s->listener >= 0 && s->terms.check != STATE_CHECK_EXEC;

	if (serves) {
		uv_poll_init(&s->loop, &s->poll, s->listener);
		s->poll.data = s;
		uv_poll_start(&s->poll, UV_READABLE, on_client);
	}
	check_start(&s->loop, &s->config, &s->terms, &s->prefix, on_done, s);
	CU_ASSERT(!s->answered);
	while (!s->answered && uv_run(&s->loop, UV_RUN_ONCE) != 0)
		;
	if (serves && !uv_is_closing((uv_handle_t *)&s->poll))
		uv_close((uv_handle_t *)&s->poll, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	CU_ASSERT(s->answered);
	return s->why;
}

static void a_port_that_listens_is_well(void)
{
	struct scene s;

	scene_start(&s, STATE_CHECK_TCP, "");
	TEST_TEXT(ask(&s), "");
	scene_end(&s);
	scene_start(&s, STATE_CHECK_TCP, "");
	close(s.listener);
	s.listener = -1;
	TEST_TEXT(ask(&s), "connection refused");
	scene_end(&s);
}

static void http_is_judged_by_its_status(void)
{
	static const struct {
		const char *pieces[3], *why;
	} rows[] = {
		{{"HTTP/1.1 200 OK\r\n\r\nwell"}, ""},
		{{"HTTP/1.0 204 No Content\r\n\r\n"}, ""},
		{{"HTTP/1.1 302", " Found\r\n"}, ""},
		{{"HT", "TP/1.", "1 200 OK\r\n"}, ""},
		{{"HTTP/1.1 503 Service Unavailable\r\n\r\n"}, "HTTP status 503"},
		{{"HTTP/1.1 404 Not Found\r\n\r\n"}, "HTTP status 404"},
		{{"SSH-2.0-OpenSSH_9.2p1\r\n"}, "the answer is not HTTP"},
		{{"HTTP/1.1 2x0 OK really\r\n"}, "the answer is not HTTP"},
		{{"HTTP/1.1 2"}, "the connection ended without an answer"},
		{{NULL}, "no answer within 300 ms"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		scene_start(&s, STATE_CHECK_HTTP, "/health");
		memcpy(s.pieces, rows[i].pieces, sizeof(s.pieces));
		TEST_TEXT(ask(&s), rows[i].why);
		scene_end(&s);
	}
}

/* Below the test's directory, as a path that is the same from anywhere. */
static const char *place(const char *name, char out[4200])
{
	char directory[PATH_MAX];

	CU_ASSERT(realpath(test_dir(), directory) != NULL);
	snprintf(out, 4200, "%s/%s", directory, name);
	return out;
}

static const char *script(const char *name, const char *text)
{
	static char path[4200];

	place(name, path);
	CU_ASSERT(file_write(path, text, strlen(text), 0700, NULL) == 0);
	return path;
}

static void let_run(struct scene *s, char *line)
{
	static char *lines[1];

	lines[0] = line;
	s->config.checks = (struct schema_list){.at = lines, .n = 1};
}

static void a_program_is_judged_by_its_status(void)
{
	static const struct {
		const char *name, *text, *why;
	} rows[] = {
		{"good", "#!/bin/sh\n[ \"$SKEIN_PREFIX\" = 192.168.7.0/24 ]\n", ""},
		{"bad", "#!/bin/sh\nexit 3\n", "status 3"},
		{"killed", "#!/bin/sh\nkill -TERM $$\n", "killed by signal 15"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[4300];
		struct scene s;

		scene_start(&s, STATE_CHECK_EXEC, rows[i].name);
		s.terms.timeout_ms = 5000;
		snprintf(line, sizeof(line), "%s %s", rows[i].name,
			 script(rows[i].name, rows[i].text));
		let_run(&s, line);
		TEST_TEXT(ask(&s), rows[i].why);
		scene_end(&s);
	}
}

/* The controller says a name; what that is, or that it is nothing, says this machine. */
static void only_what_the_machine_names_is_run(void)
{
	char made[4200], line[4300], text[4300];
	struct scene s;

	place("made", made);
	snprintf(text, sizeof(text), "#!/bin/sh\n: > %s\n", made);
	snprintf(line, sizeof(line), "mine %s", script("mine", text));
	scene_start(&s, STATE_CHECK_EXEC, "min");
	let_run(&s, line);
	TEST_TEXT(ask(&s), "agent.conf has no 'check = min /path'");
	CU_ASSERT(access(made, F_OK) != 0);
	scene_end(&s);
	scene_start(&s, STATE_CHECK_EXEC, "mine");
	s.terms.timeout_ms = 5000;
	let_run(&s, line);
	TEST_TEXT(ask(&s), "");
	CU_ASSERT(access(made, F_OK) == 0);
	scene_end(&s);
}

/* It is gone, or nobody has fetched its status yet. */
static bool await_end(int pid)
{
	const struct mono deadline = mono_add_ms(mono_now(), 5000);
	char path[64];
	bool gone;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		struct buf stat;

		buf_init(&stat);
		gone = file_read(path, 4096, &stat, NULL) != 0 ||
		       strstr(buf_text(&stat), ") Z ") != NULL;
		buf_fini(&stat);
		if (!gone)
			poll(NULL, 0, 10);
	} while (!gone && !mono_reached(deadline, mono_now()));
	return pid > 1 && gone;
}

/* With all that it has begun. */
static void a_program_that_takes_too_long_is_ended(void)
{
	char pid[4200], line[4300], text[4300];
	struct buf said;
	struct scene s;

	place("pid", pid);
	snprintf(text, sizeof(text), "#!/bin/sh\nsleep 1000 &\necho $! > %s\nwait\n", pid);
	snprintf(line, sizeof(line), "slow %s", script("slow", text));
	scene_start(&s, STATE_CHECK_EXEC, "slow");
	s.terms.timeout_ms = 1000;
	let_run(&s, line);
	TEST_TEXT(ask(&s), "no answer within 1000 ms");
	scene_end(&s);
	buf_init(&said);
	CU_ASSERT(file_read(pid, 100, &said, NULL) == 0);
	CU_ASSERT(await_end(atoi(buf_text(&said))));
	buf_fini(&said);
}

static void a_check_can_be_called_off(void)
{
	struct scene s;

	scene_start(&s, STATE_CHECK_HTTP, "/");
	check_cancel(check_start(&s.loop, &s.config, &s.terms, &s.prefix, on_done, &s));
	uv_run(&s.loop, UV_RUN_DEFAULT);
	CU_ASSERT(!s.answered);
	scene_end(&s);
}

static void a_verdict_takes_some_in_a_row(void)
{
	struct verdict v = {.well = true};

	CU_ASSERT(!verdict_add(&v, false, 2, 3));
	CU_ASSERT(!verdict_add(&v, false, 2, 3));
	CU_ASSERT(!verdict_add(&v, true, 2, 3)); /* begins anew */
	CU_ASSERT(!verdict_add(&v, false, 2, 3));
	CU_ASSERT(!verdict_add(&v, false, 2, 3));
	CU_ASSERT(verdict_add(&v, false, 2, 3) && !v.well);
	CU_ASSERT(!verdict_add(&v, true, 2, 3));
	CU_ASSERT(verdict_add(&v, true, 2, 3) && v.well);
	CU_ASSERT(verdict_add(&v, false, 1, 1) && !v.well);
}

TEST_SUITE(agent_health, {"a port that listens is well", a_port_that_listens_is_well},
	   {"HTTP is judged by its status", http_is_judged_by_its_status},
	   {"a program is judged by its status", a_program_is_judged_by_its_status},
	   {"only what the machine names is run", only_what_the_machine_names_is_run},
	   {"a program that takes too long is ended", a_program_that_takes_too_long_is_ended},
	   {"a check can be called off", a_check_can_be_called_off},
	   {"a verdict takes some in a row", a_verdict_takes_some_in_a_row});
