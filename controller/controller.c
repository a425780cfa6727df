#include "controller/controller.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/api/table.h"
#include "controller/data_dir.h"
#include "controller/follow.h"
#include "controller/render/render.h"
#include "lib/base/log.h"

#define IMAGES_BYTES ((size_t)64 << 20) /* of rendered ones that are kept */

/* A new blob. */
static int load_templates(const struct config *config, struct blob **out, struct fault *f)
{
	const char *directories[] = {config->templates_override, config->templates};
	struct buf text;
	int code;

	buf_init(&text);
	code = render_bird_templates(directories, 2, &text, f);
	if (code == 0)
		*out = blob_new(&text);
	else
		buf_fini(&text);
	return code;
}

static int publish_first_templates(struct controller *c, struct digest *digest, struct fault *f)
{
	struct blob *blob = NULL;
	int code = load_templates(c->config, &blob, f);

	if (code != 0)
		return code;
	publish_templates(c->publish, blob);
	blob_unref(blob);
	blob_unref(publish_templates_get(c->publish, digest));
	return 0;
}

/* The first organization is the one on which an administrator acts who names none. */
static int load_memory(struct controller *c, const char *database, struct fault *f)
{
	const struct page first = {.limit = 1};
	struct organization *organizations;
	struct store *s = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_open(&s, database, STORE_READ, f);
	if (code == 0)
		code = store_organization_list(s, &a, &first, &organizations, &n, f);
	if (code == 0 && n > 0)
		c->default_organization = organizations[0].row;
	if (code == 0)
		code = follow_load(c, s, f);
	store_close(s);
	arena_fini(&a);
	return code;
}

static int start_server(struct controller *c, struct fault *f)
{
	const struct server_options options = {
		.config = c->config,
		.table = api_routes,
		.controller = c,
		.auth = c->auth,
		.poll = c->poll,
		.questions = c->questions,
		.jobs = c->jobs,
		.certificate = c->config->tls ? buf_text(&c->keys.certificate) : NULL,
		.key = c->config->tls ? buf_text(&c->keys.key) : NULL,
		.default_organization = c->default_organization,
		.committed = follow_commit,
	};

	return server_start(&c->server, &options, f);
}

int controller_start(struct controller *c, const struct config *config, struct fault *f)
{
	char *database = config_data_path(config, DATABASE_NAME);
	struct renderer_options rendering = {.database = database};
	int code;

	*c = (struct controller){.config = config, .lock = -1};
	c->auth = auth_new();
	c->poll = poll_new();
	c->questions = questions_new();
	c->publish = publish_new(c->poll);
	code = data_dir_lock(config, &c->lock, f);
	if (code == 0)
		code = keys_load(&c->keys, config, f);
	c->twins = twins_new();
	c->images = images_new(c->keys.signing, IMAGES_BYTES);
	if (code == 0)
		code = publish_first_templates(c, &rendering.templates, f);
	if (code == 0)
		code = jobs_start(&c->jobs, database, (int)config->readers, f);
	if (code == 0)
		code = load_memory(c, database, f);
	rendering.jobs = c->jobs;
	rendering.publish = c->publish;
	rendering.signing_key = c->keys.signing;
	if (code == 0)
		code = renderer_start(&c->renderer, &rendering, f);
	if (code == 0)
		code = rotator_start(&c->rotator, c, database, f);
	if (code == 0)
		code = start_server(c, f);
	if (code != 0)
		controller_stop(c);
	free(database);
	return code;
}

/* ---- reading again ---- */

static int renew_templates(struct controller *c, const struct config *fresh, struct fault *f)
{
	struct digest now, next;
	struct blob *blob = NULL;
	int code = load_templates(fresh, &blob, f);

	if (code != 0)
		return code;
	digest_of(blob->data, blob->len, &next);
	blob_unref(publish_templates_get(c->publish, &now));
	if (!digest_equal(&now, &next)) {
		renderer_set_templates(c->renderer, blob);
		log_info("new BIRD templates");
	}
	blob_unref(blob);
	return 0;
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

/* Agents know the controller by its key, where join tokens carry that: another one would shut them
 * all out. */
static int take_certificate(struct controller *c, struct keys *fresh, struct fault *f)
{
	int code;

	if (same_text(&fresh->certificate, &c->keys.certificate) &&
	    same_text(&fresh->key, &c->keys.key))
		return 0;
	if (memcmp(fresh->pin, c->keys.pin, sizeof(fresh->pin)) != 0)
		return fault_set(f, ERR_CONFLICT,
				 "the certificate is of another key, by which no agent would know "
				 "this controller ('pin'): the one of before goes on");
	code = server_renew(c->server, buf_text(&fresh->certificate), buf_text(&fresh->key), f);
	if (code != 0)
		return code;
	keys_swap_certificate(&c->keys, fresh);
	log_info("new certificate");
	return 0;
}

static int renew_certificate(struct controller *c, const struct config *fresh, struct fault *f)
{
	struct config config = *c->config;
	struct keys keys = {0};
	int code;

	if (!config.tls)
		return 0;
	config.certificate = fresh->certificate;
	config.key = fresh->key;
	code = keys_load(&keys, &config, f);
	if (code == 0)
		code = take_certificate(c, &keys, f);
	keys_fini(&keys);
	return code;
}

int controller_reload(struct controller *c, const struct config *fresh, struct fault *f)
{
	int templates = renew_templates(c, fresh, f), certificate = renew_certificate(c, fresh, f);

	return templates != 0 ? templates : certificate;
}

void controller_stop(struct controller *c)
{
	/* Who gives work to whom: the server and the rotator to the jobs, the jobs to the renderer,
	 * which waits for a job of its own. So the renderer ends while the jobs still run, but
	 * touched by none. */
	server_stop(c->server);
	rotator_stop(c->rotator);
	renderer_stop(c->renderer);
	jobs_stop(c->jobs);
	publish_free(c->publish);
	images_free(c->images);
	twins_free(c->twins);
	questions_free(c->questions);
	poll_free(c->poll);
	auth_free(c->auth);
	keys_fini(&c->keys);
	if (c->lock >= 0)
		close(c->lock);
	*c = (struct controller){.lock = -1};
}
