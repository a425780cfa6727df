#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "gateway/bpffs.h"
#include "lib/base/file.h"

bool bpffs_has(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

int bpffs_path(char out[BPFFS_PATH_MAX], const char *directory, const char *name, struct fault *f)
{
	int n = snprintf(out, BPFFS_PATH_MAX, "%s/%s", directory, name);

	if (n < 0 || n >= BPFFS_PATH_MAX)
		return fault_set(f, ERR_TOO_LARGE, "%s/%s: path too long", directory, name);
	return 0;
}

static int mount_on(const char *path, struct fault *f)
{
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
		return fault_errno(f, errno, "%s: mounting a bpffs", path);
	return 0;
}

/* Cuts `path` to its nearest ancestor that exists. */
static void to_ancestor(char *path)
{
	char *slash;

	while (access(path, F_OK) != 0 && (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
}

int bpffs_prepare(const char *directory, struct fault *f)
{
	char path[BPFFS_PATH_MAX];
	int e;

	if (strlen(directory) >= sizeof(path) || directory[0] == '\0')
		return fault_set(f, ERR_TOO_LARGE, "%s: path too long or empty", directory);
	if (file_make_dir(directory, 0700, NULL) == 0)
		return bpffs_has(directory) ? 0 : mount_on(directory, f);
	snprintf(path, sizeof(path), "%s", directory);
	to_ancestor(path);
	if (bpffs_has(path))
		return file_make_dir(directory, 0700, f);
	e = mount_on(path, f);
	return e != 0 ? e : file_make_dir(directory, 0700, f);
}

/* True when the directory itself is where a file system is mounted. */
static bool is_mount_point(const char *directory)
{
	char parent[BPFFS_PATH_MAX + 4];
	struct stat here, above;

	snprintf(parent, sizeof(parent), "%s/..", directory);
	return stat(directory, &here) == 0 && stat(parent, &above) == 0 &&
	       here.st_dev != above.st_dev;
}

int bpffs_remove(const char *directory, struct fault *f)
{
	if (access(directory, F_OK) != 0)
		return 0;
	if (is_mount_point(directory)) {
		/* What is pinned lives as long as the mount: this lets go of all of it. */
		if (umount2(directory, MNT_DETACH) != 0)
			return fault_errno(f, errno, "%s: unmounting the bpffs", directory);
	}
	return file_remove(directory, f);
}
