#include "lib/net/ufw.h"

#include <stdio.h>
#include <stdlib.h>
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

/* ufw itself takes no quotes in it. */
static int check_comment(const char *comment, struct fault *f)
{
	if (strchr(comment, '\'') == NULL && strlen(comment) <= 200)
		return 0;
	return fault_set(f, ERR_INVALID, "comment of an ufw rule");
}

/* One line of `ufw show added`: "ufw allow 51820/udp comment 'skein'", "ufw deny log 51820/udp".
 * What names addresses, devices or a direction is a rule of its own beside ours. */
static enum ufw_rule read_rule(char *line, const char *rule, const char *comment)
{
	char own[256];
	const char *action;

	if (strncmp(line, "ufw ", 4) != 0)
		return UFW_NONE;
	strsep(&line, " ");
	action = strsep(&line, " ");
	if (line != NULL && (strncmp(line, "log ", 4) == 0 || strncmp(line, "log-all ", 8) == 0))
		strsep(&line, " ");
	if (line == NULL || strncmp(line, rule, strlen(rule)) != 0)
		return UFW_NONE;
	line += strlen(rule);
	if (*line != '\0' && strncmp(line, " comment '", 10) != 0)
		return UFW_NONE;
	if (strcmp(action, "allow") != 0)
		return strcmp(action, "limit") == 0 ? UFW_ALLOWED : UFW_REFUSED;
	snprintf(own, sizeof(own), " comment '%s'", comment);
	return strcmp(line, own) == 0 ? UFW_OURS : UFW_ALLOWED;
}

int ufw_find_udp(const struct ufw *u, uint16_t port, const char *comment, enum ufw_rule *out,
		 struct fault *f)
{
	const char *const argv[] = {program_of(u), "show", "added", NULL};
	char rule[16], *text, *rest, *line;
	struct buf said;
	int status = 0, code = check_comment(comment, f);

	if (code != 0)
		return code;
	*out = UFW_NONE;
	snprintf(rule, sizeof(rule), "%u/udp", port);
	buf_init(&said);
	code = run_program(argv, TIMEOUT_MS, &said, &status, f);
	if (code == 0 && status != 0)
		code = fault_set(f, ERR_REMOTE, "%s: status %d", argv[0], status);
	text = rest = buf_take(&said);
	while (code == 0 && *out == UFW_NONE && (line = strsep(&rest, "\n")) != NULL)
		*out = read_rule(line, rule, comment);
	free(text);
	return code;
}

int ufw_allow_udp(const struct ufw *u, uint16_t port, const char *comment, struct fault *f)
{
	char rule[16];
	const char *argv[] = {program_of(u), "allow", rule, "comment", comment, NULL};

	if (check_comment(comment, f) != 0)
		return ERR_INVALID;
	snprintf(rule, sizeof(rule), "%u/udp", port);
	return run_program_ok(argv, TIMEOUT_MS, f);
}

int ufw_delete_udp(const struct ufw *u, uint16_t port, const char *comment, struct fault *f)
{
	char rule[16];
	const char *argv[] = {program_of(u), "delete", "allow", rule, "comment", comment, NULL};

	if (check_comment(comment, f) != 0)
		return ERR_INVALID;
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
