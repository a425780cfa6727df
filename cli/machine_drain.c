/* skein machine drain, gateway drain: begins it, and waits, if that is wanted, until nothing goes
 * by the machine any more. */
#include <time.h>

#include "cli/api.h"
#include "cli/machine.h"

#define LOOK_MS	 500
#define WAIT_S	 120 /* seconds are enough where others have a way */
#define LOOKS	 (WAIT_S * 1000 / LOOK_MS)
#define NS_OF_MS 1000000L

const struct option_row machine_drain_options[] = {
	{"wait", 'w', OPTION_FLAG, offsetof(struct machine_drain_options, wait), NULL,
	 "until nothing goes by it any more, 2 minutes at most", 0, 0},
	{0}};

static int post(struct cli *c, const char *name, const char *verb, const json_t **machine)
{
	const char *id;
	int code = api_find_id(c, API_MACHINE, name, &id);

	return code != 0 ? code
			 : api_post(c, api_path(c, "/machines/%s/%s", id, verb), NULL, machine);
}

/* A membership whose machine has not applied the newest state; NULL: all have. */
static const json_t *find_behind(const json_t *machine)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(machine, "memberships"), i, m) {
		if (!json_is_true(json_object_get(m, "current")))
			return m;
	}
	return NULL;
}

/* Of a machine in no mesh there is nothing to wait for. */
static bool is_done(const json_t *machine)
{
	return json_array_size(json_object_get(machine, "memberships")) == 0 ||
	       (find_behind(machine) == NULL && json_is_true(json_object_get(machine, "idle")));
}

static int give_up(struct cli *c, const char *name, const json_t *machine)
{
	const json_t *behind = find_behind(machine);

	if (!json_is_true(json_object_get(machine, "drained")))
		return fault_set(&c->fault, ERR_CONFLICT,
				 "machine %s: somebody has brought it back into service", name);
	if (!json_is_true(json_object_get(machine, "online")))
		return fault_set(&c->fault, ERR_TIMEOUT,
				 "machine %s is not online: it is drained when it is back", name);
	if (behind != NULL)
		return fault_set(&c->fault, ERR_TIMEOUT,
				 "machine %s has not applied it in mesh %s: skein machine show",
				 name, api_text(behind, "mesh_name"));
	return fault_set(&c->fault, ERR_TIMEOUT,
			 "machine %s is drained, and packets still go by it: for what it has "
			 "there may be no other way",
			 name);
}

static int wait_until_idle(struct cli *c, const char *name, const json_t **machine)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * NS_OF_MS};
	const char *path = api_path(c, "/machines/%s", api_text(*machine, "id"));

	for (int i = 0; !is_done(*machine); i++) {
		int code;

		if (i == LOOKS || !json_is_true(json_object_get(*machine, "drained")))
			return give_up(c, name, *machine);
		nanosleep(&pause, NULL);
		code = api_get(c, path, machine);
		if (code != 0)
			return code;
	}
	return 0;
}

int machine_drain(struct cli *c, const struct invocation *in)
{
	const struct machine_drain_options *o = in->options;
	const json_t *machine = NULL;
	int code = post(c, in->args[0], "drain", &machine);

	if (code == 0 && o->wait)
		code = wait_until_idle(c, in->args[0], &machine);
	if (code != 0)
		return code;
	if (o->wait)
		output_done(&c->out, machine, "machine %s drained: nothing goes by it any more",
			    in->args[0]);
	else
		output_done(&c->out, machine,
			    "machine %s drained; what others can carry has left it when skein "
			    "machine show says that it is idle",
			    in->args[0]);
	return 0;
}

int machine_undrain(struct cli *c, const struct invocation *in)
{
	const json_t *machine = NULL;
	int code = post(c, in->args[0], "undrain", &machine);

	if (code == 0)
		output_done(&c->out, machine, "machine %s is in service again", in->args[0]);
	return code;
}
