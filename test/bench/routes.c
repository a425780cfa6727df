/* `skein bgp routes` on a BIRD with a million of them, against `birdc show route all` on the same
 * one: a route with what one of BGP has takes six lines. Both are what a person waits for, so it is
 * the time of the clock. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/net/bird_parse_routes.h"
#include "test/bench/apart.h"
#include "test/test.h"

#define ROUTES 1000000
#define FEW    1000
#define RUNS   2
#define CONFIG "/run/routes.conf"
#define SOCKET "/run/routes.ctl"

static void write_config(unsigned routes)
{
	FILE *f = fopen(CONFIG, "we");

	if (f == NULL)
		bench_fail("%s cannot be written", CONFIG);
	fputs("router id 10.0.0.1;\n"
	      "protocol device {}\n"
	      "filter as_of_bgp { bgp_path.prepend(65001); bgp_path.prepend(65000);\n"
	      "  bgp_origin = ORIGIN_IGP; bgp_local_pref = 100; bgp_next_hop = 10.0.0.1;\n"
	      "  bgp_community.add((65001,7)); accept; }\n"
	      "protocol static many { ipv4 { import filter as_of_bgp; };\n",
	      f);
	for (unsigned i = 0; i < routes; i++)
		fprintf(f, "route 11.%u.%u.%u/32 unreachable;\n", i >> 16, i >> 8 & 255, i & 255);
	fputs("}\n", f);
	if (fclose(f) != 0)
		bench_fail("%s cannot be written", CONFIG);
}

static int find_count(void *context, const struct bird_line *line)
{
	unsigned long n = 0;

	if (sscanf(line->text, "Total: %lu of", &n) == 1 && n == *(const unsigned *)context)
		return 0;
	return line->last ? ERR_CHECK : 0;
}

static bool has_all(const void *context)
{
	unsigned want = *(const unsigned *)context;

	return bird_ask(SOCKET, "show route count", mono_add_ms(mono_now(), 5000), find_count,
			&want, NULL) == 0;
}

/* Its time, in s, and the most memory that it had, in MiB; what it says goes nowhere. */
static double run(const char *const *argv, double *memory)
{
	const struct mono start = mono_now();
	struct rusage used = {0};
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(fd, STDOUT_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
		bench_fail("%s: status %d", argv[0], status);
	if (memory != NULL)
		*memory = (double)used.ru_maxrss / 1024;
	return (double)(mono_now().ns - start.ns) / 1e9;
}

static void keep_less(double *best, double value)
{
	if (*best <= 0 || value < *best)
		*best = value;
}

static pid_t start_bird(unsigned routes)
{
	const char *const argv[] = {"bird", "-f", "-c", CONFIG, "-s", SOCKET, NULL};
	pid_t pid;

	write_config(routes);
	pid = apart_start(argv);
	apart_await(has_all, &routes, "BIRD");
	return pid;
}

/* The time of a list as text, beside birdc's; the memory of one in JSON, beside that of a few. */
static void measure_inside(struct bench_result *out)
{
	static const char program[] = TEST_BUILD "/skein";
	const char *const text[] = {program, "bgp", "routes", "--socket", SOCKET, NULL};
	const char *const json[] = {program, "bgp", "routes", "--socket", SOCKET, "--json", NULL};
	const char *const birdc[] = {"birdc", "-s", SOCKET, "show", "route", "all", NULL};
	pid_t pid = start_bird(FEW);

	out[1] = (struct bench_result){0};
	run(json, &out[1].against);
	apart_stop(pid);
	unlink(SOCKET);
	pid = start_bird(ROUTES);
	out[0] = (struct bench_result){0};
	for (int i = 0; i < RUNS; i++) {
		keep_less(&out[0].value, run(text, NULL));
		keep_less(&out[0].against, run(birdc, NULL));
	}
	run(json, &out[1].value);
	apart_stop(pid);
}

static void measure(struct bench_result *out)
{
	apart_run(measure_inside, out, 2);
}

BENCH(routes, measure,
      {"1,000,000 routes listed by skein bgp", "s", "birdc show route all", 1.5, false},
      {"memory of that list as JSON", "MiB", "of 1,000 routes", 1.2, false});
