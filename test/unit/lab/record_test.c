#include "lab/record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/test.h"

static void a_record_is_read_as_written(void)
{
	char path[200];
	struct record a, b;
	struct fault f = {0};

	snprintf(path, sizeof(path), "%s/record.json", test_dir());
	record_init(&a);
	record_init(&b);
	a.inotify_before = 128;
	a.inotify_raised = 200;
	record_set(&a, "p1", "skein-agent", &(struct process){10, 77});
	record_set(&a, "p1", "skein-agent", &(struct process){11, UINT64_MAX});
	record_set(&a, "p2", "skein-agent", &(struct process){12, 79});
	TEST_NUMBER(record_save(&a, path, &f), 0);
	TEST_NUMBER(record_load(&b, path, &f), 0);
	TEST_NUMBER(b.inotify_before, 128);
	TEST_NUMBER(b.rows.n, 2);
	TEST_NUMBER(record_find(&b, "p1", "skein-agent")->process.pid, 11);
	CU_ASSERT(record_find(&b, "p1", "skein-agent")->process.start == UINT64_MAX);
	CU_ASSERT_PTR_NULL(record_find(&b, "p3", "skein-agent"));
	record_fini(&a);
	record_fini(&b);
}

static void an_absent_record_is_empty_and_a_broken_one_an_error(void)
{
	char path[200];
	struct record r;
	struct fault f = {0};

	snprintf(path, sizeof(path), "%s/other.json", test_dir());
	record_init(&r);
	TEST_NUMBER(record_load(&r, path, &f), 0);
	TEST_NUMBER(r.rows.n, 0);
	TEST_NUMBER(file_write(path, "{\"processes\": 3}", 16, 0644, &f), 0);
	CU_ASSERT(record_load(&r, path, &f) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "other.json"));
	record_fini(&r);
}

static void a_process_is_told_from_a_later_one_with_its_pid(void)
{
	struct process self, other;

	TEST_MUST(process_read(getpid(), &self));
	CU_ASSERT(process_alive(&self));
	other = self;
	other.start++;
	CU_ASSERT(!process_alive(&other));
	CU_ASSERT(!process_signal(&other, 0));
	CU_ASSERT(process_signal(&self, 0));
}

static void a_program_is_run_to_its_end_or_deadline(void)
{
	static const char *const hello[] = {"sh", "-c", "cat; echo no >&2; exit 3", NULL};
	static const char *const forever[] = {"sleep", "60", NULL};
	static const char *const absent[] = {"/nonexistent/program", NULL};
	struct command_line line = {.argv = hello, .input = "input"};
	struct buf out;
	struct fault f = {0};

	buf_init(&out);
	TEST_NUMBER(process_run(&line, mono_add_ms(mono_now(), 5000), &out, &f), ERR_CHECK);
	TEST_TEXT(buf_text(&out), "input");
	TEST_TEXT(f.text, "sh: exit status 3: no");
	f.code = 0;
	line = (struct command_line){.argv = forever};
	TEST_NUMBER(process_run(&line, mono_add_ms(mono_now(), 50), NULL, &f), ERR_TIMEOUT);
	f.code = 0;
	line.argv = absent;
	TEST_NUMBER(process_run(&line, mono_add_ms(mono_now(), 5000), NULL, &f), ERR_CHECK);
	if (strstr(f.text, "No such file") == NULL)
		TEST_FAIL("%s", f.text);
	buf_fini(&out);
}

TEST_SUITE(lab_process, {"a record is read as written", a_record_is_read_as_written},
	   {"an absent record is empty, a broken one an error",
	    an_absent_record_is_empty_and_a_broken_one_an_error},
	   {"a process is told from a later one with its pid",
	    a_process_is_told_from_a_later_one_with_its_pid},
	   {"a program is run to its end or deadline", a_program_is_run_to_its_end_or_deadline});
