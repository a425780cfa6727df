#include "lab/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

#define EXIT_NOT_STARTED 127

static void redirect(int fd, int to)
{
	if (fd != to && dup2(fd, to) < 0)
		_exit(EXIT_NOT_STARTED);
}

struct plumbing {
	int in, out, error; /* become 0, 1, 2 */
	int started;	    /* ends when the program runs; before, it tells why it does not. -1 */
	bool session;	    /* a session of its own: outlives the terminal */
};

/* In the child: never returns. What goes wrong is told on standard error, which is read or logged.
 */
static void become(const struct command_line *line, const struct plumbing *p)
{
	struct fault f = {0};

	redirect(p->in, 0);
	redirect(p->out, 1);
	redirect(p->error, 2);
	if (p->session)
		setsid();
	else
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (const char *const *e = line->env; e != NULL && *e != NULL; e++)
		putenv((char *)*e);
	if (line->in == NULL || place_enter(line->in, &f) == 0) {
		execvp(line->argv[0], (char *const *)line->argv);
		fault_errno(&f, errno, "%s", line->argv[0]);
	}
	dprintf(2, "%s\n", f.text);
	if (p->started >= 0)
		dprintf(p->started, "%s", f.text);
	_exit(EXIT_NOT_STARTED);
}

static pid_t spawn(const struct command_line *line, const struct plumbing *p, struct fault *f)
{
	pid_t pid = fork();

	if (pid == 0)
		become(line, p);
	if (pid < 0)
		fault_errno(f, errno, "fork");
	return pid;
}

