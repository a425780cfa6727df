#include <CUnit/Basic.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "test/test.h"

extern const struct test_suite *const __start_test_suites[];
extern const struct test_suite *const __stop_test_suites[];

static unsigned skipped, cases_run, cases_failed;

void test_fail(const char *file, unsigned line, const char *fmt, ...)
{
	static char text[2048]; /* CUnit keeps a copy */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	CU_assertImplementation(CU_FALSE, line, text, file, "", CU_FALSE);
}

void test_end(const char *file, unsigned line, const char *what)
{
	CU_assertImplementation(CU_FALSE, line, what, file, "", CU_TRUE);
	abort(); /* CUnit left the case */
}

void test_text(const char *file, unsigned line, const char *what, const char *got, const char *want)
{
	if (got != NULL && strcmp(got, want) == 0)
		CU_assertImplementation(CU_TRUE, line, what, file, "", CU_FALSE);
	else
		test_fail(file, line, "%s: got \"%s\", want \"%s\"", what, got ? got : "(null)",
			  want);
}

void test_number(const char *file, unsigned line, const char *what, long long got, long long want)
{
	if (got == want)
		CU_assertImplementation(CU_TRUE, line, what, file, "", CU_FALSE);
	else
		test_fail(file, line, "%s: got %lld, want %lld", what, got, want);
}

bool test_step(const char *file, unsigned line, int code, const struct fault *f)
{
	if (code != 0)
		test_fail(file, line, "%s", fault_text(f, code));
	return code == 0;
}

void test_skip(const char *name)
{
	struct buf list;
	char *copy, *rest, *line;
	bool known = false;

	buf_init(&list);
	if (file_read("test/skips", 65536, &list, NULL) != 0)
		TEST_FAIL("test/skips cannot be read");
	copy = rest = buf_take(&list);
	while ((line = strsep(&rest, "\n")) != NULL)
		known = known || (line[0] != '#' && strcmp(line, name) == 0);
	free(copy);
	if (!known)
		TEST_FAIL("skip '%s' is not in test/skips", name);
	printf("skipped: %s\n", name);
	skipped++;
}

void test_golden(const char *name, const void *data, size_t len)
{
	char path[256];
	struct buf want;
	struct fault f = {0};

	snprintf(path, sizeof(path), "test/golden/%s", name);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		if (file_write(path, data, len, 0644, &f) != 0)
			TEST_FAIL("%s", f.text);
		return;
	}
	buf_init(&want);
	if (file_read(path, 16 << 20, &want, &f) != 0) {
		TEST_FAIL("%s (UPDATE_GOLDEN=1 writes it)", f.text);
	} else if (want.len != len || memcmp(want.data, data, len) != 0) {
		char got[300];

		snprintf(got, sizeof(got), "%s/golden.got", test_dir());
		file_write(got, data, len, 0644, NULL);
		TEST_FAIL("%s differs: diff -u %s %s", path, path, got);
	} else {
		CU_PASS("golden");
	}
	buf_fini(&want);
}

const char *test_dir(void)
{
	static char path[128];

	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "build/tmp/test-%d", (int)getpid());
		if (file_make_dir(path, 0755, NULL) != 0)
			TEST_FAIL("%s cannot be made", path);
	}
	return path;
}

void test_hush(bool on)
{
	static int told = -1;
	char path[200];
	int fd;

	if (on) {
		snprintf(path, sizeof(path), "%s/hushed.log", test_dir());
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		told = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0 || told < 0 || dup2(fd, STDERR_FILENO) < 0)
			TEST_FAIL("standard error cannot be led away");
		if (fd >= 0)
			close(fd);
	} else if (told >= 0) {
		dup2(told, STDERR_FILENO);
		close(told);
		told = -1;
	}
}

static bool selected(const struct test_suite *suite, const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strlen(suite->name);

		if (strncmp(argv[i], suite->name, len) == 0 &&
		    (argv[i][len] == '\0' ||
		     (argv[i][len] == '/' && strcmp(argv[i] + len + 1, name) == 0)))
			return true;
	}
	return argc == 1 && !suite->is_long;
}

