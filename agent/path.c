#include "agent/path.h"

#include <stdio.h>

static const char *in_directory(const char *directory, const char *name, char out[PATH_TEXT_MAX])
{
	snprintf(out, PATH_TEXT_MAX, "%s/%s", directory, name);
	return out;
}

static const char *of_membership(const char *directory, const struct id *membership,
				 const char *name, char out[PATH_TEXT_MAX])
{
	char id[ID_TEXT_MAX];

	snprintf(out, PATH_TEXT_MAX, "%s/%s%s%s", directory, id_format(membership, id),
		 name[0] != '\0' ? "/" : "", name);
	return out;
}

const char *path_state(const struct config *c, const char *name, char out[PATH_TEXT_MAX])
{
	return in_directory(c->state_dir, name, out);
}

const char *path_member(const struct config *c, const struct id *membership, const char *name,
			char out[PATH_TEXT_MAX])
{
	return of_membership(c->state_dir, membership, name, out);
}

const char *path_run(const struct config *c, const char *name, char out[PATH_TEXT_MAX])
{
	return in_directory(c->run_dir, name, out);
}

const char *path_bird(const struct config *c, const struct id *membership, const char *name,
		      char out[PATH_TEXT_MAX])
{
	return of_membership(c->run_dir, membership, name, out);
}
