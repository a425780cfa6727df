#include "lib/net/bird_configure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int reply;
	enum bird_configured result;
} results[] = {
	{3, BIRD_CONFIG_DONE},	   {4, BIRD_CONFIG_RUNNING},   {5, BIRD_CONFIG_QUEUED},
	{6, BIRD_CONFIG_STOPPING}, {17, BIRD_CONFIG_UNQUEUED}, {18, BIRD_CONFIG_CONFIRMED},
	{19, BIRD_CONFIG_NOTHING}, {20, BIRD_CONFIG_VALID},    {21, BIRD_CONFIG_UNDOING},
	{22, BIRD_CONFIG_UNDOING},
};

/* ERR_REMOTE for what is no answer to `configure`. */
static int result_of(int code, enum bird_configured *result)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (results[i].reply == code) {
			*result = results[i].result;
			return 0;
		}
	return ERR_REMOTE;
}

static bool path_valid(const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) || *p == '"')
			return false;
	return strlen(path) < BIRD_COMMAND_MAX / 2;
}

int bird_configure_command(enum bird_configure_kind kind, const char *path, unsigned seconds,
			   char out[BIRD_COMMAND_MAX], struct fault *f)
{
	char file[BIRD_COMMAND_MAX / 2 + 4] = "";

	if (path != NULL && !path_valid(path))
		return fault_set(f, ERR_INVALID, "name of a file for BIRD: %.60s", path);
	if (path != NULL)
		snprintf(file, sizeof(file), " \"%s\"", path);
	switch (kind) {
	case BIRD_CONFIGURE_CHECK:
		snprintf(out, BIRD_COMMAND_MAX, "configure check%s", file);
		return 0;
	case BIRD_CONFIGURE:
		snprintf(out, BIRD_COMMAND_MAX, "configure%s", file);
		return 0;
	case BIRD_CONFIGURE_SOFT:
		snprintf(out, BIRD_COMMAND_MAX, "configure soft%s", file);
		return 0;
	case BIRD_CONFIGURE_TIMEOUT:
		if (seconds == 0 || seconds > BIRD_CONFIGURE_SECONDS_MAX)
			return fault_set(f, ERR_RANGE, "time to undo: %u s, want 1 to %d", seconds,
					 BIRD_CONFIGURE_SECONDS_MAX);
		snprintf(out, BIRD_COMMAND_MAX, "configure%s timeout %u", file, seconds);
		return 0;
	case BIRD_CONFIGURE_CONFIRM:
		snprintf(out, BIRD_COMMAND_MAX, "configure confirm");
		return 0;
	case BIRD_CONFIGURE_UNDO:
		snprintf(out, BIRD_COMMAND_MAX, "configure undo");
		return 0;
	}
	return fault_set(f, ERR_INTERNAL, "no such kind of configure");
}

int bird_configure(struct bird *b, enum bird_configure_kind kind, const char *path,
		   unsigned seconds, struct mono deadline, enum bird_configured *result,
		   struct fault *f)
{
	char command[BIRD_COMMAND_MAX];
	int code = bird_configure_command(kind, path, seconds, command, f);

	if (code == 0)
		code = bird_call(b, command, deadline, NULL, NULL, f);
	if (code == 0 && result_of(bird_code(b), result) != 0)
		code = fault_set(f, ERR_REMOTE, "BIRD: reply %04d to configure", bird_code(b));
	return code;
}

static const char *const verbs[] = {
	[BIRD_PROTOCOL_ENABLE] = "enable",	 [BIRD_PROTOCOL_DISABLE] = "disable",
	[BIRD_PROTOCOL_RESTART] = "restart",	 [BIRD_PROTOCOL_RELOAD] = "reload",
	[BIRD_PROTOCOL_RELOAD_IN] = "reload in",
};

int bird_protocol_do(struct bird *b, enum bird_protocol_verb verb, const char *name,
		     struct mono deadline, struct fault *f)
{
	char command[128];

	if (!bird_name_valid(name))
		return fault_set(f, ERR_INVALID, "'%.60s' is no name of a protocol", name);
	/* In quotes it is a pattern, and not to be there is no syntax error then. */
	snprintf(command, sizeof(command), "%s \"%s\"", verbs[verb], name);
	return bird_call(b, command, deadline, NULL, NULL, f);
}
