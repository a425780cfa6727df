/* Benches: what must stay fast, measured against something of this computer, so that the ratio says
 * the same on any. A file says BENCH(…) once, and is in. A row may have a bar; `make bench` prints
 * a table, holds it against reference.json, and writes build/bench.json. Rows whose names begin
 * with "long: " are measured only when they are named. */
#ifndef SKEIN_TEST_BENCH_BENCH_H
#define SKEIN_TEST_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bench_result {
	double value;	/* in the row's unit */
	double against; /* of what it is compared with, in the same unit; 0: with nothing */
};

#define BENCH_ZERO -1.0 /* for a bar: the value has to be 0 */

struct bench_row {
	const char *name, *unit;
	const char *against; /* NULL: nothing, the value is told as it is */
	double bar;	     /* of value / against: at most, or, where more is better, at least;
				0: none, the ratio is told as it is; BENCH_ZERO */
	bool more_is_better;
};

struct bench {
	const struct bench_row *rows;
	size_t n;
	void (*run)(struct bench_result *out); /* a result a row */
};

#define BENCH(id, run, ...)                                                                        \
	static const struct bench_row id##_rows[] = {__VA_ARGS__};                                 \
	static const struct bench id##_bench = {id##_rows, sizeof(id##_rows) / sizeof(*id##_rows), \
						run};                                              \
	static const struct bench *const id##_entry __attribute__((section("benches"), used)) =    \
		&id##_bench

/* The shortest of several runs, in ms of this thread's processor time: what else the computer does
 * makes them longer, and no run shorter. */
double bench_time(void (*run)(void *context), void *context);
/* The same of two that are to be compared, in turn, and more often: what else the computer does is
 * in both alike. */
struct bench_result bench_compare(void (*run)(void *context), void (*against)(void *context),
				  void *context);
/* The processor time that a process has had, in s. */
double bench_cpu(pid_t pid);
/* Of its memory, in bytes: a line of /proc/PID/status, as "VmRSS:". */
double bench_memory(pid_t pid, const char *line);
/* Keeps the calling process, and what it starts, on one core; the second one for what asks a
 * program on the first one. */
void bench_pin(int core);
/* Says why, and ends the program: a bench that cannot run has no number. */
_Noreturn void bench_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
