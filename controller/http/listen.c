#include "controller/http/listen.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG		 1024
#define TCP_STATE_LISTEN 0x0a

/* It is at the same place in both families. */
static unsigned port_of(const struct sockaddr_storage *at)
{
	in_port_t port;

	memcpy(&port, (const char *)at + offsetof(struct sockaddr_in, sin_port), sizeof(port));
	return ntohs(port);
}

/* One line of /proc/net/tcp: "sl local rem st queues timer retrnsmt uid timeout inode …", of which
 * local is ADDRESS:PORT in hex. The inode, or 0 when it does not listen on `port`. */
static unsigned long parse_socket(char *line, unsigned port)
{
	enum { LOCAL = 1, STATE = 3, INODE = 9 };
	unsigned long inode = 0;
	char *rest = NULL, *word = strtok_r(line, " ", &rest);

	for (int i = 0; word != NULL && i <= INODE; i++) {
		char *colon = strchr(word, ':');

		if (i == LOCAL && (colon == NULL || strtoul(colon + 1, NULL, 16) != port))
			return 0;
		if (i == STATE && strtoul(word, NULL, 16) != TCP_STATE_LISTEN)
			return 0;
		if (i == INODE)
			inode = strtoul(word, NULL, 10);
		word = strtok_r(NULL, " ", &rest);
	}
	return inode;
}

/* The inode of the socket that listens on `port`, from /proc/net/tcp or tcp6; 0: none. */
static unsigned long find_inode(const char *table, unsigned port)
{
	FILE *file = fopen(table, "re");
	unsigned long inode = 0;
	char line[512];

	if (file == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof(line), file) != NULL)
		inode = parse_socket(line, port);
	fclose(file);
	return inode;
}

static bool has_socket(const char *pid, unsigned long inode)
{
	char path[300], target[64], want[64];
	struct dirent *e;
	bool found = false;
	ssize_t n;
	DIR *dir;

	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	snprintf(path, sizeof(path), "/proc/%.32s/fd", pid);
	dir = opendir(path);
	while (dir != NULL && !found && (e = readdir(dir)) != NULL) {
		n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, want) == 0;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* " (held by NAME, pid N)", or "" where that is not to be seen. */
static void describe_holder(unsigned port, char *out, size_t size)
{
	unsigned long inode = find_inode("/proc/net/tcp", port);
	struct dirent *e;
	char path[300], name[32] = "?";
	FILE *comm;
	DIR *proc;

	out[0] = '\0';
	if (inode == 0)
		inode = find_inode("/proc/net/tcp6", port);
	proc = inode != 0 ? opendir("/proc") : NULL;
	while (proc != NULL && out[0] == '\0' && (e = readdir(proc)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !has_socket(e->d_name, inode))
			continue;
		snprintf(path, sizeof(path), "/proc/%.32s/comm", e->d_name);
		comm = fopen(path, "re");
		if (comm != NULL && fgets(name, sizeof(name), comm) != NULL)
			name[strcspn(name, "\n")] = '\0';
		if (comm != NULL)
			fclose(comm);
		snprintf(out, size, " (held by %s, pid %.32s)", name, e->d_name);
	}
	if (proc != NULL)
		closedir(proc);
}

int listen_open(const struct sockaddr_storage *at, const char *where, int *fd, struct fault *f)
{
	socklen_t len = at->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						  : sizeof(struct sockaddr_in);
	const int on = 1;
	char holder[96];

	*fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return fault_errno(f, errno, "listening on %s", where);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ss_family == AF_INET6)
		setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(*fd, (const struct sockaddr *)at, len) == 0 && listen(*fd, BACKLOG) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		describe_holder(port_of(at), holder, sizeof(holder));
		fault_set(f, ERR_BUSY, "listening on %s: the port is in use%s", where, holder);
	} else {
		fault_errno(f, errno, "listening on %s", where);
	}
	close(*fd);
	*fd = -1;
	return f != NULL ? f->code : ERR_IO;
}

int listen_port(int fd)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return -1;
	return (int)port_of(&at);
}
