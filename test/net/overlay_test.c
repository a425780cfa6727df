/* Directories as a container has them, on an overlay, where a file and the directory that it is in
 * show two devices; and what is mounted in one. In a mount namespace of a child's own. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/test.h"

#define NO_OVERLAY 77

static int mount_overlay(const char *at)
{
	static const char *const parts[] = {"",		 "/lower",	"/upper",
					    "/upper/up", "/upper/work", "/root"};
	char path[300], options[1000];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", at, parts[i]);
		if (mkdir(path, 0755) != 0)
			return errno;
		/* Upper and lower are two file systems: else files show the overlay's device too.
		 */
		if ((strcmp(parts[i], "/lower") == 0 || strcmp(parts[i], "/upper") == 0) &&
		    mount("none", path, "tmpfs", 0, NULL) != 0)
			return errno;
	}
	snprintf(options, sizeof(options),
		 "lowerdir=%s/lower,upperdir=%s/upper/up,workdir=%s/upper/work", at, at, at);
	return mount("none", path, "overlay", 0, options) == 0 ? 0 : NO_OVERLAY;
}

/* In the child; its exit status. */
static int remove_on_overlay(const char *at)
{
	struct stat directory, file;
	char dir[300], name[320], mounted[320], kept[340];

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return 1;
	if (mount_overlay(at) != 0)
		return NO_OVERLAY;
	snprintf(dir, sizeof(dir), "%s/root/dir", at);
	snprintf(name, sizeof(name), "%s/file", dir);
	snprintf(mounted, sizeof(mounted), "%s/mounted", dir);
	snprintf(kept, sizeof(kept), "%s/kept", mounted);
	if (file_make_dir(mounted, 0755, NULL) != 0 || file_write(name, "x", 1, 0600, NULL) != 0 ||
	    stat(dir, &directory) != 0 || stat(name, &file) != 0)
		return 2;
	if (directory.st_dev == file.st_dev)
		return 3; /* then nothing is tried here */
	if (mount("none", mounted, "tmpfs", 0, NULL) != 0 ||
	    file_write(kept, "x", 1, 0600, NULL) != 0)
		return 4;
	if (file_remove(dir, NULL) != ERR_BUSY || access(kept, F_OK) != 0)
		return 5;
	if (umount(mounted) != 0 || file_remove(dir, NULL) != 0 || access(dir, F_OK) == 0)
		return 6;
	return 0;
}

static void a_directory_on_an_overlay_is_removed_whole(void)
{
	char at[200];
	int status = -1;
	pid_t pid;

	snprintf(at, sizeof(at), "%s/overlay", test_dir());
	pid = fork();
	if (pid == 0)
		_exit(remove_on_overlay(at));
	CU_ASSERT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	TEST_NUMBER(file_remove(at, NULL), 0);
	if (WEXITSTATUS(status) == NO_OVERLAY)
		test_skip("no-overlayfs");
	else
		TEST_NUMBER(WEXITSTATUS(status), 0);
}

TEST_SUITE(net_overlay, {"a directory on an overlay is removed whole",
			 a_directory_on_an_overlay_is_removed_whole});
