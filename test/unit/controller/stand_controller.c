#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/data_dir.h"
#include "controller/init.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/mesh/state_excerpt.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define READY_TRIES 12000

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
	snprintf(a->base, sizeof(a->base), "%s://127.0.0.1:%d", a->config->tls ? "https" : "http",
		 server_port(a->controller->server, 0));
	/* A large mesh takes its time. */
	for (int i = 0; i < READY_TRIES; i++) {
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

bool stand_start_with_mesh(struct stand *a, const char *settings, const char *mesh)
{
	return stand_start(a, settings) &&
	       stand_call(a, a->admin, "POST", "/api/v1/meshes", mesh) == 201;
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

void stand_pause(struct stand *a)
{
	controller_stop(a->controller);
}

bool stand_resume(struct stand *a)
{
	return run(a);
}

bool stand_restart(struct stand *a)
{
	stand_pause(a);
	return stand_resume(a);
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

bool stand_run_sql(const struct stand *a, const char *sql)
{
	char *path = config_data_path(a->config, DATABASE_NAME);
	sqlite3 *db = NULL;
	bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		  sqlite3_busy_timeout(db, 5000) == SQLITE_OK &&
		  sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	if (!ok)
		stand_complain("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	free(path);
	return ok;
}

/* ---- machines that are not known ---- */

/* As after a backup of long ago, restored in a while: what was made until then can have been lost.
 */
static bool note_restoration(struct stand *a)
{
	return stand_run_sql(a,
			     "INSERT INTO restoration (at, backup_at) VALUES (4102444800000, 1)");
}

static void make_excerpt(struct stand *a, const struct id *mesh, const struct id *membership,
			 uint32_t index, struct buf *out)
{
	const struct state_identity identity = {.kind = STATE_KIND_MEMBERSHIP,
						.revision = STATE_REVISION(1, 1),
						.mesh = mesh->bytes,
						.membership = membership->bytes};
	struct state_self self = {.peer = index, .base_port = 51820};
	struct state_writer *w = state_writer_new(STATE_KIND_MEMBERSHIP);
	struct state_image image;
	struct state_tree tree;
	struct buf body, whole;

	buf_init(&body);
	buf_init(&whole);
	id_new((struct id *)self.machine);
	state_writer_section(w, STATE_SELF, &self, 1, sizeof(self));
	state_writer_body(w, &body);
	state_sign(&identity, body.data, body.len, a->controller->keys.signing, &whole);
	if (state_check(&image, whole.data, whole.len, NULL) == 0) {
		state_tree_make(&tree, (const uint8_t *)whole.data + STATE_PAGE,
				image.root->body_pages);
		state_excerpt_make(&image, &tree, out);
		state_tree_fini(&tree);
	}
	state_writer_free(w);
	buf_fini(&body);
	buf_fini(&whole);
}

long stand_show_unknown(struct stand *a, const char *mesh, uint32_t index, const char *name,
			char id[64])
{
	char encoded[sodium_base64_ENCODED_LEN(STATE_EXCERPT_MAX, sodium_base64_VARIANT_ORIGINAL)];
	struct id mesh_id, membership;
	struct buf excerpt, body;
	long status = -1;

	id_new(&membership);
	id_format(&membership, id);
	buf_init(&excerpt);
	buf_init(&body);
	if (id_parse(mesh, &mesh_id) && note_restoration(a)) {
		make_excerpt(a, &mesh_id, &membership, index, &excerpt);
		sodium_bin2base64(encoded, sizeof(encoded), (const uint8_t *)excerpt.data,
				  excerpt.len, sodium_base64_VARIANT_ORIGINAL);
		buf_printf(&body, "{\"name\":\"%s\",\"image\":\"%s\"}", name, encoded);
		status = stand_call(a, NULL, "POST", "/api/v1/unknown-machines", buf_text(&body));
	}
	buf_fini(&excerpt);
	buf_fini(&body);
	return status;
}
