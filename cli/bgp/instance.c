#include "cli/bgp/instance.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/control_ask.h"
#include "lib/base/json.h"

#define ASK_MS	      5000
#define INSTANCES_MAX 256
#define BIRD_SOCKET   "/run/bird/bird.ctl" /* of the distribution's own */

struct answered {
	struct json_rows memberships;
};

struct membership {
	const char *id, *mesh;
};

static const struct json_row membership_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct membership, id), .required = true, .max = 64),
	JSON_ROW("mesh", MEMBER_TEXT, offsetof(struct membership, mesh), .max = 64),
	{0}};

static const struct json_row status_rows[] = {
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct answered, memberships),
		 .required = true, .max = INSTANCES_MAX, .rows = membership_rows,
		 .row_size = sizeof(struct membership)),
	{0}};

const char *instance_run_dir(void)
{
	const char *given = getenv(INSTANCE_RUN_DIR_ENV);

	return given != NULL && given[0] != '\0' ? given : INSTANCE_RUN_DIR;
}

static int ask_agent(struct arena *a, instance_vec *out, struct fault *f)
{
	struct answered answered = {0};
	const struct membership *m;
	struct buf text;
	int code;

	buf_init(&text);
	code = control_ask(arena_printf(a, "%s/agent.sock", instance_run_dir()), "status", ASK_MS,
			   &text, f);
	if (code == 0)
		code = json_decode_text(text.data, text.len, status_rows, MEMBERS_LENIENT, a,
					&answered, f);
	m = answered.memberships.at;
	for (size_t i = 0; code == 0 && i < answered.memberships.n; i++)
		vec_push(out, (struct instance){arena_printf(a, "%s/%s/bird.ctl",
							     instance_run_dir(), m[i].id),
						m[i].mesh, m[i].id});
	buf_fini(&text);
	return code;
}

static void look_around(struct arena *a, instance_vec *out)
{
	const char *pattern = arena_printf(a, "%s/*/bird.ctl", instance_run_dir());
	const size_t before = strlen(instance_run_dir()) + 1, after = strlen("/bird.ctl");
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && i < INSTANCES_MAX; i++) {
		const char *path = arena_strdup(a, found.gl_pathv[i]);

		vec_push(out, (struct instance){path, NULL,
						arena_printf(a, "%.*s",
							     (int)(strlen(path) - before - after),
							     path + before)});
	}
	globfree(&found);
}

static const char *name_of(const struct instance *i)
{
	return i->mesh != NULL ? i->mesh : i->membership;
}

static const char *list_names(const instance_vec *v, struct arena *a)
{
	const char *list = "";

	for (size_t i = 0; i < v->n; i++)
		list = arena_printf(a, "%s%s%s", list, i > 0 ? ", " : "", name_of(&v->at[i]));
	return list;
}

static bool is_wanted(const struct instance *i, const char *mesh)
{
	return mesh == NULL || (i->mesh != NULL && strcmp(i->mesh, mesh) == 0) ||
	       strcmp(i->membership, mesh) == 0;
}

static int nothing_here(const struct fault *why, struct fault *f)
{
	const char *other = access(BIRD_SOCKET, F_OK) == 0 ? "; --socket " BIRD_SOCKET
							     " asks the BIRD that is there"
							   : "; --socket PATH asks any BIRD";

	return fault_set(f, why->code != 0 ? why->code : ERR_NOT_FOUND, "%s%s",
			 why->code != 0 ? why->text : "this machine is in no mesh", other);
}

int instance_find(const char *socket, const char *mesh, struct arena *a, instance_vec *out,
		  struct fault *f)
{
	struct fault why = {0};
	instance_vec all = {0};
	int code = 0;

	if (socket != NULL && mesh != NULL)
		return fault_set(f, ERR_USAGE, "--socket and --mesh: one of them");
	if (socket != NULL) {
		vec_push(out, (struct instance){socket, NULL, NULL});
		return 0;
	}
	if (ask_agent(a, &all, &why) != 0)
		look_around(a, &all);
	for (size_t i = 0; i < all.n; i++)
		if (is_wanted(&all.at[i], mesh))
			vec_push(out, all.at[i]);
	if (all.n == 0)
		code = nothing_here(&why, f);
	else if (out->n == 0)
		code = fault_set(f, ERR_NOT_FOUND, "this machine is not in mesh %s, but in: %s",
				 mesh, list_names(&all, a));
	vec_free(&all);
	return code;
}

int instance_find_one(const char *socket, const char *mesh, struct arena *a, struct instance *out,
		      struct fault *f)
{
	instance_vec found = {0};
	int code = instance_find(socket, mesh, a, &found, f);

	if (code == 0 && found.n > 1)
		code = fault_set(f, ERR_USAGE,
				 "this machine is in several meshes; --mesh one of: %s",
				 list_names(&found, a));
	else if (code == 0)
		*out = found.at[0];
	vec_free(&found);
	return code;
}
