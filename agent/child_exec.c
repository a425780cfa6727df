#include "agent/child_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"

struct exec_report { /* from the grandchild, by a pipe */
	pid_t pid;
	int error; /* errno of exec; 0: came before exec */
};

/* Between fork and exec: only functions that are safe there. */
static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void redirect(int log)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	if (log >= 0)
		dup2(log, STDERR_FILENO);
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
}

static void say(int fd, int error)
{
	struct exec_report r = {getpid(), error};

	if (write(fd, &r, sizeof(r)) != sizeof(r))
		_exit(127);
}

/* In the first child. */
static void detach(char *const *argv, char *const *env, int log, int pipe_fd)
{
	setsid();
	if (chdir("/") != 0)
		_exit(127);
	if (fork() != 0)
		_exit(0); /* also on error: the pipe closes without a report */
	reset_signals();
	say(pipe_fd, 0);
	redirect(log);
	execvpe(argv[0], argv, env);
	say(pipe_fd, errno); /* the pipe survives close_range's CLOEXEC until exec succeeds */
	_exit(127);
}

/* Of ours only what these: a child runs on for long, BIRD not even as root, and what the agent was
 * started with is nothing for them. */
static const char *const kept[] = {"PATH", "LANG", "TZ"};

#define NKEPT (sizeof(kept) / sizeof(kept[0]))

struct environment {
	char *at[32];
	size_t n, owned; /* the first ones are ours to free */
};

static void make_environment(const char *const *more, struct environment *out)
{
	for (size_t i = 0; i < NKEPT; i++) {
		const char *value = getenv(kept[i]);

		if (value != NULL && asprintf(&out->at[out->n], "%s=%s", kept[i], value) >= 0)
			out->n++;
	}
	out->owned = out->n;
	while (more != NULL && *more != NULL && out->n < sizeof(out->at) / sizeof(out->at[0]) - 1)
		out->at[out->n++] = (char *)(uintptr_t)*more++;
	out->at[out->n] = NULL;
}

/* The first report has the pid; a second one says that exec failed; the end of the pipe without it
 * that exec succeeded. */
static int read_reports(int fd, const char *program, pid_t *pid, struct fault *f)
{
	struct exec_report r = {0};
	ssize_t n;

	while ((n = read(fd, &r, sizeof(r))) < 0 && errno == EINTR)
		;
	if (n != sizeof(r))
		return fault_set(f, ERR_EXHAUSTED, "%s: cannot start a process", program);
	*pid = r.pid;
	while ((n = read(fd, &r, sizeof(r))) < 0 && errno == EINTR)
		;
	if (n == sizeof(r) && r.error == ENOENT)
		return fault_set(f, ERR_MISSING, "%s: no such program", program);
	if (n == sizeof(r))
		return fault_errno(f, r.error, "%s", program);
	return 0;
}

int child_exec_detached(const struct child_spec *spec, pid_t *pid, struct fault *f)
{
	struct environment env = {.n = 0};
	int pipes[2] = {-1, -1}, log = -1, code = 0;
	pid_t first;

	make_environment(spec->environment, &env);
	if (spec->log != NULL)
		log = open(spec->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		code = fault_errno(f, errno, "pipe");
		goto out;
	}
	first = fork();
	if (first == 0)
		detach((char *const *)(uintptr_t)spec->argv, env.at, log, pipes[1]);
	close(pipes[1]);
	pipes[1] = -1;
	if (first < 0) {
		code = fault_errno(f, errno, "fork");
		goto out;
	}
	while (waitpid(first, NULL, 0) < 0 && errno == EINTR)
		;
	code = read_reports(pipes[0], spec->argv[0], pid, f);
out:
	for (int i = 0; i < 2; i++)
		if (pipes[i] >= 0)
			close(pipes[i]);
	if (log >= 0)
		close(log);
	while (env.owned > 0)
		free(env.at[--env.owned]);
	return code;
}