/* An open file with the text, or /dev/null. */
static int open_input(const char *text)
{
	int fd;

	if (text == NULL)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd >= 0 && (write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
			lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_log(const char *path)
{
	return open(path != NULL ? path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0644);
}

/* Returns when the child has become the program. Until then it holds what its parent has open, a
 * lab's lock among it. */
static int await_start(int started, pid_t pid, struct fault *f)
{
	char why[FAULT_TEXT_MAX];
	ssize_t n;

	while ((n = read(started, why, sizeof(why) - 1)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return 0;
	why[n] = '\0';
	waitpid(pid, NULL, 0);
	return fault_set(f, ERR_MISSING, "%s", why);
}

int process_start(const struct command_line *line, struct process *out, struct fault *f)
{
	struct plumbing p = {.in = open_input(line->input), .session = true};
	int ends[2] = {-1, -1}, code;
	pid_t pid;

	p.out = p.error = open_log(line->log);
	if (p.in < 0 || p.out < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		code = fault_errno(f, errno, "%s", line->log != NULL ? line->log : "/dev/null");
		goto out;
	}
	p.started = ends[1];
	pid = spawn(line, &p, f);
	close(ends[1]);
	code = pid < 0 ? f->code : await_start(ends[0], pid, f);
	close(ends[0]);
	if (code == 0 && !process_read(pid, out))
		code = fault_set(f, ERR_INTERNAL, "%s died at once", line->argv[0]);
out:
	if (p.in >= 0)
		close(p.in);
	if (p.out >= 0)
		close(p.out);
	return code;
}

/* Reads both pipes until they end; false when the deadline came first. */
static bool collect(int from_out, int from_error, struct mono deadline, struct buf *out,
		    struct buf *error)
{
	struct pollfd p[2] = {{.fd = from_out, .events = POLLIN},
			      {.fd = from_error, .events = POLLIN}};
	struct buf *to[2] = {out, error};
	char chunk[4096];

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (left <= 0 || (poll(p, 2, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR))
			return false;
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			n = read(p[i].fd, chunk, sizeof(chunk));
			if (n <= 0)
				p[i].fd = -1;
			else if (to[i]->len + (size_t)n <= PROCESS_OUTPUT_MAX)
				buf_append(to[i], chunk, (size_t)n);
		}
	}
	return true;
}

static const char *last_line(struct buf *b)
{
	char *text = b->data, *line;

	if (text == NULL)
		return "";
	while (b->len > 0 && text[b->len - 1] == '\n')
		text[--b->len] = '\0';
	line = strrchr(text, '\n');
	return line != NULL ? line + 1 : text;
}

static int judge(const char *program, bool in_time, int status, struct buf *said, struct fault *f)
{
	const char *name = strrchr(program, '/') != NULL ? strrchr(program, '/') + 1 : program;
	const char *why = last_line(said);

	if (!in_time)
		return fault_set(f, ERR_TIMEOUT, "%s: took too long; it said: %s", name, why);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return fault_set(f, ERR_CHECK, "%s: ended by signal %d: %s", name, WTERMSIG(status),
				 why);
	return fault_set(f, ERR_CHECK, "%s: exit status %d: %s", name, WEXITSTATUS(status), why);
}

static void keep_log(const char *path, const char *program, const struct buf *said)
{
	int fd = path != NULL && said->len > 0 ? open_log(path) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "-- %s:\n%s", program, buf_text(said));
	close(fd);
}

int process_run(const struct command_line *line, struct mono deadline, struct buf *out,
		struct fault *f)
{
	int o[2] = {-1, -1}, e[2] = {-1, -1}, in = open_input(line->input), status = 0, code;
	struct buf discard, said;
	bool in_time;
	pid_t pid;

	buf_init(&discard);
	buf_init(&said);
	if (in < 0 || pipe2(o, O_CLOEXEC) != 0 || pipe2(e, O_CLOEXEC) != 0) {
		code = fault_errno(f, errno, "pipe");
		goto out;
	}
	pid = spawn(line, &(struct plumbing){in, o[1], e[1], -1, false}, f);
	if (pid < 0) {
		code = f->code;
		goto out;
	}
	close(o[1]);
	close(e[1]);
	o[1] = e[1] = -1;
	in_time = collect(o[0], e[0], deadline, out != NULL ? out : &discard, &said);
	if (!in_time)
		kill(pid, SIGKILL); /* our own child, not yet waited for: the pid is still its */
	waitpid(pid, &status, 0);
	keep_log(line->log, line->argv[0], &said);
	code = judge(line->argv[0], in_time, status, &said, f);
out:
	for (int i = 0; i < 2; i++) {
		if (o[i] >= 0)
			close(o[i]);
		if (e[i] >= 0)
			close(e[i]);
	}
	if (in >= 0)
		close(in);
	buf_fini(&discard);
	buf_fini(&said);
	return code;
}

int process_exec(const struct place *in, char *const *argv, struct fault *f)
{
	char *here = getcwd(NULL, 0);
	int code = place_enter(in, f);

	if (code != 0)
		goto out;
	/* Entering leads to the root directory; where this one is not there, stay. */
	if (here != NULL && chdir(here) != 0)
		(void)!chdir("/");
	execvp(argv[0], argv);
	code = fault_errno(f, errno, "%s", argv[0]);
out:
	free(here);
	return code;
}

/* Field 22 of /proc/PID/stat; the name in field 2 may hold anything, so count from its end. */
bool process_read(pid_t pid, struct process *out)
{
	char path[64], text[1024], *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	if (at == NULL || at[1] == '\0' || at[2] == 'Z' || at[2] == 'X')
		return false;
	for (int field = 2; field < 22 && at != NULL; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return false;
	out->pid = pid;
	out->start = strtoull(at + 1, NULL, 10);
	return true;
}

bool process_alive(const struct process *p)
{
	struct process now;

	return p->pid > 0 && process_read(p->pid, &now) && now.start == p->start;
}

/* Signalled through a pidfd, and compared after it was opened: it cannot become another's between.
 */
bool process_signal(const struct process *p, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	bool sent;

	if (fd < 0)
		return false;
	sent = process_alive(p) && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
	close(fd);
	return sent;
}

bool process_await_end(const struct process *p, struct mono deadline)
{
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t left = mono_ms_between(mono_now(), deadline);
	bool gone;

	if (fd < 0)
		return true;
	gone = !process_alive(p) || poll(&wait, 1, left > 0 ? (int)left : 0) == 1;
	close(fd);
	waitpid(p->pid, NULL, WNOHANG); /* reaps it where it was a child of ours */
	return gone;
}

/* By /proc/PID/comm: the first 15 bytes of the program's name, and a newline. */
static bool runs_program(pid_t pid, const char *name)
{
	char path[64], want[18];
	struct buf comm;
	bool same;

	if (name == NULL)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	snprintf(want, sizeof(want), "%.15s\n", name);
	buf_init(&comm);
	same = file_read(path, 64, &comm, NULL) == 0 && strcmp(buf_text(&comm), want) == 0;
	buf_fini(&comm);
	return same;
}

void process_find(const struct place *in, const char *name, process_vec *out)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (proc == NULL)
		return;
	while ((entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct process p;

		if (pid > 0 && place_has(in, pid) && runs_program(pid, name) &&
		    process_read(pid, &p))
			vec_push(out, p);
	}
	closedir(proc);
}

int process_kill_all(const process_vec *v, struct mono deadline, struct fault *f)
{
	for (size_t i = 0; i < v->n; i++)
		process_signal(&v->at[i], SIGKILL);
	for (size_t i = 0; i < v->n; i++)
		if (!process_await_end(&v->at[i], deadline))
			return fault_set(f, ERR_TIMEOUT, "process %d does not end",
					 (int)v->at[i].pid);
	return 0;
}
