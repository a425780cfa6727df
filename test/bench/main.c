#include <sched.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "test/bench/table.h"
#include "test/test.h"

#define RUNS	     5
#define RUNS_IN_TURN 25
#define ROWS_MAX     24
#define LONG	     "long: "
#define REFERENCE    "test/bench/reference.json"

extern const struct bench *const __start_benches[], *const __stop_benches[];

void bench_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* The unit tests' fleet and stand say so when they fail. */
void test_fail(const char *file, unsigned line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bench_fail("%s:%u: %s", file, line, text);
}

const char *test_dir(void)
{
	static char path[64];

	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "build/tmp/bench-%d", (int)getpid());
		if (file_make_dir(path, 0755, NULL) != 0)
			bench_fail("%s cannot be made", path);
	}
	return path;
}

/* This thread's processor time, in ms. */
static double thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void time_one(void (*run)(void *), void *context, double *best)
{
	double start = thread_ms(), ms;

	run(context);
	ms = thread_ms() - start;
	if (*best <= 0 || ms < *best)
		*best = ms;
}

double bench_time(void (*run)(void *), void *context)
{
	double best = 0;

	for (int i = 0; i < RUNS; i++)
		time_one(run, context, &best);
	return best;
}

struct bench_result bench_compare(void (*run)(void *), void (*against)(void *), void *context)
{
	struct bench_result r = {0};

	for (int i = 0; i < RUNS_IN_TURN; i++) {
		time_one(run, context, &r.value);
		time_one(against, context, &r.against);
	}
	return r;
}

double bench_cpu(pid_t pid)
{
	struct timespec t = {0};
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		bench_fail("no clock of process %d", (int)pid);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_memory(pid_t pid, const char *line)
{
	char path[64], text[128];
	double kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		bench_fail("no process %d", (int)pid);
	while (fgets(text, sizeof(text), file) != NULL)
		if (strncmp(text, line, strlen(line)) == 0)
			kib = strtod(text + strlen(line), NULL);
	fclose(file);
	return kib * 1024;
}

void bench_pin(int core)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)(core % (int)(cores > 0 ? cores : 1)), &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_fail("no core %d", core);
}

static bool wanted(const struct bench *b, const char *word)
{
	for (size_t i = 0; i < b->n; i++)
		if (word == NULL ? strncmp(b->rows[i].name, LONG, strlen(LONG)) != 0
				 : strstr(b->rows[i].name, word) != NULL)
			return true;
	return false;
}

static void measure(const struct bench *b, struct table *t)
{
	struct bench_result results[ROWS_MAX] = {{0}};

	if (b->n > ROWS_MAX)
		bench_fail("a bench of more than %d rows", ROWS_MAX);
	b->run(results);
	for (size_t i = 0; i < b->n; i++)
		table_add(t, &b->rows[i], &results[i]);
}

/* bench FILE [WORD]: a table on standard output, JSON in the file; 1 when a bar does not hold. With
 * a word only those that have it in their names. */
int main(int argc, char **argv)
{
	const char *word = argc == 3 ? argv[2] : NULL;
	struct table t;
	bool held;

	if (argc < 2 || argc > 3 || sodium_init() < 0)
		bench_fail("want the file for the results");
	log_set_level(LOG_LEVEL_WARN);
	setvbuf(stdout, NULL, _IOLBF, 0); /* benches fork */
	table_init(&t, REFERENCE);
	/* cppcheck-suppress comparePointers ; the linker makes them the ends of one array */
	for (const struct bench *const *b = __start_benches; b < __stop_benches; b++)
		if (wanted(*b, word))
			measure(*b, &t);
	table_end(&t);
	if (!table_write(&t, argv[1]))
		bench_fail("%s cannot be written", argv[1]);
	if (getenv("UPDATE_REFERENCE") != NULL && !table_write_reference(&t, REFERENCE))
		bench_fail(REFERENCE " cannot be written");
	held = t.broken == 0;
	table_fini(&t);
	file_remove(test_dir(), NULL);
	return held ? 0 : 1;
}
