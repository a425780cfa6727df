#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "test/bench/bench.h"
#include "test/test.h"

#define RUNS 5

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

double bench_time(void (*run)(void *), void *context)
{
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		struct mono start = mono_now();
		double ms;

		run(context);
		ms = (double)(mono_now().ns - start.ns) / 1e6;
		if (i == 0 || ms < best)
			best = ms;
	}
	return best;
}

static bool measure(const struct bench *b, json_t *all)
{
	struct bench_result r = b->run();
	double ratio = r.value / r.against;
	bool holds = b->more_is_better ? ratio >= b->bar : ratio <= b->bar;

	printf("%-34s %10.3g %-4s %8.3g × %-30s %s %.3g: %s\n", b->name, r.value, b->unit, ratio,
	       b->against, b->more_is_better ? "≥" : "≤", b->bar, holds ? "holds" : "FAILS");
	json_array_append_new(all,
			      json_pack("{s:s, s:f, s:s, s:s, s:f, s:f, s:b}", "name", b->name,
					"value", r.value, "unit", b->unit, "against", b->against,
					"ratio", ratio, "bar", b->bar, "holds", holds));
	return holds;
}

/* bench FILE [WORD]: a table on standard output, JSON in the file; 1 when a bar does not hold. With
 * a word only those that have it in their names. */
int main(int argc, char **argv)
{
	json_t *all = json_array();
	bool hold = true;

	if (argc < 2 || argc > 3 || sodium_init() < 0)
		bench_fail("want the file for the results");
	log_set_level(LOG_LEVEL_WARN);
	printf("%-34s %15s %10s %-31s %s\n", "BENCH", "VALUE", "RATIO", "AGAINST", "BAR");
	/* cppcheck-suppress comparePointers ; the linker makes them the ends of one array */
	for (const struct bench *const *b = __start_benches; b < __stop_benches; b++)
		if (argc == 2 || strstr((*b)->name, argv[2]) != NULL)
			hold = measure(*b, all) && hold;
	if (json_dump_file(all, argv[1], JSON_INDENT(2) | JSON_REAL_PRECISION(4)) != 0)
		bench_fail("%s cannot be written", argv[1]);
	json_decref(all);
	file_remove(test_dir(), NULL);
	return hold ? 0 : 1;
}
