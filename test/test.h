/* Test suites register themselves: a file says TEST_SUITE(name, {"case", function}, …) once, and is
 * in. The runner is CUnit's; it adds selection (`build/test/unit SUITE[/CASE]…`), named skips, and
 * the closing line. */
#ifndef SKEIN_TEST_TEST_H
#define SKEIN_TEST_TEST_H

#include <CUnit/CUnit.h>
#include <stdbool.h>

#include "lib/base/error.h"

struct test_case {
	const char *name;
	void (*run)(void);
};

struct test_suite {
	const char *name;
	const struct test_case *cases; /* ends with a zeroed one */
	int (*init)(void);	       /* may be NULL; not 0: the suite fails */
	int (*fini)(void);
	bool is_long; /* run when it is named, not with all: `make check-long` names it */
};

#define TEST_SUITE_AS(id, init_, fini_, is_long_, ...)                                             \
	static const struct test_case id##_cases[] = {__VA_ARGS__, {0}};                           \
	static const struct test_suite id##_suite = {#id, id##_cases, init_, fini_, is_long_};     \
	static const struct test_suite *const id##_entry                                           \
		__attribute__((section("test_suites"), used)) = &id##_suite

#define TEST_SUITE_WITH(id, init_, fini_, ...) TEST_SUITE_AS(id, init_, fini_, false, __VA_ARGS__)
#define TEST_SUITE_LONG(id, init_, fini_, ...) TEST_SUITE_AS(id, init_, fini_, true, __VA_ARGS__)
#define TEST_SUITE(id, ...)		       TEST_SUITE_WITH(id, NULL, NULL, __VA_ARGS__)

/* Equal strings or numbers, both shown when they differ. */
#define TEST_TEXT(got, want) test_text(__FILE__, __LINE__, #got, got, want)
#define TEST_NUMBER(got, want)                                                                     \
	test_number(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
void test_text(const char *file, unsigned line, const char *what, const char *got,
	       const char *want);
void test_number(const char *file, unsigned line, const char *what, long long got, long long want);
/* A failure with words of its own. */
#define TEST_FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
void test_fail(const char *file, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What the rest of the case cannot do without: the case ends here when it does not hold. */
#define TEST_MUST(what)                                                                            \
	do {                                                                                       \
		if (!(what))                                                                       \
			test_end(__FILE__, __LINE__, #what);                                       \
	} while (0)
void test_end(const char *file, unsigned line, const char *what) __attribute__((noreturn));
/* A step that must succeed: the words of the fault when it does not. True when it did. */
#define TEST_STEP(code, fault) test_step(__FILE__, __LINE__, code, fault)
bool test_step(const char *file, unsigned line, int code, const struct fault *f);

/* The machine cannot run this: `name` must be a line of test/skips, or it counts as a failure. The
 * case returns after it. */
void test_skip(const char *name);

/* Compares with test/golden/NAME; with UPDATE_GOLDEN=1 in the environment writes it instead. */
void test_golden(const char *name, const void *data, size_t len);
/* Between the two, standard error goes to test_dir()/hushed.log: what is tested complains, as it
 * should. */
void test_hush(bool on);
/* A fresh directory under build/tmp, made for this process. Returns a static buffer. */
const char *test_dir(void);

#endif
