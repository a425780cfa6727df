/* The first process of a guest: prepares the machine, runs the tests that the kernel's command line
 * names after `--` (NAME RUNNER SUITE…), tells the host what came of them, and powers off.
 *
 *	ttyS0	the kernel's console
 *	ttyS1	what the tests print
 *	ttyS2	the verdict: `kernel RELEASE`, the runner's summary, `exit STATUS`
 *
 * Nothing but this program has the third one. A guest that crashes, hangs, or never gets here
 *leaves it without its last line, which test/vm/run takes for a failure. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SUMMARY	     "/run/summary"
#define DESCRIPTORS  524288 /* as systemd has it */
#define SUMMARY_SIZE 256

/* In this order: a file system is mounted into one before it. */
static const struct {
	const char *type, *at, *options;
} mounts[] = {
	{"proc", "/proc", NULL},	{"sysfs", "/sys", NULL},
	{"devtmpfs", "/dev", NULL},	{"bpf", "/sys/fs/bpf", "mode=0700"},
	{"tmpfs", "/run", "mode=0755"}, {"tmpfs", "/tmp", "mode=1777"},
};

static const struct {
	const char *name, *value;
} environment[] = {
	{"PATH", "/usr/sbin:/usr/bin"},
	{"HOME", "/root"},
	{"SKEIN_TEST_WG", "kernel"},
	{"SKEIN_TEST_SLOW", "1"},
};

/* On the console, and that is all: the verdict stays without its end. */
static bool complain(const char *what)
{
	fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	return false;
}

static bool mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (mkdir(mounts[i].at, 0755) != 0 && errno != EEXIST)
			return complain(mounts[i].at);
		if (mount(mounts[i].type, mounts[i].at, mounts[i].type, MS_NOSUID,
			  mounts[i].options) != 0)
			return complain(mounts[i].at);
	}
	return true;
}

/* A device that loads its driver when it is opened; on Debian systemd makes it. */
static bool make_devices(void)
{
	if (mkdir("/dev/net", 0755) != 0 && errno != EEXIST)
		return complain("/dev/net");
	return mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200)) == 0 || errno == EEXIST ||
	       complain("/dev/net/tun");
}

/* A serial port as it is: no newline becomes two characters, nothing is echoed. */
static int open_port(const char *path)
{
	struct termios t;
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &t) != 0) {
		complain(path);
		return -1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	if (tcsetattr(fd, TCSANOW, &t) != 0) {
		complain(path);
		return -1;
	}
	return fd;
}

static bool set_up(char **argv)
{
	const struct rlimit descriptors = {1024, DESCRIPTORS};

	for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
		setenv(environment[i].name, environment[i].value, 1);
	if (mkdir(SUMMARY, 0755) != 0)
		return complain(SUMMARY);
	if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0)
		return complain("descriptors");
	if (chdir("/skein") != 0)
		return complain("/skein");
	errno = EINVAL;
	return (argv[1] != NULL && argv[2] != NULL) || complain("the kernel's command line");
}

static void become_runner(int output, const char *summary, char **argv)
{
	setenv("SKEIN_SUMMARY", summary, 1);
	if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		_exit(127);
	execv(argv[0], argv);
	dprintf(output, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* As the first process, it also buries those whose parents are gone. */
static int await(pid_t runner)
{
	int status = -1;
	pid_t pid;

	do
		pid = wait(&status);
	while (pid != runner && (pid > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void copy_summary(const char *path, int verdict)
{
	FILE *file = fopen(path, "re");
	char line[SUMMARY_SIZE];

	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		complain(path);
	else
		dprintf(verdict, "%s", line);
	if (file != NULL)
		fclose(file);
}

static void run(char **argv)
{
	int output = open_port("/dev/ttyS1"), verdict = open_port("/dev/ttyS2"), status;
	char summary[200];
	struct utsname u;
	pid_t runner;

	if (output < 0 || verdict < 0 || !set_up(argv) || uname(&u) != 0)
		return;
	dprintf(verdict, "kernel %s\n", u.release);
	snprintf(summary, sizeof(summary), SUMMARY "/%s", argv[1]);
	runner = fork();
	if (runner == 0)
		become_runner(output, summary, argv + 2);
	if (runner < 0) {
		complain("fork");
		return;
	}
	status = await(runner);
	copy_summary(summary, verdict);
	dprintf(verdict, "exit %d\n", status);
	tcdrain(output);
	tcdrain(verdict);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (getpid() != 1) {
		fprintf(stderr, "this is the first process of a guest: see test/vm/run\n");
		return 2;
	}
	if (mount_all() && make_devices())
		run(argv);
	reboot(RB_POWER_OFF);
	return 1;
}
