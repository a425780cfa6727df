/* BIRD's files are changed all three at once, whenever who changes them is killed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/bird/files.h"
#include "lib/base/file.h"
#include "test/test.h"

static const struct id membership = {.bytes = {7}};

struct bench {
	struct config config;
	struct buf texts[2]; /* what a revision has for templates and membership */
	struct bird_wish wishes[2];
};

static void replace(char **option, const char *value)
{
	free(*option);
	*option = mem_strdup(value);
}

static void bench_init(struct bench *b)
{
	static const char *const heads[2] = {"# revision 0\n", "# revision 1\n"};

	memset(b, 0, sizeof(*b));
	schema_defaults(agent_config_rows, &b->config);
	replace(&b->config.run_dir, test_dir());
	replace(&b->config.bird, "true"); /* it is not the texts that matter */
	replace(&b->config.bird_user, "root");
	for (int i = 0; i < 2; i++) {
		buf_puts(&b->texts[i], heads[i]);
		b->wishes[i] = (struct bird_wish){heads[i], "", &b->texts[i], &b->texts[i]};
	}
}

static void bench_fini(struct bench *b)
{
	char dir[PATH_TEXT_MAX];

	TEST_NUMBER(file_remove(path_bird(&b->config, &membership, "", dir), NULL), 0);
	for (int i = 0; i < 2; i++)
		buf_fini(&b->texts[i]);
	agent_config_fini(&b->config);
}

static void prepare(struct bench *b, int revision)
{
	struct fault f = {0};

	TEST_STEP(bird_files_prepare(&b->config, &membership, &b->wishes[revision], &f), &f);
}

static void place(struct bench *b, int revision)
{
	struct fault f = {0};

	prepare(b, revision);
	TEST_STEP(bird_files_place(&b->config, &membership, &f), &f);
}

/* The revision; -1 where one of the three is not there; 2 for a mixture. */
static int in_place(struct bench *b)
{
	static const char *const names[] = {"bird.conf", "membership.conf", "templates.conf"};
	char path[PATH_TEXT_MAX];

	for (int i = 0; i < 3; i++)
		if (access(path_bird(&b->config, &membership, names[i], path), F_OK) != 0)
			return -1;
	for (int i = 0; i < 2; i++)
		if (bird_files_match(&b->config, &membership, &b->wishes[i]))
			return i;
	return 2;
}

/* Places what is next, killed where it enters or leaves its `n`th system call. False when it came
 * to its end before. */
static bool is_killed(struct bench *b, int n)
{
	int status;
	pid_t pid = fork();

	TEST_MUST(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
			_exit(1);
		_exit(bird_files_place(&b->config, &membership, NULL) == 0 ? 0 : 1);
	}
	TEST_NUMBER(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < n && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		TEST_NUMBER(waitpid(pid, &status, 0), pid);
	}
	if (!WIFSTOPPED(status)) {
		CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return false;
	}
	kill(pid, SIGKILL);
	TEST_NUMBER(waitpid(pid, &status, 0), pid);
	return true;
}

static void whoever_is_killed_leaves_three_that_belong_together(void)
{
	struct bench b;
	int seen[2] = {0};
	bool more = true;

	bench_init(&b);
	for (int n = 0; more; n++) {
		int found;

		place(&b, 0);
		prepare(&b, 1);
		more = is_killed(&b, n);
		found = in_place(&b);
		if (found != 0 && found != 1)
			TEST_FAIL("stop %d: %d", n, found);
		else
			seen[found]++;
	}
	CU_ASSERT(seen[0] > 0);
	CU_ASSERT(seen[1] > 0);
	TEST_NUMBER(in_place(&b), 1);
	bench_fini(&b);
}

/* An agent of before had three plain files there; the first one that has none at all. */
static void put_plain_files(struct bench *b)
{
	static const char *const names[] = {"bird.conf", "membership.conf", "templates.conf"};
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX], in_now[32];

	file_remove(path_bird(&b->config, &membership, "", to), NULL);
	place(b, 0);
	for (int i = 0; i < 3; i++) {
		snprintf(in_now, sizeof(in_now), "now/%s", names[i]);
		TEST_NUMBER(rename(path_bird(&b->config, &membership, in_now, from),
				   path_bird(&b->config, &membership, names[i], to)),
			    0);
	}
	TEST_NUMBER(file_remove(path_bird(&b->config, &membership, "now", to), NULL), 0);
	TEST_NUMBER(in_place(b), 0);
}

static void nor_does_one_that_follows_an_older_agent(void)
{
	struct bench b;
	bool more = true;

	bench_init(&b);
	for (int n = 0; more; n++) {
		put_plain_files(&b);
		prepare(&b, 1);
		more = is_killed(&b, n);
		if (in_place(&b) == 2)
			TEST_FAIL("stop %d", n);
	}
	TEST_NUMBER(in_place(&b), 1);
	bench_fini(&b);
}

static void the_step_is_written_into_what_is_in_place(void)
{
	struct fault f = {0};
	struct bench b;
	char path[PATH_TEXT_MAX];

	bench_init(&b);
	place(&b, 0);
	CU_ASSERT(!bird_files_starting(&b.config, &membership));
	TEST_STEP(bird_files_set_starting(&b.config, &membership, true, &f), &f);
	CU_ASSERT(bird_files_starting(&b.config, &membership));
	CU_ASSERT(bird_files_match(&b.config, &membership, &b.wishes[0]));
	place(&b, 1);
	CU_ASSERT(!bird_files_starting(&b.config, &membership));
	TEST_NUMBER(in_place(&b), 1);
	TEST_NUMBER(unlink(path_bird(&b.config, &membership, "bird.conf", path)), 0);
	CU_ASSERT(!bird_files_exist(&b.config, &membership));
	TEST_NUMBER(bird_files_set_starting(&b.config, &membership, true, NULL), ERR_NOT_FOUND);
	bench_fini(&b);
}

TEST_SUITE(bird_files,
	   {"whoever is killed leaves three that belong together",
	    whoever_is_killed_leaves_three_that_belong_together},
	   {"nor does one that follows an older agent", nor_does_one_that_follows_an_older_agent},
	   {"the step is written into what is in place",
	    the_step_is_written_into_what_is_in_place});
