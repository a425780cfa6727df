#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/init.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

static bool fail(const struct fault *f, const char *what)
{
	stand_complain("%s: %s", what, f->text);
	return false;
}

static bool run(struct stand *a)
{
	struct fault f = {0};

	if (controller_start(a->controller, a->config, &f) != 0)
		return fail(&f, "controller_start");
	snprintf(a->base, sizeof(a->base), "https://127.0.0.1:%d",
		 server_port(a->controller->server, 0));
	for (int i = 0; i < 500; i++) {
		if (stand_call(a, NULL, "GET", "/readyz", NULL) == 200)
			return true;
		usleep(10000);
	}
	stand_complain("the controller does not become ready");
	return false;
}

bool stand_start(struct stand *a, const char *settings)
{
	static int number;
	char cwd[128], path[300];
	struct fault f = {0};
	struct buf text;
	bool ok;

	memset(a, 0, sizeof(*a));
	a->config = mem_alloc(sizeof(*a->config));
	a->controller = mem_alloc(sizeof(*a->controller));
	a->controller->lock = -1;
	buf_init(&text);
	if (sodium_init() < 0 || getcwd(cwd, sizeof(cwd)) == NULL)
		return false;
	snprintf(a->directory, sizeof(a->directory), "%s/%s/api-%d", cwd, test_dir(), ++number);
	file_make_dir(a->directory, 0755, NULL);
	buf_printf(&text,
		   "listen = 127.0.0.1:0\nurl = https://127.0.0.1:8443\ndata_dir = %s/data\n"
		   "templates = %s/bird-templates\ntemplates_override = %s/override\n"
		   "log_level = error\n%s",
		   a->directory, cwd, a->directory, settings != NULL ? settings : "");
	snprintf(path, sizeof(path), "%s/controller.conf", a->directory);
	ok = file_write(path, text.data, text.len, 0644, &f) == 0 &&
	     config_load(a->config, path, true, &f) == 0;
	log_set_level(LOG_LEVEL_ERROR);
	buf_clear(&text);
	if (ok)
		ok = init_make(a->config, &text, &f) == 0;
	snprintf(a->admin, sizeof(a->admin), "%s", buf_text(&text));
	buf_fini(&text);
	a->curl = curl_easy_init();
	return ok ? run(a) : fail(&f, "stand_start");
}

void stand_stop(struct stand *a)
{
	controller_stop(a->controller);
	config_free(a->config);
	free(a->controller);
	free(a->config);
	curl_easy_cleanup(a->curl);
	json_decref(a->json);
	buf_fini(&a->body);
	file_remove(a->directory, NULL);
}

bool stand_restart(struct stand *a)
{
	controller_stop(a->controller);
	return run(a);
}

bool stand_wait_peer(struct stand *a, const struct stand_machine *m, uint32_t index)
{
	const struct state_expect expect = {.kind = STATE_KIND_VIEW,
					    .signer = keys_signer(&a->controller->keys)};
	struct state_image image;

	for (int i = 0; i < 500; i++) {
		if (stand_call(a, m->token, "GET", "/api/v1/mesh/config", NULL) == 200 &&
		    state_open(&image, a->body.data, a->body.len, &expect, NULL) == 0 &&
		    state_peer_at(&image, index) != NULL)
			return true;
		usleep(10000);
	}
	return false;
}
