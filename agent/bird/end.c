#include <dirent.h>
#include <stdlib.h>

#include "agent/bird/bird.h"
#include "agent/child.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define STOP_MS 3000

/* By what is in its directory. */
static void end(const struct config *c, const struct id *membership)
{
	char pid[PATH_TEXT_MAX], dir[PATH_TEXT_MAX];
	struct child process;

	path_bird(c, membership, "bird.pid", pid);
	if (child_adopt(pid, &process, NULL) == 0)
		child_stop(&process, pid, mono_add_ms(mono_now(), STOP_MS));
	file_remove(path_bird(c, membership, "", dir), NULL);
}

void bird_end(struct agent *a, struct member *m)
{
	bird_release(m);
	end(&a->config, &m->id);
}

void bird_end_strays(const struct config *c, const member_vec *members)
{
	DIR *dir = opendir(c->run_dir);
	struct dirent *e;
	struct id id;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (!id_parse(e->d_name, &id) || member_find(members, &id) != NULL)
			continue;
		log_warn("BIRD of a membership that is not here", LOG_S("membership", e->d_name));
		end(c, &id);
	}
	if (dir != NULL)
		closedir(dir);
}
