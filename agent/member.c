#include "agent/member.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

struct member *member_new(const struct id *id)
{
	struct member *m = mem_alloc(sizeof(*m));

	m->id = *id;
	buf_init(&m->templates);
	buf_init(&m->text);
	return m;
}

void member_free(struct member *m)
{
	if (m == NULL)
		return;
	member_unload(m);
	buf_fini(&m->templates);
	buf_fini(&m->text);
	seat_fini(&m->seat);
	vec_free(&m->offers);
	offences_fini(&m->offences);
	ties_fini(&m->ties);
	secret_wipe(&m->key);
	secret_wipe(&m->next);
	free(m);
}

const char *member_trouble(const struct member *m)
{
	/* The cause first. */
	return m->refused[0] != '\0' ? m->refused : m->error[0] != '\0' ? m->error : m->barred;
}

int member_remove(const struct id *id, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];

	return file_remove(path_member(c, id, "", path), f);
}

struct member *member_find(const member_vec *v, const struct id *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (id_equal(&v->at[i]->id, id))
			return v->at[i];
	return NULL;
}

int member_load_all(member_vec *out, const struct config *c, const uint8_t signer[32],
		    struct fault *f)
{
	DIR *dir = opendir(c->state_dir);
	struct dirent *e;
	int code = 0;

	if (dir == NULL)
		return fault_errno(f, errno, "%s", c->state_dir);
	while (code == 0 && (e = readdir(dir)) != NULL) {
		struct fault why = {0};
		struct member *m;
		struct id id;

		if (!id_parse(e->d_name, &id))
			continue;
		m = member_new(&id);
		code = member_load_key(m, c, &m->announce_key, f);
		vec_push(out, m);
		if (code != 0)
			break;
		if (member_load(m, c, signer, &why) == 0) {
			seat_read(&m->seat, &m->membership.target.image);
		} else {
			log_warn("stored state is not used", LOG_S("membership", e->d_name),
				 LOG_S("why", why.text));
			if (why.code != ERR_NOT_FOUND)
				snprintf(m->refused, sizeof(m->refused),
					 "stored state is not used: %s", why.text);
		}
	}
	closedir(dir);
	return code;
}
