#include "agent/leave.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/apply/apply.h"
#include "agent/bird/bird.h"
#include "agent/path.h"
#include "agent/reconcile.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define ANSWER_MAX 65536

/* Already gone there is as good as told. */
static int tell_controller(struct agent *a, struct fault *f)
{
	struct http_request q = {.method = "DELETE", .path = "/machine", .answer_max = ANSWER_MAX};
	struct http_answer answer;
	int code = contact_perform(&a->machine, &q, &answer);

	if (code == ERR_AUTH && answer.status == 401)
		code = 0;
	if (code == ERR_REVOKED || code == ERR_NOT_FOUND)
		code = 0;
	if (code != 0)
		*f = answer.fault;
	http_answer_fini(&answer);
	return code;
}

static void end_members(struct agent *a)
{
	for (size_t i = 0; i < a->members.n; i++) {
		bird_end(a, a->members.at[i]);
		member_free(a->members.at[i]);
	}
	a->members.n = 0;
}

/* A round without any membership takes everything of ours away but the guard's pins and what was
 * there before us. The second one sees what the first has left. */
static int undo_machine(struct agent *a, struct fault *f)
{
	struct reconcile_result r;
	struct fault why = {0};

	reconcile(a, &r);
	reconcile(a, &r);
	if (a->error[0] != '\0')
		return fault_set(f, ERR_IO, "%s", a->error);
	guard_close(a->guard);
	a->guard = NULL;
	if (guard_remove(a->config.guard_dir, &why) != 0)
		return fault_set(f, why.code, "%s", why.text);
	saved_restore(&a->saved);
	return 0;
}

static int remove_files(struct agent *a, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct dirent *e;
	DIR *dir = opendir(a->config.state_dir);
	int code = 0;

	while (dir != NULL && code == 0 && (e = readdir(dir)) != NULL) {
		struct id id;

		if (id_parse(e->d_name, &id))
			code = member_remove(&id, &a->config, f);
	}
	if (dir != NULL)
		closedir(dir);
	if (code == 0)
		code = file_remove(path_state(&a->config, "saved.json", path), f);
	if (code == 0)
		code = file_remove(path_state(&a->config, "saved.json.bad", path), f);
	if (code == 0)
		code = machine_remove(&a->config, f);
	if (code == 0)
		code = file_remove(path_state(&a->config, "lock", path), f);
	if (code == 0)
		rmdir(a->config.state_dir); /* systemd may have made it; then it stays */
	if (code == 0)
		code = file_remove(path_run(&a->config, PATH_WIREGUARD_GO, path), f);
	if (code == 0) /* who asked is connected already */
		code = file_remove(path_run(&a->config, PATH_CONTROL, path), f);
	if (code == 0)
		rmdir(a->config.run_dir);
	return code;
}

bool leave_is_done(const struct agent *a)
{
	return !machine_exists(&a->config);
}

int leave_now(struct agent *a, bool force, struct fault *f)
{
	int code = tell_controller(a, f);

	if (code != 0 && !force) {
		fault_prefix(f, "the controller could not be told, so nothing was done (--force "
				"leaves all the same; then remove the machine there)");
		return code;
	}
	if (code != 0) {
		log_warn("leaving without the controller's knowledge", LOG_S("why", f->text));
		memset(f, 0, sizeof(*f));
	}
	end_members(a);
	code = undo_machine(a, f);
	if (code == 0)
		code = remove_files(a, f);
	if (code == 0)
		log_info("left");
	return code;
}
