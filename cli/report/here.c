#include "cli/report/here.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bgp/instance.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"

#define AGENT_CONF "/etc/skein/agent.conf"
#define STATE_DIR  "/var/lib/skein/agent"
#define CTRL_CONF  "/etc/skein/controller.conf"
#define DATA_DIR   "/var/lib/skein/controller"
#define CONF_MAX   65536
#define HOST_MAX   63

/* A directory as a daemon's configuration names it. The daemon checks the file; here the one line
 * is read, for a file that the daemon refuses is just what a report is for. */
static const char *configured(struct arena *a, const char *conf, const char *name,
			      const char *standard)
{
	const char *line, *value = standard;
	struct buf text;

	buf_init_secret(&text);
	if (file_read(conf, CONF_MAX, &text, NULL) != 0)
		buf_clear(&text);
	for (line = buf_text(&text); line != NULL; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		line += strlen(name) + strspn(line + strlen(name), " \t=");
		if (*line == '/')
			value = arena_printf(a, "%.*s", (int)strcspn(line, " \t\r\n#"), line);
	}
	buf_fini(&text);
	return value;
}

/* The programs beside this one come first, and those of root are found whoever calls. */
void here_set_environment(const struct here *h)
{
	const char *path = getenv("PATH"), *slash = strrchr(h->self, '/');
	char all[PATH_MAX * 2];

	snprintf(all, sizeof(all), "%.*s:%s:/usr/sbin:/sbin",
		 slash != NULL ? (int)(slash - h->self) : 1, slash != NULL ? h->self : ".",
		 path != NULL ? path : "/usr/bin:/bin");
	setenv("PATH", all, 1);
	setenv("LC_ALL", "C", 1);
	setenv("WG_HIDE_KEYS", "always", 1);
	setenv(INSTANCE_RUN_DIR_ENV, h->run, 1);
}

static bool has_file(struct arena *a, const char *directory, const char *name)
{
	return access(arena_printf(a, "%s/%s", directory, name), F_OK) == 0;
}

void here_look(struct here *h, struct arena *a)
{
	char self[PATH_MAX] = "", host[256] = "";
	const char *run = getenv(INSTANCE_RUN_DIR_ENV);

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		snprintf(self, sizeof(self), "skein");
	h->self = arena_strdup(a, self);
	gethostname(host, sizeof(host) - 1);
	host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] =
		'\0';
	h->host = arena_printf(a, "%.*s", HOST_MAX, host[0] != '\0' ? host : "machine");
	h->state = configured(a, AGENT_CONF, "state_dir", STATE_DIR);
	h->run = run != NULL && run[0] == '/'
			 ? arena_strdup(a, run)
			 : configured(a, AGENT_CONF, "run_dir", INSTANCE_RUN_DIR);
	h->data = configured(a, CTRL_CONF, "data_dir", DATA_DIR);
	h->agent = has_file(a, h->state, "machine.json") || has_file(a, h->run, "agent.sock");
	h->controller = has_file(a, h->data, "controller.db");
}
