#include "lib/base/control_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define ANSWER_MAX (256u << 20)

int control_ask(const char *path, const char *command, int timeout_ms, struct buf *answer,
		struct fault *f)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct mono deadline = mono_add_ms(mono_now(), timeout_ms);
	const struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	char chunk[8192];
	int fd, code = 0;

	if (strlen(path) >= sizeof(to.sun_path))
		return fault_set(f, ERR_INVALID, "%s: too long for a socket", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_errno(f, errno, "socket");
	/* An agent that stands still takes nobody from its queue, which connect() waits for. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		code = errno == EACCES
			       ? fault_set(f, ERR_PRIVILEGE,
					   "%s: only root and the group skein may ask", path)
		       : errno == EAGAIN ? fault_set(f, ERR_TIMEOUT, "the agent does not answer")
					 : fault_set(f, ERR_NOT_FOUND,
						     "no agent runs here (nobody answers at %s): "
						     "systemctl start skein-agent",
						     path);
		goto out;
	}
	if (dprintf(fd, "%s\n", command) < 0) {
		code = fault_errno(f, errno, "%s", path);
		goto out;
	}
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = mono_ms_between(mono_now(), deadline);
		ssize_t n;

		if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0) {
			code = fault_set(f, ERR_TIMEOUT, "the agent does not answer");
			break;
		}
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			code = fault_errno(f, errno, "%s", path);
		if (n <= 0)
			break;
		if (answer->len + (size_t)n > ANSWER_MAX) {
			code = fault_set(f, ERR_TOO_LARGE, "the agent's answer");
			break;
		}
		buf_append(answer, chunk, (size_t)n);
	}
	if (code == 0 && answer->len == 0)
		code = fault_set(f, ERR_IO, "the agent gave no answer");
out:
	close(fd);
	return code;
}
