/* Which labs there are. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "lab/lab.h"

/* "demo, t-lab": how many there are. */
static unsigned list_labs(char *out, size_t size)
{
	DIR *root = opendir(LAB_ROOT);
	struct dirent *entry;
	size_t used = 0;
	unsigned n = 0;

	out[0] = '\0';
	while (root != NULL && (entry = readdir(root)) != NULL) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(out + used, size - used, "%s%.63s", n > 0 ? ", " : "", entry->d_name);
		used = strlen(out);
		n++;
	}
	if (root != NULL)
		closedir(root);
	return n;
}

static int find_only(char out[64], struct fault *f)
{
	char names[200];
	unsigned n = list_labs(names, sizeof(names));

	if (n == 0)
		return fault_set(f, ERR_NOT_FOUND, "no lab is up; 'skein-lab up FILE' makes one");
	if (n > 1)
		return fault_set(f, ERR_CONFLICT, "several labs are up (%s): say which by --lab",
				 names);
	snprintf(out, 64, "%.63s", names);
	return 0;
}

static int no_such_lab(const char *name, struct fault *f)
{
	char names[200];

	if (list_labs(names, sizeof(names)) == 0)
		return fault_set(f, ERR_NOT_FOUND, "no lab '%s' is up, nor any other", name);
	return fault_set(f, ERR_NOT_FOUND, "no lab '%s' is up; there is: %s", name, names);
}

/* Whether there is anything of a lab of this name, whole or not. */
static bool exists(const char *name)
{
	char path[PLACE_PATH_MAX];

	snprintf(path, sizeof(path), LAB_ROOT "/%.63s", name);
	return access(path, F_OK) == 0;
}

int lab_find_name(const char *name, char out[64], struct fault *f)
{
	if (name == NULL)
		return find_only(out, f);
	if (strlen(name) > 20 || strchr(name, '/') != NULL || name[0] == '.')
		return fault_set(f, ERR_INVALID, "'%.40s' is no lab's name", name);
	snprintf(out, 64, "%s", name);
	return exists(name) ? 0 : no_such_lab(name, f);
}
