#include "lab/tune.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"

struct directory {
	const char *path;
	mode_t mode;
};

/* What a machine mounts its own over. Append only: records number them. */
static const struct directory directories[] = {{"/etc/skein", 0755}, {"/var/lib/skein", 0700}};

#define INOTIFY_PATH "/proc/sys/fs/inotify/max_user_instances"

/* A member has a main device and a trunk per router; a gateway this in each mesh. */
#define INSTANCES_PER_MACHINE 10
#define INSTANCES_OF_OTHERS   64

static int64_t read_limit(void)
{
	FILE *file = fopen(INOTIFY_PATH, "re");
	char line[32] = "";
	int64_t value = 0;

	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) != NULL)
		value = strtoll(line, NULL, 10);
	fclose(file);
	return value;
}

static int write_limit(int64_t value, struct fault *f)
{
	FILE *file = fopen(INOTIFY_PATH, "we");
	int code = 0;

	if (file == NULL)
		return fault_errno(f, errno, INOTIFY_PATH);
	if (fprintf(file, "%lld\n", (long long)value) < 0)
		code = fault_errno(f, errno, INOTIFY_PATH);
	if (fclose(file) != 0 && code == 0)
		code = fault_errno(f, errno, INOTIFY_PATH);
	return code;
}

void tune_plan(struct record *r, size_t machines)
{
	int64_t now = read_limit();
	int64_t need = INSTANCES_OF_OTHERS + INSTANCES_PER_MACHINE * (int64_t)machines;

	if (now < need) {
		r->inotify_before = now;
		r->inotify_raised = need;
	}
	for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (access(directories[i].path, F_OK) != 0)
			r->made_directories |= 1 << i;
}

int tune_raise(const struct record *r, struct fault *f)
{
	int code = 0;

	for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]) && code == 0; i++)
		code = file_make_dir(directories[i].path, directories[i].mode, f);
	if (code == 0 && r->inotify_raised > 0)
		code = write_limit(r->inotify_raised, f);
	return code;
}

void tune_restore(const struct record *r, bool others)
{
	if (r->inotify_before > 0 && read_limit() == r->inotify_raised)
		write_limit(r->inotify_before, NULL);
	if (others)
		return;
	for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (r->made_directories & (1 << i))
			rmdir(directories[i].path); /* stays if something moved in */
}
