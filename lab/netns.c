#include "lab/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"

#define MAKE_DEADLINE_MS 5000

struct mount_row {
	const char *type, *at, *options;
	unsigned long flags;
};

/* What a machine has for itself. The order matters: bpf lives inside the new /sys. */
static const struct mount_row own_mounts[] = {
	{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"bpf", "/sys/fs/bpf", "mode=0700", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV},
	{"tmpfs", "/etc/skein", "mode=0755", MS_NOSUID | MS_NODEV},
	{"tmpfs", "/var/lib/skein", "mode=0755", MS_NOSUID | MS_NODEV},
};

/* The namespaces that others bound are copied into a new mount namespace and would be kept alive by
 * it: let go of them. */
static int detach_bound_namespaces(struct fault *f)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096], at[1024];

	if (mounts == NULL)
		return fault_errno(f, errno, "/proc/self/mountinfo");
	while (fgets(line, sizeof(line), mounts) != NULL) {
		if (strstr(line, " - nsfs ") != NULL &&
		    sscanf(line, "%*s %*s %*s %*s %1023s", at) == 1 &&
		    umount2(at, MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) {
			fclose(mounts);
			return fault_errno(f, errno, "umount %s", at);
		}
	}
	fclose(mounts);
	return 0;
}

static int mount_own(struct fault *f)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return fault_errno(f, errno, "making mounts private");
	if (detach_bound_namespaces(f) != 0)
		return f->code;
	for (size_t i = 0; i < sizeof(own_mounts) / sizeof(own_mounts[0]); i++) {
		const struct mount_row *m = &own_mounts[i];

		if (mount("skein-lab", m->at, m->type, m->flags, m->options) != 0)
			return fault_errno(f, errno, "mounting %s on %s", m->type, m->at);
	}
	return 0;
}

static int raise_loopback(struct fault *f)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), code = 0;

	if (fd < 0)
		return fault_errno(f, errno, "socket");
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
		if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
			code = fault_errno(f, errno, "lo");
	}
	close(fd);
	return code;
}

/* The child: makes everything, says so, and stays until the parent has bound it. */
static void make_and_wait(const struct place *p, int say, int wait_for)
{
	struct fault f = {0};
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) != 0)
		fault_errno(&f, errno, "unshare (the lab needs root)");
	else if (sethostname(p->hostname, strlen(p->hostname)) != 0)
		fault_errno(&f, errno, "host name %s", p->hostname);
	else if (mount_own(&f) == 0)
		raise_loopback(&f);
	if (write(say, &f, sizeof(f)) == (ssize_t)sizeof(f))
		while (read(wait_for, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static int bind_namespace(pid_t pid, const char *kind, const char *at, struct fault *f)
{
	char from[64];
	int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0)
		return fault_errno(f, errno, "%s", at);
	close(fd);
	snprintf(from, sizeof(from), "/proc/%d/ns/%s", (int)pid, kind);
	if (mount(from, at, NULL, MS_BIND, NULL) != 0) {
		int error = errno;

		unlink(at);
		return fault_errno(f, error, "binding %s at %s", from, at);
	}
	return 0;
}

static int await_child(int from, struct fault *f)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	struct fault said = {0};

	if (poll(&p, 1, MAKE_DEADLINE_MS) != 1)
		return fault_set(f, ERR_TIMEOUT, "making namespaces took too long");
	if (read(from, &said, sizeof(said)) != (ssize_t)sizeof(said))
		return fault_set(f, ERR_INTERNAL, "the process that makes namespaces died");
	if (said.code != 0)
		fault_set(f, said.code, "%s", said.text);
	return said.code;
}

