#include "test/bench/apart.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "test/test.h"

#define AWAIT_MS 60000
#define AGAIN_MS 10

void apart_await(bool (*ready)(const void *), const void *context, const char *what)
{
	struct mono deadline = mono_add_ms(mono_now(), AWAIT_MS);

	while (!ready(context)) {
		if (mono_reached(deadline, mono_now()))
			bench_fail("%s: not in %d s", what, AWAIT_MS / 1000);
		poll(NULL, 0, AGAIN_MS);
	}
}

static void set_up_loopback(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) != 0)
		bench_fail("no loopback");
	close(fd);
}

static void go_apart(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0)
		bench_fail("this bench makes namespaces: it needs root");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0 ||
	    mkdir("/run/wireguard", 0755) != 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) != 0)
		bench_fail("no /run and no /sys of its own");
	set_up_loopback();
}

/* The first process of its namespace: all that is in there ends with it. */
static _Noreturn void run_inside(void (*run)(struct bench_result *), size_t n, int to)
{
	struct bench_result results[16] = {{0}};
	size_t size = n * sizeof(results[0]);

	if (mount("proc", "/proc", "proc", 0, NULL) != 0)
		bench_fail("no /proc of its own");
	run(results);
	_exit(write(to, results, size) == (ssize_t)size ? 0 : 1);
}

void apart_run(void (*run)(struct bench_result *), struct bench_result *out, size_t n)
{
	ssize_t size = (ssize_t)(n * sizeof(*out));
	int fds[2];
	pid_t pid;

	(void)test_dir(); /* the caller's, not the child's */
	if (pipe2(fds, O_CLOEXEC) != 0)
		bench_fail("pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		go_apart();
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			run_inside(run, n, fds[1]);
		}
		_exit(waitpid(pid, NULL, 0) == pid ? 0 : 1);
	}
	close(fds[1]);
	if (pid < 0 || read(fds[0], out, (size_t)size) != size)
		bench_fail("it ended without a result");
	close(fds[0]);
	waitpid(pid, NULL, 0);
}

/* ---- programs ---- */

pid_t apart_start(const char *const *argv)
{
	const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	char log[200];
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		bench_fail("%s cannot be started", argv[0]);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(log, sizeof(log), "%s/%s.log", test_dir(), name);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

void apart_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static bool has_socket(const void *device)
{
	char path[100];

	snprintf(path, sizeof(path), "/run/wireguard/%s.sock", (const char *)device);
	return access(path, F_OK) == 0;
}

pid_t apart_wireguard_go(const char *device)
{
	const char *argv[] = {"wireguard-go", "-f", device, NULL};
	pid_t pid;

	setenv("WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD", "1", 1);
	setenv("LOG_LEVEL", "error", 1);
	pid = apart_start(argv);
	apart_await(has_socket, device, "wireguard-go");
	return pid;
}
