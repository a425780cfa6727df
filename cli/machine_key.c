/* skein machine rotate-key: begins it, and waits, if that is wanted, until it is done. */
#include <string.h>
#include <time.h>

#include "cli/api.h"
#include "cli/machine.h"

#define LOOK_MS	 500
#define WAIT_S	 300 /* peers are waited for 60 s at most; the rest is for a machine that is busy */
#define LOOKS	 (WAIT_S * 1000 / LOOK_MS)
#define NS_OF_MS 1000000L

const struct option_row machine_key_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct machine_key_options, mesh), "MESH",
	 "in this mesh only", 0, 0},
	{"wait", 'w', OPTION_FLAG, offsetof(struct machine_key_options, wait), NULL,
	 "until it is done, 5 minutes at most", 0, 0},
	{0}};

/* The first membership whose rotation is under way; of this id, or (NULL) of any. */
static const json_t *find_rotating(const json_t *machine, const char *membership)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(machine, "memberships"), i, m) {
		if (strcmp(api_text(m, "rotation"), "none") != 0 &&
		    (membership == NULL || strcmp(api_text(m, "id"), membership) == 0))
			return m;
	}
	return NULL;
}

static int give_up(struct cli *c, const char *name, const json_t *machine, const json_t *m)
{
	bool online = json_is_true(json_object_get(machine, "online"));

	return fault_set(&c->fault, ERR_TIMEOUT,
			 "machine %s: its key in mesh %s is not rotated yet (%s); %s", name,
			 api_text(m, "mesh_name"), api_text(m, "rotation"),
			 online ? "it goes on: skein machine show"
				: "it is not online, and goes on when it is back");
}

static int wait_until_done(struct cli *c, const char *name, const char *membership,
			   const json_t **machine)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * NS_OF_MS};
	const char *path = api_path(c, "/machines/%s", api_text(*machine, "id"));
	const json_t *m;

	for (int i = 0; (m = find_rotating(*machine, membership)) != NULL; i++) {
		int code;

		if (i == LOOKS)
			return give_up(c, name, *machine, m);
		nanosleep(&pause, NULL);
		code = api_get(c, path, machine);
		if (code != 0)
			return code;
	}
	return 0;
}

/* The membership in one mesh, and the machine's id, or (mesh NULL) that alone. */
static int find(struct cli *c, const char *name, const char *mesh, const char **membership,
		const char **id)
{
	const json_t *m;
	int code;

	if (mesh == NULL)
		return api_find_id(c, API_MACHINE, name, id);
	code = api_find_membership(c, name, mesh, &m);
	if (code != 0)
		return code;
	*membership = api_text(m, "id");
	*id = api_text(m, "machine");
	return 0;
}

static int begin(struct cli *c, const char *name, const char *mesh, const char **membership,
		 const json_t **machine)
{
	const char *id;
	json_t *body = NULL;
	int code = find(c, name, mesh, membership, &id);

	if (code != 0)
		return code;
	if (*membership != NULL)
		body = json_pack("{s:s}", "membership", *membership);
	return api_post(c, api_path(c, "/machines/%s/rotate-key", id), body, machine);
}

int machine_key_rotate(struct cli *c, const struct invocation *in)
{
	const struct machine_key_options *o = in->options;
	const char *name = in->args[0], *membership = NULL;
	const json_t *machine = NULL;
	int code = begin(c, name, o->mesh, &membership, &machine);

	if (code == 0 && o->wait)
		code = wait_until_done(c, name, membership, &machine);
	if (code != 0)
		return code;
	if (o->wait)
		output_done(&c->out, machine, "machine %s goes on under another key", name);
	else
		output_done(&c->out, machine,
			    "machine %s rotates its key; how far it is: skein machine show %s%s",
			    name, name,
			    json_is_true(json_object_get(machine, "online"))
				    ? ""
				    : "; it is not online, and begins when it is back");
	return 0;
}
