/* Benches: what must stay fast, measured against something of this computer, so that the ratio says
 * the same on any. A file says BENCH(…) once, and is in. Each has a bar; `make bench` prints a
 * table and writes build/bench.json. */
#ifndef SKEIN_TEST_BENCH_BENCH_H
#define SKEIN_TEST_BENCH_BENCH_H

#include <stdbool.h>

struct bench_result {
	double value;	/* in the bench's unit */
	double against; /* of what it is compared with, in the same unit */
};

struct bench {
	const char *name, *unit, *against;
	double bar; /* of value / against: at most, or, where more is better, at least */
	bool more_is_better;
	struct bench_result (*run)(void);
};

#define BENCH(id, ...)                                                                             \
	static const struct bench id##_bench = {__VA_ARGS__};                                      \
	static const struct bench *const id##_entry __attribute__((section("benches"), used)) =    \
		&id##_bench

/* The shortest of several runs, in ms: what else the computer does only makes runs longer. */
double bench_time(void (*run)(void *context), void *context);
/* Says why, and ends the program: a bench that cannot run has no number. */
_Noreturn void bench_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
