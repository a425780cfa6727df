#include "agent/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/child_exec.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define PID_FILE_MAX 1024

/* Field 22 of /proc/PID/stat; the name before it may have anything in it but ends at the last ')'.
 */
static bool read_start_time(pid_t pid, unsigned long long *out)
{
	char path[64];
	struct buf text;
	const char *at;
	bool ok = false;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	buf_init(&text);
	if (file_read(path, 8192, &text, NULL) == 0 &&
	    (at = strrchr(buf_text(&text), ')')) != NULL) {
		for (int field = 2; field < 22 && at != NULL; field++)
			at = strchr(at + 1, ' ');
		ok = at != NULL && at[1] >= '0' && at[1] <= '9';
		*out = ok ? strtoull(at + 1, NULL, 10) : 0;
	}
	buf_fini(&text);
	return ok;
}

bool child_is_stopped(const struct child *c)
{
	char path[64];
	struct buf text;
	const char *at = NULL;
	bool stopped;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)c->pid);
	buf_init(&text);
	if (c->pid != 0 && file_read(path, 8192, &text, NULL) == 0)
		at = strrchr(buf_text(&text), ')');
	stopped = at != NULL && strncmp(at, ") T ", 4) == 0 && child_is_running(c);
	buf_fini(&text);
	return stopped;
}

void child_kill(const struct child *c)
{
	if (c->pidfd >= 0)
		pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
}

static bool read_executable(pid_t pid, char out[CHILD_PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	char path[64];
	ssize_t n;
	size_t cut;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, out, CHILD_PATH_MAX - 1);
	if (n <= 0)
		return false;
	out[n] = '\0';
	cut = (size_t)n - (sizeof(deleted) - 1);
	if ((size_t)n >= sizeof(deleted) && strcmp(out + cut, deleted) == 0)
		out[cut] = '\0'; /* upgraded under it: the same program */
	return true;
}

static int identify(pid_t pid, struct child *out, struct fault *f)
{
	memset(out, 0, sizeof(*out));
	out->pidfd = pidfd_open(pid, 0);
	if (out->pidfd < 0)
		return fault_set(f, ERR_NOT_FOUND, "process %d is gone", (int)pid);
	fcntl(out->pidfd, F_SETFD, FD_CLOEXEC);
	out->pid = pid;
	if (read_start_time(pid, &out->started) && read_executable(pid, out->executable))
		return 0;
	child_release(out);
	return fault_set(f, ERR_NOT_FOUND, "process %d is gone", (int)pid);
}

static int write_pid_file(const struct child *c, const char *path, struct fault *f)
{
	char text[PID_FILE_MAX];

	snprintf(text, sizeof(text), "%d %llu %s\n", (int)c->pid, c->started, c->executable);
	return file_write(path, text, strlen(text), 0644, f);
}

int child_start(const struct child_spec *spec, struct child *out, struct fault *f)
{
	pid_t pid = 0;
	int code = child_exec_detached(spec, &pid, f);

	if (code == 0)
		code = identify(pid, out, f);
	if (code != 0)
		return code;
	code = write_pid_file(out, spec->pid_file, f);
	if (code != 0) /* without it nobody would find it again */
		child_stop(out, spec->pid_file, mono_now());
	return code;
}

/* "312 4711 /usr/sbin/bird": false for anything else. */
static bool parse_pid_file(char *text, pid_t *pid, unsigned long long *started,
			   const char **executable)
{
	char *at = text;
	long number = strtol(at, &at, 10);

	if (number <= 0 || number > INT32_MAX || *at != ' ')
		return false;
	*started = strtoull(at + 1, &at, 10);
	*pid = (pid_t)number;
	if (at[0] != ' ' || at[1] != '/')
		return false;
	at[strcspn(at, "\n")] = '\0';
	*executable = at + 1;
	return true;
}

int child_adopt(const char *pid_file, struct child *out, struct fault *f)
{
	struct buf text;
	unsigned long long started = 0;
	const char *executable = "";
	pid_t pid = 0;
	int code;

	memset(out, 0, sizeof(*out));
	out->pidfd = -1;
	buf_init(&text);
	if (access(pid_file, F_OK) != 0)
		code = fault_set(f, ERR_NOT_FOUND, "%s: no such file", pid_file);
	else
		code = file_read(pid_file, PID_FILE_MAX, &text, f);
	if (code == 0 && (text.len == 0 || !parse_pid_file(text.data, &pid, &started, &executable)))
		code = fault_set(f, ERR_NOT_FOUND, "%s: not a pid file", pid_file);
	if (code == 0)
		code = identify(pid, out, f);
	if (code == 0 && (out->started != started || strcmp(out->executable, executable) != 0)) {
		child_release(out);
		code = fault_set(f, ERR_NOT_FOUND, "process %d is somebody else now", (int)pid);
	}
	buf_fini(&text);
	return code;
}

/* The pid of who called listen() on it; 0: nobody. */
static pid_t listener_of(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct ucred who = {0};
	socklen_t len = sizeof(who);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return 0;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (strlen(path) >= sizeof(at.sun_path) ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		who.pid = 0;
	close(fd);
	return who.pid;
}

static bool is_program(const char *executable, const char *program)
{
	const char *slash = strrchr(program, '/'), *end = strrchr(executable, '/');

	/* A bare name is looked up in PATH when it is started; where it was found is not known. */
	if (slash == NULL)
		return end != NULL && strcmp(end + 1, program) == 0;
	return strcmp(executable, program) == 0;
}

int child_adopt_listener(const char *socket, const char *program, const char *pid_file,
			 struct child *out, struct fault *f)
{
	pid_t pid = listener_of(socket);
	int code;

	memset(out, 0, sizeof(*out));
	out->pidfd = -1;
	if (pid <= 0)
		return fault_set(f, ERR_NOT_FOUND, "%s: nobody listens", socket);
	code = identify(pid, out, f);
	if (code == 0 && !is_program(out->executable, program))
		code = fault_set(f, ERR_NOT_FOUND, "%s: %s listens, not %s", socket,
				 out->executable, program);
	if (code == 0)
		code = write_pid_file(out, pid_file, f);
	if (code != 0)
		child_release(out);
	return code;
}

static bool wait_end(const struct child *c, struct mono deadline)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	for (;;) {
		int64_t left = mono_ms_between(mono_now(), deadline);
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

bool child_is_running(const struct child *c)
{
	return c->pid != 0 && c->pidfd >= 0 && !wait_end(c, mono_now());
}

void child_stop(struct child *c, const char *pid_file, struct mono deadline)
{
	if (c->pid != 0 && c->pidfd >= 0) {
		pidfd_send_signal(c->pidfd, SIGTERM, NULL, 0);
		if (!wait_end(c, deadline)) {
			pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
			wait_end(c, mono_add_ms(mono_now(), 1000));
		}
	}
	file_remove(pid_file, NULL);
	child_release(c);
}

void child_trim_log(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size > CHILD_LOG_MAX && truncate(path, 0) != 0)
		log_warn("a log could not be cut", LOG_S("path", path));
}

void child_release(struct child *c)
{
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
}
