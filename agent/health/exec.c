/* A program of the machine's own, which its agent.conf names: the controller says a name, and never
 * what is run. It gets no input, its output goes nowhere, and it leads a process group of its own,
 * all of which ends with it or with its timeout. */
#include <signal.h>
#include <stdio.h>

#include "agent/health/check.h"
#include "agent/path.h"

static void end_group(const struct check *c)
{
	kill(-c->process.pid, SIGKILL);
}

static void on_ended(uv_process_t *process, int64_t status, int number)
{
	struct check *c = process->data;
	char why[CHECK_WHY_MAX] = "";

	end_group(c); /* what it left behind */
	c->running = false;
	if (number != 0)
		snprintf(why, sizeof(why), "killed by signal %d", number);
	else if (status != 0)
		snprintf(why, sizeof(why), "status %d", (int)status);
	if (uv_is_closing((uv_handle_t *)&c->timer)) /* nobody waits for it any more */
		uv_close((uv_handle_t *)process, check_closed);
	else
		check_end(c, why);
}

static int start(struct check *c, char why[CHECK_WHY_MAX])
{
	const char *path = config_check(c->config, c->terms.target);
	char prefix[PREFIX_TEXT_MAX], environment[PREFIX_TEXT_MAX + sizeof("SKEIN_PREFIX=")];
	uv_stdio_container_t none[3] = {
		{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
	uv_process_options_t options = {.exit_cb = on_ended,
					.flags = UV_PROCESS_DETACHED,
					.cwd = "/",
					.stdio = none,
					.stdio_count = 3};
	char path_list[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char program[PATH_TEXT_MAX];
	int code;

	if (path == NULL) {
		snprintf(why, CHECK_WHY_MAX, "agent.conf has no 'check = %.40s /path'",
			 c->terms.target);
		return UV_ENOENT;
	}
	snprintf(environment, sizeof(environment), "SKEIN_PREFIX=%s",
		 prefix_format(&c->prefix, prefix));
	snprintf(program, sizeof(program), "%s", path);
	options.file = program;
	options.args = (char *[]){program, NULL};
	options.env = (char *[]){path_list, environment, NULL};
	code = uv_spawn(c->loop, &c->process, &options);
	c->process.data = c;
	c->open++;
	c->running = code == 0;
	if (code != 0)
		snprintf(why, CHECK_WHY_MAX, "%.60s: %s", path, uv_strerror(code));
	return code;
}

/* Closed before it was seen to end, it would stay a zombie. */
static void stop(struct check *c)
{
	uv_handle_t *handle = (uv_handle_t *)&c->process;

	if (c->process.data == NULL || uv_is_closing(handle))
		return;
	if (c->running)
		end_group(c);
	else
		uv_close(handle, check_closed);
}

const struct check_kind check_exec = {start, stop};
