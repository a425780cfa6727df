#include "lib/net/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/base/vec.h"

#define COMM_LENGTH 15 /* TASK_COMM_LEN without its NUL */
#define SOCKET_LINK "socket:["
#define LISTENING   0x0a /* TCP_LISTEN in /proc/net/tcp */

typedef VEC(uint64_t) inode_vec;

/* Columns of /proc/net/udp and its like that matter; "0100007F:CA6C" is address and port in hex. */
enum { COLUMN_LOCAL = 1, COLUMN_STATE = 3, COLUMN_INODE = 9, COLUMNS };

struct row {
	unsigned long port, state;
	uint64_t inode;
};

/* False for the heading and for what is cut. */
static bool read_row(char *line, struct row *out)
{
	char *columns[COLUMNS], *rest = NULL, *colon;
	size_t n = 0;

	for (char *c = strtok_r(line, " \n", &rest); c != NULL && n < COLUMNS;
	     c = strtok_r(NULL, " \n", &rest))
		columns[n++] = c;
	if (n < COLUMNS || (colon = strchr(columns[COLUMN_LOCAL], ':')) == NULL)
		return false;
	out->port = strtoul(colon + 1, NULL, 16);
	out->state = strtoul(columns[COLUMN_STATE], NULL, 16);
	out->inode = strtoull(columns[COLUMN_INODE], NULL, 10);
	return true;
}

static void read_table(const char *path, enum port_protocol protocol, uint16_t port,
		       inode_vec *inodes, bool *taken)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (file == NULL) /* no IPv6 */
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		struct row row;

		if (!read_row(line, &row) || row.port != port ||
		    (protocol == PORT_TCP && row.state != LISTENING))
			continue;
		*taken = true;
		if (row.inode != 0) /* 0: a socket of the kernel's own */
			vec_push(inodes, row.inode);
	}
	fclose(file);
}

static bool is_among(const inode_vec *inodes, uint64_t inode)
{
	for (size_t i = 0; i < inodes->n; i++)
		if (inodes->at[i] == inode)
			return true;
	return false;
}

/* Whether the process has one of the sockets open. */
static bool has_socket(const char *pid, const inode_vec *inodes)
{
	char path[64], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		const char *number = target + strlen(SOCKET_LINK);

		if (len <= 0)
			continue;
		target[len] = '\0';
		found = strncmp(target, SOCKET_LINK, strlen(SOCKET_LINK)) == 0 &&
			is_among(inodes, strtoull(number, NULL, 10));
	}
	closedir(dir);
	return found;
}

/* The kernel cuts a process's name; that of its program is whole, where it may be read. */
static void complete_name(const char *pid, struct port_holder *out)
{
	char path[64], program[256], *base;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	len = readlink(path, program, sizeof(program) - 1);
	program[len > 0 ? len : 0] = '\0';
	base = strrchr(program, '/');
	if (base != NULL && strncmp(base + 1, out->name, COMM_LENGTH) == 0)
		snprintf(out->name, sizeof(out->name), "%.31s", base + 1);
}

static void read_name(const char *pid, struct port_holder *out)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(out->name, sizeof(out->name), file) != NULL)
		out->name[strcspn(out->name, "\n")] = '\0';
	fclose(file);
	if (strlen(out->name) == COMM_LENGTH)
		complete_name(pid, out);
	text_disarm(out->name); /* any user names its processes as it likes */
}

static void find_process(const inode_vec *inodes, struct port_holder *out)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (dir == NULL)
		return;
	while (out->pid == 0 && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, inodes)) {
			out->pid = (pid_t)strtol(entry->d_name, NULL, 10);
			read_name(entry->d_name, out);
		}
	closedir(dir);
}

int port_holder_find(enum port_protocol protocol, uint16_t port, struct port_holder *out,
		     struct fault *f)
{
	static const char *const tables[][2] = {
		[PORT_UDP] = {"/proc/thread-self/net/udp", "/proc/thread-self/net/udp6"},
		[PORT_TCP] = {"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"},
	};
	inode_vec inodes = {0};
	bool taken = false;

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < 2; i++)
		read_table(tables[protocol][i], protocol, port, &inodes, &taken);
	if (inodes.n > 0)
		find_process(&inodes, out);
	vec_free(&inodes);
	return taken ? 0
		     : fault_set(f, ERR_NOT_FOUND, "nobody has %s port %u",
				 protocol == PORT_UDP ? "UDP" : "TCP", port);
}

const char *port_holder_format(const struct port_holder *h, char out[PORT_HOLDER_TEXT_MAX])
{
	if (h->pid != 0)
		snprintf(out, PORT_HOLDER_TEXT_MAX, "%s (pid %d)", h->name, (int)h->pid);
	else
		snprintf(out, PORT_HOLDER_TEXT_MAX, "the kernel or a hidden process");
	return out;
}
