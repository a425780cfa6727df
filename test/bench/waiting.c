/* Ten thousand agents that wait for news: how long until the last one has it, what that costs the
 * controller, and what each costs it that only waits. Plain and over TLS; the controller and the
 * agents are a process each. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "test/bench/bench.h"
#include "test/unit/controller/crowd.h"
#include "test/unit/controller/pollers.h"

#define AGENTS	10000
#define FILES	20000
#define NEWS_MS 120000
#define REST_MS 1000

/* What the controller's process tells of it. */
struct told {
	uint16_t port;
	char admin[TOKEN_SIZE];
};

struct costs {
	double news_s, cpu_s, bytes, idle;
};

static void allow_files(void)
{
	const struct rlimit limit = {FILES, FILES};

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		bench_fail("%d files are not allowed", FILES);
}

static void serve(bool tls, int out, int in)
{
	static struct stand s;
	static struct told told;
	char byte, *colon;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!stand_start(&s, tls ? NULL : "tls = no\n") ||
	    stand_call(&s, s.admin, "POST", "/api/v1/meshes", "{\"name\":\"prod\"}") != 201)
		bench_fail("the controller does not start");
	stand_pause(&s);
	if (!crowd_fill(&s, "prod", 0, AGENTS) || !stand_resume(&s))
		bench_fail("the controller does not start again");
	colon = strrchr(s.base, ':');
	told.port = (uint16_t)strtoul(colon + 1, NULL, 10);
	snprintf(told.admin, sizeof(told.admin), "%s", s.admin);
	if (write(out, &told, sizeof(told)) != sizeof(told))
		_exit(1);
	(void)!read(in, &byte, 1); /* until the other end closes */
	stand_stop(&s);
	_exit(0);
}

/* The descriptor keeps it running. */
static int start(bool tls, pid_t *pid, struct told *told)
{
	int up[2], down[2];

	if (pipe(up) != 0 || pipe(down) != 0)
		bench_fail("pipe");
	*pid = fork();
	if (*pid == 0) {
		close(up[0]);
		close(down[1]);
		serve(tls, up[1], down[0]);
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], told, sizeof(*told)) != sizeof(*told))
		bench_fail("the controller does not come up");
	close(up[0]);
	return down[1];
}

/* A name changes, which the view has; from the answer on the time runs. */
static void change(struct stand *s)
{
	char path[160];

	if (stand_call(s, s->admin, "GET", "/api/v1/machines?limit=1", NULL) != 200)
		bench_fail("machines: %ld", s->status);
	snprintf(path, sizeof(path), "/api/v1/machines/%s", stand_get(s, "items.0.id"));
	if (stand_call(s, s->admin, "PATCH", path, "{\"name\":\"renamed\"}") != 200)
		bench_fail("renaming: %ld", s->status);
}

/* What it takes for a second in which nothing happens. */
static double idle_of(pid_t pid)
{
	double before = bench_cpu(pid);

	usleep(REST_MS * 1000);
	return bench_cpu(pid) - before;
}

static struct costs measure(bool tls)
{
	struct stand s = {.curl = curl_easy_init()};
	struct stand_machine m;
	struct costs c;
	struct told told;
	struct mono begun;
	struct pollers *p;
	char etag[96];
	pid_t pid;
	int hold, status;
	double before, cpu;

	hold = start(tls, &pid, &told);
	snprintf(s.base, sizeof(s.base), "%s://127.0.0.1:%u", tls ? "https" : "http", told.port);
	snprintf(s.admin, sizeof(s.admin), "%s", told.admin);
	crowd_machine(0, &m);
	if (stand_call(&s, m.token, "GET", "/api/v1/mesh/config", NULL) != 200)
		bench_fail("view: %ld", s.status);
	snprintf(etag, sizeof(etag), "%s", s.etag);
	before = bench_memory(pid, "VmRSS:");
	p = pollers_new(&(struct pollers_options){.port = told.port, .tls = tls, .n = AGENTS});
	if (p == NULL)
		bench_fail("%d agents do not come up", AGENTS);
	c.idle = idle_of(pid);
	c.bytes = (bench_memory(pid, "VmRSS:") - before) / AGENTS;
	cpu = bench_cpu(pid);
	begun = mono_now();
	change(&s);
	if (pollers_await_news(p, etag, NEWS_MS) != AGENTS)
		bench_fail("not all of %d agents have the news", AGENTS);
	c.news_s = (double)mono_ms_between(begun, mono_now()) / 1000;
	c.cpu_s = bench_cpu(pid) - cpu;
	pollers_free(p);
	curl_easy_cleanup(s.curl);
	json_decref(s.json);
	buf_fini(&s.body);
	close(hold);
	waitpid(pid, &status, 0);
	return c;
}

static void waiting(struct bench_result *out)
{
	struct costs plain, tls;

	allow_files();
	plain = measure(false);
	tls = measure(true);
	*out++ = (struct bench_result){plain.news_s, 0};
	*out++ = (struct bench_result){plain.cpu_s, 0};
	*out++ = (struct bench_result){plain.bytes, 0};
	*out++ = (struct bench_result){plain.idle * 100, 0};
	*out++ = (struct bench_result){tls.news_s, 0};
	*out++ = (struct bench_result){tls.cpu_s, 0};
	*out++ = (struct bench_result){tls.bytes, 0};
	*out++ = (struct bench_result){tls.idle * 100, 0};
}

BENCH(waiting, waiting, {"news to the last of 10,000 agents", "s", NULL, 0, false},
      {"… the controller's processor", "s", NULL, 0, false},
      {"memory for each that waits", "B", NULL, 0, false},
      {"10,000 that wait, of a core", "%", NULL, 0, false},
      {"news to the last, over TLS", "s", NULL, 0, false},
      {"… the controller's, over TLS", "s", NULL, 0, false},
      {"memory for each, over TLS", "B", NULL, 0, false},
      {"10,000 that wait, over TLS", "%", NULL, 0, false});