static void add_suite(const struct test_suite *s, int argc, char **argv)
{
	CU_pSuite suite = NULL;

	for (const struct test_case *c = s->cases; c->name != NULL; c++) {
		if (!selected(s, c->name, argc, argv))
			continue;
		if (suite == NULL)
			suite = CU_add_suite(s->name, s->init, s->fini);
		if (suite == NULL || CU_add_test(suite, c->name, c->run) == NULL) {
			fprintf(stderr, "test runner: %s\n", CU_get_error_msg());
			exit(1);
		}
	}
}

/* A case that hangs must end the run with its name, not with silence. */
#define CASE_SECONDS 300

static struct timespec started;
static char running[256];

static void on_alarm(int signal)
{
	static const char says[] = " hangs: the run ends here\n";

	(void)signal;
	if (write(STDOUT_FILENO, running, strlen(running)) < 0 ||
	    write(STDOUT_FILENO, says, sizeof(says) - 1) < 0)
		_exit(2);
	_exit(1);
}

static void on_start(const CU_pTest test, const CU_pSuite suite)
{
	snprintf(running, sizeof(running), "FAILED %s/%s", suite->pName, test->pName);
	alarm(CASE_SECONDS);
	clock_gettime(CLOCK_MONOTONIC, &started);
}

/* Quiet on success, but for what took long. */
static void on_end(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
	struct timespec now;
	double took;

	clock_gettime(CLOCK_MONOTONIC, &now);
	took = (double)(now.tv_sec - started.tv_sec) +
	       (double)(now.tv_nsec - started.tv_nsec) / 1e9;
	cases_run++;
	cases_failed += failure != NULL;
	for (CU_pFailureRecord r = failure; r != NULL && r->pTest == test; r = r->pNext)
		printf("FAILED %s/%s: %s:%u: %s\n", suite->pName, test->pName, r->strFileName,
		       r->uiLineNumber, r->strCondition);
	if (took > 1.0 || getenv("VERBOSE") != NULL)
		printf("%s %s/%s (%.1f s)\n", failure ? "not ok" : "ok", suite->pName, test->pName,
		       took);
	fflush(stdout);
}

static void on_suite_init_failure(const CU_pSuite suite)
{
	printf("FAILED %s: its set-up failed\n", suite->pName);
	cases_failed++;
}

static void write_summary(const char *name, unsigned passed, unsigned failed)
{
	const char *path = getenv("SKEIN_SUMMARY");
	char line[128];

	snprintf(line, sizeof(line), "%s: %u passed, %u failed, %u skipped\n", name, passed, failed,
		 skipped);
	fputs(line, stdout);
	if (path != NULL && file_write(path, line, strlen(line), 0644, NULL) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	const char *name = getenv("SKEIN_SUMMARY");
	unsigned passed;

	name = name != NULL ? name : argv[0];
	name = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	for (size_t i = 0; &__start_test_suites[i] != __stop_test_suites; i++)
		add_suite(__start_test_suites[i], argc, argv);
	signal(SIGALRM, on_alarm);
	CU_set_test_start_handler(on_start);
	CU_set_test_complete_handler(on_end);
	CU_set_suite_init_failure_handler(on_suite_init_failure);
	CU_run_all_tests();
	alarm(0);
	CU_cleanup_registry();
	/* What failed is looked at afterwards; what passed is not. */
	if (cases_failed == 0 && file_remove(test_dir(), NULL) != 0)
		cases_failed++;
	if (cases_run == 0 && cases_failed == 0) {
		printf("no test of that name\n");
		cases_failed = 1;
	}
	passed = cases_run - cases_failed - skipped;
	write_summary(name, cases_run < cases_failed + skipped ? 0 : passed, cases_failed);
	return cases_failed == 0 ? 0 : 1;
}
