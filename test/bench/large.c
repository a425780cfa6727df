/* A mesh of a million machines in the controller: what it costs to join it, to list a page of it,
 * to ask for the configuration of one of them; how long the others wait for the news; how long a
 * start takes; how much memory. Against one of a thousand. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "test/bench/bench.h"
#include "test/unit/controller/crowd.h"

#define SMALL  1000
#define LARGE  1000000
#define JOINS  20
#define PAGE   1000
#define LAST   5 /* addresses that are left, to join with */
#define WAIT_S 120

struct costs {
	double join_ms, list_ms, config_ms, news_s, start_s, bytes, peak;
};

static double since_ms(struct mono start)
{
	return (double)(mono_now().ns - start.ns) / 1e6;
}

static void least(double *to, double ms)
{
	if (*to == 0 || ms < *to)
		*to = ms;
}

/* This process's processor time, the controller's threads in it, in ms. */
static double cpu_ms(void)
{
	return bench_cpu(getpid()) * 1000;
}

/* ---- what is asked ---- */

static long join(struct stand *s, const char *token, struct stand_machine *m, struct costs *c)
{
	static unsigned number;
	struct mono start;
	char name[32];
	long status;

	snprintf(name, sizeof(name), "new-%u", ++number);
	stand_machine_new(m, name);
	start = mono_now();
	status = stand_enroll(s, m, token, NULL);
	if (status == 201)
		least(&c->join_ms, since_ms(start));
	return status;
}

/* The page in the middle: what is before it must not count. */
static void list(struct stand *s, size_t machines, struct costs *c)
{
	int64_t row = (int64_t)machines / 2;
	char cursor[16], path[128];
	double start;

	sodium_bin2base64(cursor, sizeof(cursor), (const uint8_t *)&row, sizeof(row),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(path, sizeof(path), "/api/v1/machines?limit=%d&cursor=%s",
		 machines > 2 * PAGE ? PAGE : PAGE / 2, cursor);
	start = cpu_ms();
	if (stand_call(s, s->admin, "GET", path, NULL) != 200)
		bench_fail("%s: %ld", path, s->status);
	least(&c->list_ms, (cpu_ms() - start) * (machines > 2 * PAGE ? 1 : 2));
}

/* One that nobody has asked for. */
static void config(struct stand *s, size_t i, struct costs *c)
{
	struct stand_machine m;
	double start;

	crowd_machine(i, &m);
	start = cpu_ms();
	if (stand_call(s, m.token, "GET", "/api/v1/mesh/config?image=membership", NULL) != 200)
		bench_fail("config: %ld", s->status);
	least(&c->config_ms, cpu_ms() - start);
}

/* From the answer to its key until another machine gets it, as steps. */
static void news(struct stand *s, const char *token, struct costs *c)
{
	char etag[128];
	struct stand_machine m, other;
	struct stand_request r = {.method = "GET", .path = "/api/v1/mesh/config"};
	struct mono start;

	crowd_machine(0, &m);
	r.token = m.token;
	if (stand_send(s, &r) != 200)
		bench_fail("view: %ld", s->status);
	snprintf(etag, sizeof(etag), "If-None-Match: %s", s->etag);
	r.headers[0] = etag;
	r.headers[1] = "A-IM: skein-delta";
	if (join(s, token, &other, c) != 201 || stand_put_key(s, &other, NULL) != 204)
		bench_fail("join: %ld", s->status);
	start = mono_now();
	while (stand_send(s, &r) == 304 && since_ms(start) < WAIT_S * 1000)
		usleep(1000);
	if (s->status != 226)
		bench_fail("news: %ld", s->status);
	c->news_s = since_ms(start) / 1000;
}

/* ---- a mesh of so many ---- */

/* To the last address of a /10, and no further. */
static void fill_up(struct stand *s, const char *token, struct costs *c)
{
	struct stand_machine m;

	stand_pause(s);
	if (!crowd_use_up(s, "prod", LAST) || !stand_resume(s))
		bench_fail("the controller does not start again");
	for (int i = 0; i < LAST; i++)
		if (join(s, token, &m, c) != 201)
			bench_fail("with %d addresses left: %ld", LAST - i, s->status);
	if (join(s, token, &m, c) != 409 || strcmp(stand_problem(s), "exhausted") != 0)
		bench_fail("a full mesh: %ld %s", s->status, stand_problem(s));
}

static void measure(size_t machines, bool all, struct costs *c)
{
	static struct stand s;
	struct stand_machine m;
	struct mono start;
	char *token;

	*c = (struct costs){0};
	if (!stand_start(&s, NULL) ||
	    stand_call(&s, s.admin, "POST", "/api/v1/meshes",
		       "{\"name\":\"prod\",\"cidr\":\"100.64.0.0/10\"}") != 201)
		bench_fail("the controller does not start");
	token = mem_strdup(stand_join_token(&s, s.admin, "{\"max_uses\":0}"));
	stand_pause(&s);
	if (!crowd_fill(&s, "prod", 0, machines))
		exit(1);
	start = mono_now();
	if (!stand_resume(&s))
		bench_fail("the controller does not start again");
	c->start_s = since_ms(start) / 1000;
	c->bytes = bench_memory(getpid(), "VmRSS:");
	for (int i = 0; i < JOINS; i++) {
		list(&s, machines, c);
		config(&s, (size_t)i + 1, c);
	}
	news(&s, token, c);
	for (int i = 0; i < JOINS; i++)
		if (join(&s, token, &m, c) != 201)
			bench_fail("join: %ld", s.status);
	c->peak = bench_memory(getpid(), "VmHWM:");
	if (all)
		fill_up(&s, token, c);
	free(token);
	stand_stop(&s);
}

/* In a process of its own: its memory is counted. */
static struct costs costs_of(size_t machines, bool all)
{
	struct costs c;
	int ends[2], status;
	pid_t pid;

	if (pipe(ends) != 0)
		bench_fail("pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		measure(machines, all, &c);
		_exit(write(ends[1], &c, sizeof(c)) != sizeof(c));
	}
	close(ends[1]);
	if (read(ends[0], &c, sizeof(c)) != sizeof(c))
		bench_fail("a mesh of %zu was not measured", machines);
	close(ends[0]);
	waitpid(pid, &status, 0);
	return c;
}

static void large(struct bench_result *out)
{
	struct costs small = costs_of(SMALL, false), big = costs_of(LARGE, true);

	*out++ = (struct bench_result){big.join_ms, small.join_ms};
	*out++ = (struct bench_result){big.list_ms, small.list_ms};
	*out++ = (struct bench_result){big.config_ms, small.config_ms};
	*out++ = (struct bench_result){big.news_s, 0};
	*out++ = (struct bench_result){big.start_s, 0};
	*out++ = (struct bench_result){(big.bytes - small.bytes) / LARGE, 0};
	*out++ = (struct bench_result){(big.peak - small.peak) / LARGE, 0};
}

BENCH(large, large, {"join a mesh of 1,000,000", "ms", "one of 1,000", 3, false},
      {"list 1,000 of its machines", "ms", "of 1,000", 2, false},
      {"the image of one of them", "ms", "of 1,000", 4, false},
      {"others hear of a join", "s", NULL, 0, false},
      {"start with 1,000,000 machines", "s", NULL, 0, false},
      {"memory for each of them", "B", NULL, 0, false},
      {"at most, while it is rendered", "B", NULL, 0, false});
