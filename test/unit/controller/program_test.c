/* skein-controller as a process: exit statuses and words, and that SIGTERM ends it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "test/test.h"

#define PROGRAM TEST_BUILD "/skein-controller"

static char output[8192];

/* Runs it with `arguments`, keeps what it says; returns the exit status. */
static int run(const char *arguments)
{
	char command[600];
	size_t n;
	FILE *f;
	int status;

	snprintf(command, sizeof(command), PROGRAM " %s 2>&1", arguments);
	f = popen(command, "r");
	if (f == NULL)
		return -1;
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const char *words)
{
	if (strstr(output, words) == NULL)
		TEST_FAIL("want '%s' in: %s", words, output);
	else
		CU_PASS("says");
}

static const char *config(const char *name, const char *more)
{
	static char option[300];
	char cwd[200], path[260], text[700];

	snprintf(path, sizeof(path), "%s/%s/%s.conf", getcwd(cwd, sizeof(cwd)), test_dir(), name);
	snprintf(text, sizeof(text),
		 "data_dir = %s/%s/%s\ntemplates = %s/bird-templates\nlisten = 127.0.0.1:0\n%s",
		 cwd, test_dir(), name, cwd, more);
	file_write(path, text, strlen(text), 0644, NULL);
	snprintf(option, sizeof(option), "-c %s", path);
	return option;
}

static int run_with(const char *command, const char *options)
{
	char line[500];

	snprintf(line, sizeof(line), "%s %s", command, options);
	return run(line);
}

static void wrong_usage_and_configuration(void)
{
	TEST_NUMBER(run("frobnicate"), error_exit_status(ERR_USAGE));
	says("init");
	TEST_NUMBER(run("run -c /nonexistent.conf"), error_exit_status(ERR_NOT_FOUND));
	says("/nonexistent.conf");
	TEST_NUMBER(run_with("check-config", config("bad", "listen = 1\n")),
		    error_exit_status(ERR_INVALID));
	says("bad.conf");
	TEST_NUMBER(run_with("check-config", config("good", "")), 0);
	TEST_NUMBER(run("--help"), 0);
	says("token reset-admin");
	TEST_NUMBER(run("config-example"), 0);
	says("#request_timeout = 20s");
}

static void init_once_and_reset(void)
{
	const char *options = config("program", "");

	TEST_NUMBER(run_with("run", options), error_exit_status(ERR_NOT_FOUND));
	says("skein-controller init");
	TEST_NUMBER(run_with("init", options), 0);
	says("skein-api.");
	says(" --pin sha256//");
	TEST_NUMBER(run_with("pin", options), 0);
	says("sha256//");
	TEST_NUMBER(run_with("init", options), error_exit_status(ERR_EXISTS));
	says("init changes none");
	TEST_NUMBER(run_with("token reset-admin", options), 0);
	says("skein-api.");
}

static pid_t spawn(const char *options, const char *log)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (freopen(log, "w", stderr) != NULL)
			execl(PROGRAM, PROGRAM, "run", "-c", options + 3, NULL);
		_exit(127);
	}
	return pid;
}

static void one_controller_a_directory(void)
{
	const char *options = config("single", "");
	pid_t pid;
	int status = 0;

	TEST_NUMBER(run_with("init", options), 0);
	pid = spawn(options, "/dev/null");
	/* Who looks has the directory for a moment: the one that is to run may find it taken. */
	for (int i = 0; i < 500 && run_with("token reset-admin", options) == 0; i++) {
		usleep(10000);
		if (waitpid(pid, NULL, WNOHANG) == pid)
			pid = spawn(options, "/dev/null");
	}
	says("a controller runs here already, pid ");
	TEST_NUMBER(run_with("run", options), error_exit_status(ERR_BUSY));
	kill(pid, SIGTERM);
	TEST_NUMBER(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status));
	TEST_NUMBER(WEXITSTATUS(status), 0);
	TEST_NUMBER(run_with("token reset-admin", options), 0);
}

static void await_log(const char *log, const char *words)
{
	struct buf text;
	bool said = false;

	buf_init(&text);
	for (int i = 0; i < 500 && !said; i++) {
		buf_clear(&text);
		said = file_read(log, 65536, &text, NULL) == 0 &&
		       strstr(buf_text(&text), words) != NULL;
		if (!said)
			usleep(10000);
	}
	if (!said)
		TEST_FAIL("want '%s' in: %s", words, buf_text(&text));
	buf_fini(&text);
}

/* What a signal reads again; what is wrong then stops nothing. */
static void it_reads_again_on_sighup(void)
{
	const char *options = config("again", "");
	char log[260], path[300];
	int status = 0;
	pid_t pid;

	snprintf(log, sizeof(log), "%s/again.log", test_dir());
	snprintf(path, sizeof(path), "%s", options + 3);
	TEST_NUMBER(run_with("init", options), 0);
	pid = spawn(options, log);
	await_log(log, "controller runs");
	kill(pid, SIGHUP);
	await_log(log, "read again: log level, templates, certificate");
	TEST_NUMBER(file_write(path, "log_level = loud\n", 17, 0644, NULL), 0);
	kill(pid, SIGHUP);
	await_log(log, "not all could be read again");
	await_log(log, "'loud' is none of error");
	config("again", "log_level = debug\n");
	kill(pid, SIGHUP);
	kill(pid, SIGTERM);
	TEST_NUMBER(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status));
	TEST_NUMBER(WEXITSTATUS(status), 0);
}

TEST_SUITE(controller_program, {"wrong usage and configuration", wrong_usage_and_configuration},
	   {"init once, and reset", init_once_and_reset},
	   {"it reads again on SIGHUP", it_reads_again_on_sighup},
	   {"one controller a directory", one_controller_a_directory});
