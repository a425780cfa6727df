#include "controller/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/keys.h"

const char *const data_dir_files[] = {KEYS_CERTIFICATE, KEYS_TLS, KEYS_SIGNING, DATABASE_NAME,
				      NULL};

int data_dir_refuse(const struct config *config, const char *advice, struct fault *f)
{
	int code = 0;

	for (const char *const *name = data_dir_files; *name != NULL && code == 0; name++) {
		char *path = config_data_path(config, *name);

		if (access(path, F_OK) == 0)
			code = fault_set(f, ERR_EXISTS,
					 "%s is there: this directory holds a controller already, "
					 "and %s",
					 path, advice);
		free(path);
	}
	return code;
}

/* What root puts here is for who the directory belongs to: the controller's user. */
static int give_to_owner(const struct config *config, const char *path, struct fault *f)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(config->data_dir, &st) != 0)
		return fault_errno(f, errno, "%s", config->data_dir);
	return lchown(path, st.st_uid, st.st_gid) == 0 || errno == ENOENT
		       ? 0
		       : fault_errno(f, errno, "%s", path);
}

static int place(const struct config *config, const char *stage, const char *name, struct fault *f)
{
	char *to = config_data_path(config, name), *from = NULL;
	int code;

	if (asprintf(&from, "%s/%s", stage, name) < 0)
		abort();
	code = give_to_owner(config, from, f);
	/* A certificate may be somewhere else. */
	if (code == 0 && rename(from, to) != 0 &&
	    (errno != ENOENT || strcmp(name, DATABASE_NAME) == 0))
		code = fault_errno(f, errno, "%s", to);
	free(from);
	free(to);
	return code;
}

int data_dir_place(const struct config *config, const char *stage, struct fault *f)
{
	size_t n = 0;
	int code = 0;

	for (; data_dir_files[n] != NULL && code == 0; n++)
		code = place(config, stage, data_dir_files[n], f);
	for (size_t i = 0; code != 0 && i + 1 < n; i++) {
		char *done = config_data_path(config, data_dir_files[i]);

		unlink(done);
		free(done);
	}
	return code;
}

/* ---- the lock ---- */

/* A record lock of POSIX, for the kernel knows who has it; nothing has to be written for that. It
 * is this process's until it closes any descriptor of the file: it opens one. */
static int take_lock(const struct config *config, const char *path, int *fd, struct fault *f)
{
	const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct flock holder;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (give_to_owner(config, path, f) != 0)
		return f->code;
	for (;;) {
		if (fcntl(*fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN)
			return fault_errno(f, errno, "%s", path);
		holder = whole;
		if (fcntl(*fd, F_GETLK, &holder) != 0)
			return fault_errno(f, errno, "%s", path);
		if (holder.l_type != F_UNLCK) /* else it has just been given up: again */
			return fault_set(f, ERR_BUSY, "%s: a controller runs here already, pid %d",
					 config->data_dir, (int)holder.l_pid);
	}
}

int data_dir_check(const struct config *config, struct fault *f)
{
	char *path = config_data_path(config, DATABASE_NAME);
	char *key = config_data_path(config, KEYS_SIGNING);
	int code = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT && access(key, F_OK) == 0)
		code = fault_set(
			f, ERR_NOT_FOUND,
			"%s is missing, and the keys beside it are there: restore a backup", path);
	else if (access(path, F_OK) != 0 && errno == ENOENT)
		code = fault_set(f, ERR_NOT_FOUND,
				 "no controller in %s yet: run 'skein-controller init'",
				 config->data_dir);
	else if (access(path, R_OK | W_OK) != 0)
		code = fault_errno(f, errno, "%s", path);
	free(path);
	free(key);
	return code;
}

int data_dir_lock_any(const struct config *config, int *fd, struct fault *f)
{
	char *path = config_data_path(config, DATA_DIR_LOCK);
	int code;

	*fd = -1;
	code = take_lock(config, path, fd, f);
	if (code != 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	free(path);
	return code;
}

int data_dir_lock(const struct config *config, int *fd, struct fault *f)
{
	int code = data_dir_check(config, f);

	*fd = -1;
	return code != 0 ? code : data_dir_lock_any(config, fd, f);
}
