#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

int file_read(const char *path, size_t max, struct buf *out, struct fault *f)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;
	char chunk[8192];
	int code = 0;

	if (input)
		path = "standard input";
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = fault_errno(f, errno, "%s", path);
		else if (total + (size_t)n > max)
			code = fault_set(f, ERR_TOO_LARGE, "%s: larger than %zu bytes", path, max);
		if (n <= 0 || code != 0)
			break;
		buf_append(out, chunk, (size_t)n);
		total += (size_t)n;
	}
	close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return code;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The directory's own entry must be on disk too, or the rename may be lost. */
static int sync_parent(const char *path)
{
	char dir[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int fd, err = 0;

	snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
		 slash == NULL ? "." : path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fsync(fd) != 0 && errno != EINVAL)
		err = errno;
	close(fd);
	return err;
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct fault *f)
{
	char temp[PATH_SIZE];
	int fd, err = 0;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= sizeof(temp))
		return fault_set(f, ERR_TOO_LARGE, "%.80s…: path too long", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fchmod(fd, mode) != 0)
		err = errno;
	if (err == 0)
		err = write_all(fd, data, len);
	if (err == 0 && fsync(fd) != 0)
		err = errno;
	if (close(fd) != 0 && err == 0)
		err = errno;
	if (err == 0 && rename(temp, path) != 0)
		err = errno;
	if (err == 0)
		err = sync_parent(path);
	else
		unlink(temp);
	return err == 0 ? 0 : fault_errno(f, err, "%s", path);
}

int file_append(const char *path, const void *data, size_t len, mode_t mode, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode), err = 0;
	struct stat st;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fstat(fd, &st) != 0) {
		err = errno;
	} else {
		err = write_all(fd, data, len);
		if (err == 0 && fsync(fd) != 0)
			err = errno;
		if (err == 0 && st.st_size == 0)
			err = sync_parent(path);
		if (err != 0 && ftruncate(fd, st.st_size) != 0)
			err = errno;
	}
	close(fd);
	return err == 0 ? 0 : fault_errno(f, err, "%s", path);
}

int file_exchange(const char *a, const char *b, struct fault *f)
{
	int err = renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0 ? errno : 0;

	if (err == EINVAL || err == ENOSYS)
		return fault_set(f, ERR_UNSUPPORTED, "%s: its file system exchanges no names", a);
	if (err == 0)
		err = sync_parent(a);
	return err == 0 ? 0 : fault_errno(f, err, "%s", a);
}

int file_sync(const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fsync(fd) != 0)
		err = errno;
	close(fd);
	if (err == 0)
		err = sync_parent(path);
	return err == 0 ? 0 : fault_errno(f, err, "%s", path);
}

int file_make_dir(const char *path, mode_t mode, struct fault *f)
{
	char part[PATH_SIZE];

	if (strlen(path) >= sizeof(part))
		return fault_set(f, ERR_TOO_LARGE, "%.80s…: path too long", path);
	for (size_t i = 1; path[i - 1] != '\0'; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, path[i] == '\0' ? mode : 0755) != 0 && errno != EEXIST)
			return fault_errno(f, errno, "%s", part);
	}
	return 0;
}

/* 0, or an errno value. What is gone already is as good as removed. */
static int remove_entry(const FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_D: /* it comes again, behind what is in it */
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return e->fts_errno == ENOENT ? 0 : e->fts_errno;
	default:
		return remove(e->fts_accpath) != 0 && errno != ENOENT ? errno : 0;
	}
}

/* Not into what is mounted there. By the directories' devices alone, as FTS_XDEV goes: on an
 * overlay, as containers have it, a file has another than the directory it is in. */
int file_remove(const char *path, struct fault *f)
{
	char *paths[] = {(char *)(uintptr_t)path, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *e = NULL;
	int error = walk == NULL ? errno : 0;

	while (error == 0 && (errno = 0, e = fts_read(walk)) != NULL)
		error = remove_entry(e);
	if (error == 0 && e == NULL)
		error = errno;
	if (walk != NULL)
		fts_close(walk);
	return error == 0 || error == ENOENT ? 0 : fault_errno(f, error, "%s", path);
}

int file_check_absolute(const char *path, struct fault *f)
{
	return path[0] == '/' ? 0
			      : fault_set(f, ERR_INVALID, "'%.80s' is not an absolute path", path);
}
