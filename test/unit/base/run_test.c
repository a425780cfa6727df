#include "lib/base/run.h"

#include <string.h>

#include "lib/base/clock.h"
#include "test/test.h"

static void output_and_status(void)
{
	struct buf out;
	int status = -1;

	buf_init(&out);
	TEST_NUMBER(
		run_program((const char *[]){"sh", "-c", "cat; echo a; echo b >&2; exit 7", NULL},
			    5000, &out, &status, NULL),
		0);
	TEST_NUMBER(status, 7);
	TEST_TEXT(buf_text(&out), "a\nb\n");
	TEST_NUMBER(run_program((const char *[]){"sh", "-c", "kill -9 $$", NULL}, 5000, NULL,
				&status, NULL),
		    0);
	TEST_NUMBER(status, 137);
	buf_fini(&out);
}

static void no_shell(void)
{
	struct buf out;
	int status;

	buf_init(&out);
	TEST_NUMBER(run_program((const char *[]){"printf", "%s", "$(id); `id` *", NULL}, 5000, &out,
				&status, NULL),
		    0);
	TEST_TEXT(buf_text(&out), "$(id); `id` *");
	buf_fini(&out);
}

static void time_runs_out(void)
{
	struct mono start = mono_now();
	struct fault f = {0};
	int status;

	TEST_NUMBER(run_program((const char *[]){"sleep", "30", NULL}, 100, NULL, &status, &f),
		    ERR_TIMEOUT);
	CU_ASSERT(mono_ms_between(start, mono_now()) < 5000);
	/* What it leaves in the background is not waited for. */
	TEST_NUMBER(run_program((const char *[]){"sh", "-c", "sleep 3 &", NULL}, 5000, NULL,
				&status, NULL),
		    0);
	CU_ASSERT(mono_ms_between(start, mono_now()) < 5000);
}

static void failures_are_told(void)
{
	struct fault f = {0}, g = {0};

	TEST_NUMBER(run_program_ok((const char *[]){"/nonexistent", NULL}, 1000, &f), ERR_MISSING);
	TEST_TEXT(f.text, "no program /nonexistent");
	TEST_NUMBER(run_program_ok((const char *[]){"sh", "-c", "echo one; echo two; exit 3", NULL},
				   1000, &g),
		    ERR_REMOTE);
	TEST_TEXT(g.text, "sh: status 3: two");
	TEST_NUMBER(run_program_ok((const char *[]){"true", NULL}, 1000, NULL), 0);
}

static void much_output_is_cut(void)
{
	struct buf out;
	int status = -1;

	buf_init(&out);
	TEST_NUMBER(run_program((const char *[]){"head", "-c", "3000000", "/dev/zero", NULL}, 10000,
				&out, &status, NULL),
		    0);
	TEST_NUMBER(status, 0);
	CU_ASSERT(out.len >= RUN_OUTPUT_MAX && out.len < RUN_OUTPUT_MAX + 8192);
	buf_fini(&out);
}

TEST_SUITE(base_run, {"output and status", output_and_status}, {"no shell", no_shell},
	   {"time runs out", time_runs_out}, {"failures are told", failures_are_told},
	   {"much output is cut", much_output_is_cut});