int place_make(const struct place *p, struct fault *f)
{
	int up[2] = {-1, -1}, down[2] = {-1, -1}, code;
	pid_t child = -1;

	if (file_make_dir("/run/netns", 0755, f) != 0)
		return f->code;
	if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0) {
		code = fault_errno(f, errno, "pipe");
		goto out;
	}
	child = fork();
	if (child < 0) {
		code = fault_errno(f, errno, "fork");
		goto out;
	}
	if (child == 0) {
		close(down[1]);
		make_and_wait(p, up[1], down[0]);
	}
	code = await_child(up[0], f);
	/* First the one by which the place is found again, whenever this is killed. */
	if (code == 0)
		code = bind_namespace(child, "mnt", p->mnt, f);
	if (code == 0)
		code = bind_namespace(child, "net", p->net, f);
	if (code == 0)
		code = bind_namespace(child, "uts", p->uts, f);
	if (code != 0)
		place_remove(p);
out:
	for (int i = 0; i < 2; i++) {
		if (up[i] >= 0)
			close(up[i]);
		if (down[i] >= 0)
			close(down[i]);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
	return code;
}

static int join(const char *path, int kind, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (setns(fd, kind) != 0)
		code = fault_errno(f, errno, "entering %s", path);
	close(fd);
	return code;
}

int place_enter(const struct place *p, struct fault *f)
{
	int code = join(p->net, CLONE_NEWNET, f);

	if (code == 0)
		code = join(p->uts, CLONE_NEWUTS, f);
	if (code == 0) /* last: the paths above are those of the outside */
		code = join(p->mnt, CLONE_NEWNS, f);
	return code;
}

static void unbind(const char *at)
{
	umount2(at, MNT_DETACH);
	unlink(at);
}

void place_remove(const struct place *p)
{
	unbind(p->net);
	unbind(p->mnt);
	unbind(p->uts);
}

bool place_exists(const struct place *p)
{
	return access(p->net, F_OK) == 0 && access(p->mnt, F_OK) == 0;
}

bool place_has(const struct place *p, pid_t pid)
{
	struct stat bound, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	return stat(p->mnt, &bound) == 0 && stat(path, &theirs) == 0 &&
	       bound.st_dev == theirs.st_dev && bound.st_ino == theirs.st_ino;
}

int place_root_make(const char *dir, struct fault *f)
{
	if (file_make_dir(dir, 0755, f) != 0)
		return f->code;
	if (mount("skein-lab", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") != 0 ||
	    mount("none", dir, NULL, MS_PRIVATE, NULL) != 0)
		return fault_errno(f, errno, "mounting %s (the lab needs root)", dir);
	return 0;
}

void place_root_remove(const char *dir)
{
	umount2(dir, MNT_DETACH);
}

int netns_inside(const char *net, int (*make)(void *context), void *context, struct fault *f)
{
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int code;

	if (back < 0)
		return fault_errno(f, errno, "/proc/self/ns/net");
	code = join(net, CLONE_NEWNET, f);
	if (code == 0) {
		code = make(context);
		if (setns(back, CLONE_NEWNET) != 0)
			abort(); /* anything after this would happen in the wrong network */
	}
	close(back);
	return code;
}

struct inside_call {
	const struct place *place;
	int (*make)(void *context);
	void *context;
	struct fault *fault;
};

static int make_in_mounts(void *context)
{
	const struct inside_call *call = context;
	int back = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), code = 0;

	if (back < 0 || here < 0)
		code = fault_errno(call->fault, errno, "/proc/self/ns/mnt");
	if (code == 0)
		code = join(call->place->mnt, CLONE_NEWNS, call->fault);
	if (code == 0) {
		code = call->make(call->context);
		/* Root and working directory are the namespace's now: both come back. */
		if (setns(back, CLONE_NEWNS) != 0 || fchdir(here) != 0)
			abort();
	}
	if (back >= 0)
		close(back);
	if (here >= 0)
		close(here);
	return code;
}

int place_inside(const struct place *p, int (*make)(void *context), void *context, struct fault *f)
{
	struct inside_call call = {p, make, context, f};

	return netns_inside(p->net, make_in_mounts, &call, f);
}
