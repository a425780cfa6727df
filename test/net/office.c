#include "test/net/office.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/child.h"
#include "test/net/space.h"
#include "test/net/steps.h"
#include "test/test.h"

#define START_MS 20000
#define AGAIN_MS 50

static pid_t controller = -1;
static struct office here;

const struct office *office(void)
{
	return &here;
}

void office_word_of(const char *text, const char *start, char *out, size_t size)
{
	const char *at = strstr(text, start);

	snprintf(out, size, "%.*s", at != NULL ? (int)strcspn(at, " \n") : 0, at != NULL ? at : "");
}

static int write_config(const char *options)
{
	char *root = getcwd(NULL, 0);
	struct buf text;
	int code;

	if (root == NULL)
		return -1;
	snprintf(here.data, sizeof(here.data), "%s/%s/controller", root, test_dir());
	buf_init(&text);
	buf_printf(&text,
		   "listen = 127.0.0.1:8443\nurl = " OFFICE_URL "\ndata_dir = %s\n"
		   "templates = %s/bird-templates\ntemplates_override = %s/none\n%s",
		   here.data, root, root, options);
	free(root);
	snprintf(here.config, sizeof(here.config), "%s/controller.conf", test_dir());
	code = file_write(here.config, text.data, text.len, 0600, NULL);
	buf_fini(&text);
	return code;
}

/* What init prints is all that an operator has. */
static int make_controller(void)
{
	struct buf said;
	char line[256], text[128];
	int status;

	buf_init(&said);
	snprintf(line, sizeof(line), "init --config %s", here.config);
	status = steps_run(OFFICE_CONTROLLER, line, &said);
	office_word_of(buf_text(&said), "skein-api.", text, sizeof(text));
	office_word_of(buf_text(&said), "sha256//", here.pin, sizeof(here.pin));
	buf_fini(&said);
	snprintf(here.token, sizeof(here.token), "%s/token", test_dir());
	if (file_write(here.token, text, strlen(text), 0600, NULL) != 0)
		return -1;
	return status == 0 && text[0] != '\0' && here.pin[0] != '\0' ? 0 : -1;
}

void office_stop_controller(void)
{
	child_stop(&controller);
}

/* The controller answers when a login does. */
int office_start_controller(void)
{
	const char *const argv[] = {OFFICE_CONTROLLER, "run", "--config", here.config, NULL};
	struct mono deadline = mono_add_ms(mono_now(), START_MS);
	char line[700], log[200];

	snprintf(log, sizeof(log), "%s/controller.log", test_dir());
	controller = child_start(log, argv);
	snprintf(line, sizeof(line), "login " OFFICE_URL " --file %s --pin %s", here.token,
		 here.pin);
	while (steps_run(OFFICE_SKEIN, line, NULL) != 0) {
		if (mono_reached(deadline, mono_now()))
			return -1;
		poll(NULL, 0, AGAIN_MS);
	}
	return 0;
}

int office_open(const char *options)
{
	char home[PATH_MAX];

	/* A path that is not absolute would count for nothing, and the login be root's own. */
	if (realpath(test_dir(), home) == NULL)
		return -1;
	setenv("XDG_CONFIG_HOME", home, 1);
	if (space_enter() != 0 || write_config(options) != 0 || make_controller() != 0)
		return -1;
	return office_start_controller();
}

int office_close(void)
{
	office_stop_controller();
	unsetenv("XDG_CONFIG_HOME");
	/* The next suite has a controller of its own. */
	if (file_remove(here.data, NULL) != 0)
		return -1;
	return space_leave();
}
