#include "controller/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/alloc.h"
#include "controller/data_dir.h"
#include "controller/keys.h"
#include "controller/store.h"
#include "lib/base/file.h"
#include "lib/mesh/token.h"

#define STAGE_NAME "init.new"

/* ---- the administrator ---- */

static int audit(struct store *s, const char *action, const struct id *resource, struct fault *f)
{
	char text[ID_TEXT_MAX];
	struct audit_entry entry = {
		.at = wall_now(),
		.actor = "init",
		.action = action,
		.resource = id_format(resource, text),
	};

	return store_audit_insert(s, &entry, f);
}

static int add_admin(struct store *s, struct buf *token, struct fault *f)
{
	struct api_token t = {.role = ROLE_ADMIN, .note = "administrator"};
	struct secret secret;
	int code;

	secret_random(&secret);
	token_digest(&secret, &t.secret);
	code = store_api_token_insert(s, &t, f);
	if (code == 0)
		code = audit(s, "api-token.create", &t.id, f);
	if (code == 0)
		token_format(TOKEN_API, &secret, token);
	secret_wipe(&secret);
	return code;
}

static int fill_database(struct store *s, struct buf *token, struct fault *f)
{
	struct installation installation = {.epoch = 1, .next_asn = ALLOC_ASN_FIRST};
	struct organization o = {.name = "default"};
	int code = store_begin(s, f);

	if (code != 0)
		return code;
	id_new(&installation.id);
	code = store_installation_set(s, &installation, f);
	if (code == 0)
		code = store_organization_insert(s, &o, f);
	if (code == 0)
		code = audit(s, "organization.create", &o.id, f);
	if (code == 0)
		code = add_admin(s, token, f);
	if (code == 0)
		code = store_commit(s, f);
	if (code != 0)
		store_rollback(s);
	return code;
}

/* ---- init ---- */

static int make_database(const char *stage, struct buf *token, struct fault *f)
{
	struct store *s = NULL;
	char *path = NULL;
	int code;

	if (asprintf(&path, "%s/%s", stage, DATABASE_NAME) < 0)
		abort();
	code = store_open(&s, path, STORE_CREATE, f);
	if (code == 0)
		code = fill_database(s, token, f);
	store_close(s);
	free(path);
	return code;
}

int init_make(const struct config *config, struct buf *token, struct fault *f)
{
	bool new_dir = access(config->data_dir, F_OK) != 0;
	char *stage = config_data_path(config, STAGE_NAME);
	int code = data_dir_refuse(config, "init changes none", f);

	if (code != 0) {
		free(stage);
		return code;
	}
	code = file_make_dir(config->data_dir, 0700, f);
	if (code == 0)
		code = file_remove(stage, f); /* of an init that was killed */
	if (code == 0)
		code = file_make_dir(stage, 0700, f);
	if (code == 0)
		code = keys_make(config, stage, f);
	if (code == 0)
		code = make_database(stage, token, f);
	if (code == 0)
		code = data_dir_place(config, stage, f);
	file_remove(stage, NULL);
	if (code != 0 && new_dir)
		rmdir(config->data_dir);
	if (code != 0)
		buf_clear(token);
	free(stage);
	return code;
}

/* ---- an existing one ---- */

static int replace_admins(struct store *s, struct buf *token, struct fault *f)
{
	struct api_token *tokens = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_api_token_list(s, &a, 0, NULL, &tokens, &n, f);
	for (size_t i = 0; i < n && code == 0; i++) {
		if (tokens[i].role != ROLE_ADMIN || tokens[i].revoked_at.ms != 0)
			continue;
		tokens[i].revoked_at = wall_now();
		code = store_api_token_update(s, &tokens[i], f);
		if (code == 0)
			code = audit(s, "api-token.revoke", &tokens[i].id, f);
	}
	if (code == 0)
		code = add_admin(s, token, f);
	arena_fini(&a);
	return code;
}

int init_reset_admin(const struct config *config, struct buf *token, struct fault *f)
{
	char *path = config_data_path(config, DATABASE_NAME);
	struct store *s = NULL;
	int lock, code = data_dir_lock(config, &lock, f);

	if (code == 0)
		code = store_open(&s, path, STORE_WRITE, f);
	if (code == 0)
		code = store_begin(s, f);
	if (code == 0) {
		code = replace_admins(s, token, f);
		if (code == 0)
			code = store_commit(s, f);
		if (code != 0) {
			store_rollback(s);
			buf_clear(token);
		}
	}
	store_close(s);
	if (lock >= 0)
		close(lock);
	free(path);
	return code;
}
