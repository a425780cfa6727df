#include "test/net/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

pid_t child_start(const char *log, const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD", "1", 1);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(127);
		execvp(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

void child_stop(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGTERM);
		for (int i = 0; i < 100 && waitpid(*pid, NULL, WNOHANG) == 0; i++) {
			poll(NULL, 0, 20);
			if (i == 98)
				kill(*pid, SIGKILL);
		}
	}
	*pid = -1;
}

static bool takes_connections(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	good = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return good;
}

bool child_wait_socket(const char *path, int ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);

	while (!takes_connections(path)) {
		if (mono_reached(deadline, mono_now()))
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}
