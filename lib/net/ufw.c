#include "lib/net/ufw.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/run.h"
#include "lib/net/link.h"

#define TIMEOUT_MS 20000
#define CONFIG_MAX 65536

static const char *program_of(const struct ufw *u)
{
	return u->program != NULL ? u->program : "/usr/sbin/ufw";
}

/* The last line that says it counts, as in a shell. */
static bool says_enabled(char *text)
{
	bool enabled = false;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL) {
		char value[8] = "";

		if (sscanf(line, " ENABLED = %7s", value) == 1 ||
		    sscanf(line, " ENABLED=%7s", value) == 1)
			enabled = strcasecmp(value, "yes") == 0;
	}
	return enabled;
}

bool ufw_active(const struct ufw *u)
{
	struct buf text;
	char *copy;
	bool active;

	if (access(program_of(u), X_OK) != 0)
		return false;
	buf_init(&text);
	if (file_read(u->config != NULL ? u->config : "/etc/ufw/ufw.conf", CONFIG_MAX, &text,
		      NULL) != 0) {
		buf_fini(&text);
		return false;
	}
	copy = buf_take(&text);
	active = says_enabled(copy);
	free(copy);
	return active;
}

int ufw_allow_udp(const struct ufw *u, uint16_t port, const char *comment, struct fault *f)
{
	char rule[16];
	const char *argv[] = {program_of(u), "allow", rule, "comment", comment, NULL};

	/* ufw itself takes no quotes in it. */
	if (strchr(comment, '\'') != NULL || strlen(comment) > 200)
		return fault_set(f, ERR_INVALID, "comment of an ufw rule");
	snprintf(rule, sizeof(rule), "%u/udp", port);
	return run_program_ok(argv, TIMEOUT_MS, f);
}

int ufw_delete_udp(const struct ufw *u, uint16_t port, struct fault *f)
{
	char rule[16];
	const char *argv[] = {program_of(u), "delete", "allow", rule, NULL};

	snprintf(rule, sizeof(rule), "%u/udp", port);
	return run_program_ok(argv, TIMEOUT_MS, f);
}

static int change_route(const struct ufw *u, bool allow, const char *from, const char *to,
			struct fault *f)
{
	const char *argv[12];
	size_t n = 0;

	if (!link_name_valid(from) || !link_name_valid(to))
		return fault_set(f, ERR_INVALID, "ufw route from '%.20s' to '%.20s'", from, to);
	argv[n++] = program_of(u);
	argv[n++] = "route";
	if (!allow)
		argv[n++] = "delete";
	argv[n++] = "allow";
	argv[n++] = "in";
	argv[n++] = "on";
	argv[n++] = from;
	argv[n++] = "out";
	argv[n++] = "on";
	argv[n++] = to;
	argv[n] = NULL;
	return run_program_ok(argv, TIMEOUT_MS, f);
}

int ufw_allow_route(const struct ufw *u, const char *from, const char *to, struct fault *f)
{
	return change_route(u, true, from, to, f);
}

int ufw_delete_route(const struct ufw *u, const char *from, const char *to, struct fault *f)
{
	return change_route(u, false, from, to, f);
}
