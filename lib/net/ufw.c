#include "lib/net/ufw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/base/run.h"

#define TIMEOUT_MS  20000
#define CONFIG_MAX  65536
#define COMMENT_MAX 200
#define WORDS_MAX   16

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
	if (strchr(comment, '\'') == NULL && strlen(comment) <= COMMENT_MAX)
		return 0;
	return fault_set(f, ERR_INVALID, "comment of an ufw rule");
}

int ufw_list(const struct ufw *u, struct buf *out, struct fault *f)
{
	const char *const argv[] = {program_of(u), "show", "added", NULL};
	int status = 0, code = run_program(argv, TIMEOUT_MS, out, &status, f);

	if (code == 0 && status != 0)
		code = fault_set(f, ERR_REMOTE, "%s: status %d", argv[0], status);
	return code;
}

/* ---- finding one ---- */

/* A line of the list without what does not tell rules apart: how much of it is logged. */
static void without_log(char *line)
{
	static const char *const words[] = {" log-all ", " log "};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *at = strstr(line, words[i]);
		size_t len = strlen(words[i]) - 1;

		if (at != NULL)
			memmove(at, at + len, strlen(at + len) + 1);
	}
}

/* "ufw allow 51820/udp comment 'skein'", "ufw route deny log in on wg0". */
static enum ufw_rule read_line(char *line, const char *rule, const char *comment)
{
	char own[COMMENT_MAX + 16];
	const char *action;
	bool route;

	without_log(line);
	if (strncmp(line, "ufw ", 4) != 0)
		return UFW_NONE;
	strsep(&line, " ");
	route = strncmp(line, "route ", 6) == 0;
	if (route)
		strsep(&line, " ");
	action = strsep(&line, " ");
	if (route != (strncmp(rule, "route ", 6) == 0))
		return UFW_NONE;
	rule += route ? 6 : 0;
	if (line == NULL || strncmp(line, rule, strlen(rule)) != 0)
		return UFW_NONE;
	line += strlen(rule);
	if (*line != '\0' && strncmp(line, " comment '", 10) != 0)
		return UFW_NONE;
	if (strcmp(action, "allow") != 0)
		return strcmp(action, "limit") == 0 ? UFW_ALLOWED : UFW_REFUSED;
	snprintf(own, sizeof(own), " comment '%.*s'", COMMENT_MAX, comment);
	return strcmp(line, own) == 0 ? UFW_OURS : UFW_ALLOWED;
}

enum ufw_rule ufw_find(const char *list, const char *rule, const char *comment)
{
	char *text = mem_strdup(list), *rest = text, *line;
	enum ufw_rule found = UFW_NONE;

	while (found == UFW_NONE && (line = strsep(&rest, "\n")) != NULL)
		found = read_line(line, rule, comment);
	free(text);
	return found;
}

/* ---- changing ---- */

static int change(const struct ufw *u, const char *verb, const char *rule, const char *comment,
		  struct fault *f)
{
	const char *argv[WORDS_MAX + 8];
	char *text = mem_strdup(rule), *rest = text, *word;
	size_t n = 0, words = 0;
	int code = check_comment(comment, f);

	argv[n++] = program_of(u);
	if (strncmp(rest, "route ", 6) == 0)
		argv[n++] = strsep(&rest, " ");
	if (strcmp(verb, "delete") == 0)
		argv[n++] = verb;
	argv[n++] = "allow";
	while (code == 0 && (word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '\0' || word[0] == '-' || words == WORDS_MAX)
			code = fault_set(f, ERR_INVALID, "no ufw rule: '%.80s'", rule);
		else
			argv[n++] = word;
		words++;
	}
	argv[n++] = "comment";
	argv[n++] = comment;
	argv[n] = NULL;
	if (code == 0)
		code = run_program_ok(argv, TIMEOUT_MS, f);
	free(text);
	return code;
}

int ufw_allow(const struct ufw *u, const char *rule, const char *comment, struct fault *f)
{
	return change(u, "allow", rule, comment, f);
}

int ufw_delete(const struct ufw *u, const char *rule, const char *comment, struct fault *f)
{
	return change(u, "delete", rule, comment, f);
}
