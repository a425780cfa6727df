#include "agent/question_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/arena.h"

#define NOBODY	   65534
#define NICENESS   5
#define FILES_MAX  64
#define GROUPS_MAX 2

/* All that the child is, made before the fork: after it only what is safe there is called. */
struct plan {
	char program[PATH_TEXT_MAX];
	char *argv[QUESTION_WORDS_MAX + 2];
	char *environment[8];
	bool drop; /* the agent is root */
	gid_t groups[GROUPS_MAX];
	size_t ngroups;
	enum question_need need;
	pid_t agent;
	int executable, output, errors, report;
};

/* ---- before ---- */

static int open_program(char out[PATH_TEXT_MAX], int *fd, struct fault *f)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", out, PATH_TEXT_MAX - 1);
	char *slash;

	if (n <= 0)
		return fault_errno(f, errno, "/proc/self/exe");
	out[n] = '\0';
	if ((size_t)n > strlen(deleted) && strcmp(out + n - strlen(deleted), deleted) == 0)
		out[(size_t)n - strlen(deleted)] = '\0'; /* upgraded: the new one is there */
	slash = strrchr(out, '/');
	if (slash == NULL || slash + sizeof("/skein") > out + PATH_TEXT_MAX)
		return fault_set(f, ERR_TOO_LARGE, "the path of the agent's program is too long");
	memcpy(slash, "/skein", sizeof("/skein"));
	*fd = open(out, O_PATH | O_CLOEXEC);
	return *fd >= 0 ? 0 : fault_set(f, ERR_MISSING, "%s: no such program", out);
}

static void add_group(struct plan *p, const struct group *g)
{
	if (g != NULL && p->ngroups < GROUPS_MAX)
		p->groups[p->ngroups++] = g->gr_gid;
}

static void make_words(struct plan *p, const struct question *q)
{
	size_t n = 0;

	p->argv[n++] = p->program;
	for (size_t i = 0; i < q->words.n; i++)
		p->argv[n++] = (char *)(uintptr_t)q->words.at[i];
	p->argv[n] = NULL;
}

static void make_environment(struct plan *p, struct arena *a, const struct config *c,
			     const struct question *q)
{
	const char *zone = getenv("TZ");
	char **at = p->environment;

	*at++ = arena_strdup(a, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	*at++ = arena_strdup(a, "LANG=C.UTF-8");
	*at++ = arena_printf(a, "SKEIN_RUN_DIR=%s", c->run_dir);
	*at++ = arena_printf(a, "SKEIN_STATE_DIR=%s", c->state_dir);
	*at++ = arena_printf(a, "SKEIN_WIDTH=%d", (int)q->width);
	*at++ = arena_printf(a, "SKEIN_COLOUR=%s", q->colour ? "always" : "never");
	if (zone != NULL)
		*at++ = arena_printf(a, "TZ=%s", zone);
	*at = NULL;
}

/* ---- in the child ---- */

static void say_and_leave(const struct plan *p)
{
	int error = errno;

	_exit(write(p->report, &error, sizeof(error)) == sizeof(error) ? 127 : 126);
}

static bool limit(__rlimit_resource_t what, rlim_t most)
{
	const struct rlimit l = {most, most};

	return setrlimit(what, &l) == 0;
}

static bool set_limits(void)
{
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
	       limit(RLIMIT_CPU, QUESTION_ANSWER_S) && setpriority(PRIO_PROCESS, 0, NICENESS) == 0;
}

/* By the kernel's own call: libc's versions speak to threads that there are none of. */
static bool keep_only(uint32_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = capabilities,
						  .permitted = capabilities,
						  .inheritable = capabilities}};

	if (syscall(SYS_capset, &header, data) != 0)
		return false;
	for (unsigned long c = 0; c < 32; c++)
		if ((capabilities >> c & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) != 0)
			return false;
	return true;
}

/* WireGuard is shown to who may change it; the state, and wireguard-go's sockets, are root's. */
#define BIT(capability)	 (UINT32_C(1) << (capability))
#define NET_CAPABILITIES (BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_DAC_OVERRIDE))

static bool become_nobody(const struct plan *p)
{
	uint32_t capabilities = p->need == QUESTION_NEEDS_NET ? NET_CAPABILITIES : 0;

	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_setgroups, p->ngroups, p->groups) == 0 &&
	       syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) == 0 &&
	       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0 && keep_only(capabilities);
}

static void run(const struct plan *p)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(p->output, STDOUT_FILENO) < 0 ||
	    dup2(p->errors, STDERR_FILENO) < 0 || chdir("/") != 0 || !set_limits() ||
	    (p->drop && !become_nobody(p)) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != p->agent)
		say_and_leave(p);
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	/* By its descriptor: the directory that it is in may be closed to who it is now. */
	execveat(p->executable, "", p->argv, p->environment, AT_EMPTY_PATH);
	say_and_leave(p);
}

/* ---- the agent's ---- */

static void close_all(int fds[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int spawn(const struct plan *p, int report, struct question_child *out, struct fault *f)
{
	int error = 0;
	ssize_t n;

	out->pid = fork();
	if (out->pid == 0)
		run(p);
	close(p->report);
	if (out->pid < 0)
		return fault_errno(f, errno, "fork");
	out->pidfd = pidfd_open(out->pid, 0);
	while ((n = read(report, &error, sizeof(error))) < 0 && errno == EINTR)
		;
	if (n == 0 && out->pidfd >= 0)
		return 0;
	kill(out->pid, SIGKILL);
	while (waitpid(out->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (out->pidfd >= 0)
		close(out->pidfd);
	return fault_errno(f, error != 0 ? error : EAGAIN, "%s", p->program);
}

int question_child_start(const struct config *c, const struct question *q,
			 const struct question_kind *kind, struct question_child *out,
			 struct fault *f)
{
	/* read and write end of: output, errors, report */
	int fds[6] = {-1, -1, -1, -1, -1, -1}, code;
	struct plan p = {
		.drop = geteuid() == 0, .need = kind->need, .executable = -1, .agent = getpid()};
	struct arena arena;

	arena_init(&arena);
	*out = (struct question_child){.pidfd = -1, .output = -1, .errors = -1};
	code = open_program(p.program, &p.executable, f);
	for (size_t i = 0; i < 6 && code == 0; i += 2)
		if (pipe2(fds + i, O_CLOEXEC) != 0)
			code = fault_errno(f, errno, "pipe");
	if (code == 0) {
		add_group(&p, getgrnam(c->bird_user));
		add_group(&p, getgrnam("skein"));
		make_words(&p, q);
		make_environment(&p, &arena, c, q);
		p.output = fds[1];
		p.errors = fds[3];
		p.report = fds[5];
		code = spawn(&p, fds[4], out, f);
		fds[5] = -1; /* it is closed */
	}
	if (code == 0) {
		out->output = fds[0];
		out->errors = fds[2];
		fds[0] = fds[2] = -1;
		fcntl(out->output, F_SETFL, O_NONBLOCK);
		fcntl(out->errors, F_SETFL, O_NONBLOCK);
	}
	close_all(fds, 6);
	close_all(&p.executable, 1);
	arena_fini(&arena);
	return code;
}

bool question_child_has_ended(const struct question_child *c)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

int question_child_end(struct question_child *c)
{
	int status = 0;

	if (c->pid <= 0)
		return 0;
	/* Not reaped yet, so the group is still its own. */
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void question_child_close(struct question_child *c)
{
	close_all((int[]){c->pidfd, c->output, c->errors}, 3);
	*c = (struct question_child){.pidfd = -1, .output = -1, .errors = -1};
}
