#include "test/net/lone.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/run.h"
#include "test/net/child.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define CONTROLLER TEST_BUILD "/skein-controller"
#define PORT	   8090
#define START_MS   20000
#define RUN_MS	   60000

bool lone_make(struct lone *l, const char *name, const char *at, const char *settings)
{
	char root[400], text[4000];
	struct buf said;
	const char *token;
	int status;

	*l = (struct lone){.pid = -1};
	if (getcwd(root, sizeof(root)) == NULL)
		return false;
	if (at != NULL)
		snprintf(l->data, sizeof(l->data), "%s/%s", at, name);
	else
		snprintf(l->data, sizeof(l->data), "%s/%s/%s", root, test_dir(), name);
	snprintf(l->config, sizeof(l->config), "%s/%s.conf", test_dir(), name);
	snprintf(l->log, sizeof(l->log), "%s/%s.log", test_dir(), name);
	snprintf(l->base, sizeof(l->base), "http://127.0.0.1:%d", PORT);
	snprintf(text, sizeof(text),
		 "listen = 127.0.0.1:%d\ntls = no\nurl = https://127.0.0.1:1\ndata_dir = %s\n"
		 "templates = %s/bird-templates\n%s",
		 PORT, l->data, root, settings != NULL ? settings : "");
	if (file_write(l->config, text, strlen(text), 0600, NULL) != 0)
		return false;
	buf_init(&said);
	status = lone_run(l, "init", &said);
	token = strstr(buf_text(&said), "skein-api.");
	if (status == 0 && token != NULL)
		snprintf(l->admin, sizeof(l->admin), "%.*s", (int)strcspn(token, " \n"), token);
	else
		printf("init: %s\n", buf_text(&said));
	buf_fini(&said);
	return l->admin[0] != '\0';
}

static bool has_ended(struct lone *l)
{
	if (waitpid(l->pid, NULL, WNOHANG) == 0)
		return false;
	l->pid = -1;
	return true;
}

bool lone_start(struct lone *l)
{
	const char *argv[] = {CONTROLLER, "run", "--config", l->config, NULL};
	struct mono deadline = mono_add_ms(mono_now(), START_MS);
	struct stand probe = {.curl = curl_easy_init()};
	bool ready = false;

	snprintf(probe.base, sizeof(probe.base), "%s", l->base);
	l->pid = child_start(l->log, argv);
	while (l->pid > 0 && !ready && !has_ended(l) && !mono_reached(deadline, mono_now())) {
		ready = stand_call(&probe, NULL, "GET", "/readyz", NULL) == 200;
		if (!ready)
			poll(NULL, 0, 10);
	}
	curl_easy_cleanup(probe.curl);
	json_decref(probe.json);
	buf_fini(&probe.body);
	return ready;
}

void lone_kill(struct lone *l)
{
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		waitpid(l->pid, NULL, 0);
	}
	l->pid = -1;
}

void lone_stop(struct lone *l)
{
	child_stop(&l->pid);
}

int lone_run(const struct lone *l, const char *command, struct buf *out)
{
	char line[2000];
	const char *argv[] = {"/bin/sh", "-c", line, NULL};
	int status = -1;

	snprintf(line, sizeof(line), "%s %s --config %s 2>&1", CONTROLLER, command, l->config);
	run_program(argv, RUN_MS, out, &status, NULL);
	return status;
}

void lone_log(const struct lone *l, struct buf *out)
{
	(void)file_read(l->log, 64 << 20, out, NULL);
}
