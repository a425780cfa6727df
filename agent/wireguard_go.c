#include "agent/wireguard_go.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define STOP_MS	 2000
#define LOG_NAME PATH_WIREGUARD_GO "/log" /* of all of them */

/* The name of the pid file says which device, and whose: "wg0t1.<membership>". */
static void pid_path(const struct config *c, const char *name, const struct id *membership,
		     char out[PATH_TEXT_MAX])
{
	char text[ID_TEXT_MAX], in_run[64];

	snprintf(in_run, sizeof(in_run), PATH_WIREGUARD_GO "/%s.%s", name,
		 id_format(membership, text));
	path_run(c, in_run, out);
}

void wireguard_go_adopt(wireguard_go_vec *v, const struct config *c)
{
	char path[PATH_TEXT_MAX];
	DIR *dir = opendir(path_run(c, PATH_WIREGUARD_GO, path));
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		struct wireguard_go d = {0};
		const char *dot = strchr(e->d_name, '.');

		if (dot == NULL || dot == e->d_name || dot - e->d_name >= LINK_NAME_MAX ||
		    !id_parse(dot + 1, &d.membership))
			continue;
		memcpy(d.name, e->d_name, (size_t)(dot - e->d_name));
		pid_path(c, d.name, &d.membership, path);
		if (child_adopt(path, &d.child, NULL) == 0)
			vec_push(v, d);
		else
			file_remove(path, NULL);
	}
	if (dir != NULL)
		closedir(dir);
}

int wireguard_go_start(wireguard_go_vec *v, const struct config *c, const char *name,
		       const struct id *membership, struct fault *f)
{
	/* It serves what the kernel cannot; the first variable makes it say so only once. */
	static const char *const environment[] = {"WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1",
						  "LOG_LEVEL=error", NULL};
	const char *const argv[] = {c->wireguard_go, "-f", name, NULL};
	struct wireguard_go d = {.membership = *membership};
	char path[PATH_TEXT_MAX], log[PATH_TEXT_MAX];
	struct child_spec spec = {
		.pid_file = path, .argv = argv, .environment = environment, .log = log};
	int code;

	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->at[i].name, name) == 0)
			return 0; /* on its way */
	snprintf(d.name, sizeof(d.name), "%s", name);
	path_run(c, LOG_NAME, log);
	code = file_make_dir(path_run(c, PATH_WIREGUARD_GO, path), 0755, f);
	pid_path(c, name, membership, path);
	if (code == 0)
		code = child_start(&spec, &d.child, f);
	if (code != 0)
		return code;
	log_info("wireguard-go started", LOG_S("device", name), LOG_D("pid", d.child.pid));
	vec_push(v, d);
	return 0;
}

void wireguard_go_sweep(wireguard_go_vec *v, const struct config *c)
{
	char log[PATH_TEXT_MAX];
	size_t kept = 0;

	child_trim_log(path_run(c, LOG_NAME, log));
	for (size_t i = 0; i < v->n; i++) {
		struct wireguard_go *d = &v->at[i];
		char path[PATH_TEXT_MAX];

		if (child_is_running(&d->child)) {
			v->at[kept++] = *d;
			continue;
		}
		log_warn("wireguard-go has ended", LOG_S("device", d->name));
		pid_path(c, d->name, &d->membership, path);
		file_remove(path, NULL);
		child_release(&d->child);
	}
	v->n = kept;
}

bool wireguard_go_stop(wireguard_go_vec *v, const struct config *c, const char *name)
{
	for (size_t i = 0; i < v->n; i++) {
		struct wireguard_go *d = &v->at[i];
		char path[PATH_TEXT_MAX];

		if (strcmp(d->name, name) != 0)
			continue;
		pid_path(c, d->name, &d->membership, path);
		child_stop(&d->child, path, mono_add_ms(mono_now(), STOP_MS));
		*d = v->at[--v->n];
		return true;
	}
	return false;
}

void wireguard_go_release(wireguard_go_vec *v)
{
	for (size_t i = 0; i < v->n; i++)
		child_release(&v->at[i].child);
	vec_free(v);
}
