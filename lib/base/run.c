#include "lib/base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

extern char **environ;

/* In a process group of its own, so that it can be killed with what it started; signals as a
 * program expects them, whatever ours are. */
static int spawn(const char *const *argv, int output, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETPGROUP);
	error = posix_spawnp(pid, argv[0], &files, &attr, (char **)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* False at the end of the output. */
static bool read_some(int fd, struct buf *output, size_t *total)
{
	char chunk[4096];
	ssize_t got = read(fd, chunk, sizeof(chunk));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (output != NULL && *total < RUN_OUTPUT_MAX)
		buf_append(output, chunk, (size_t)got);
	*total += (size_t)got;
	return got > 0;
}

/* Reads until the program itself has ended: what it left in the background may keep the pipe open.
 * False when the time is over. */
static bool attend(int process, int fd, struct mono deadline, struct buf *output)
{
	struct pollfd p[2] = {{.fd = process, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	size_t total = 0;

	for (;;) {
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (left <= 0)
			return false;
		if (poll(p, 2, left > 60000 ? 60000 : (int)left) < 0)
			continue; /* a signal of ours */
		if (p[1].revents != 0 && !read_some(fd, output, &total))
			p[1].fd = -1;
		/* It has ended, and what it wrote is read. */
		if (p[0].revents != 0 && (p[1].revents & POLLIN) == 0)
			return true;
	}
}

int run_program(const char *const *argv, int64_t timeout_ms, struct buf *output, int *status,
		struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), timeout_ms);
	int ends[2], wait_status = 0, process, error;
	bool ended;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_errno(f, errno, "pipe");
	error = spawn(argv, ends[1], &pid);
	close(ends[1]);
	if (error != 0) {
		close(ends[0]);
		return error == ENOENT ? fault_set(f, ERR_MISSING, "no program %s", argv[0])
				       : fault_errno(f, error, "%s", argv[0]);
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = process >= 0 && attend(process, ends[0], deadline, output);
	if (!ended)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		continue;
	if (process >= 0)
		close(process);
	close(ends[0]);
	if (!ended)
		return fault_set(f, ERR_TIMEOUT, "%s took longer than %lld ms", argv[0],
				 (long long)timeout_ms);
	*status = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
	return 0;
}

/* The last line that is not empty; cuts the text behind it. */
static const char *last_line(struct buf *text)
{
	const char *newline;

	while (text->len > 0 && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
	newline = strrchr(buf_text(text), '\n');
	return newline != NULL ? newline + 1 : buf_text(text);
}

int run_program_ok(const char *const *argv, int64_t timeout_ms, struct fault *f)
{
	struct buf output;
	int status = 0, code;

	buf_init(&output);
	code = run_program(argv, timeout_ms, &output, &status, f);
	if (code == 0 && status != 0)
		code = fault_set(f, ERR_REMOTE, "%s: status %d: %s", argv[0], status,
				 last_line(&output));
	buf_fini(&output);
	return code;
}
