#include "controller/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/alloc.h"
#include "controller/keys.h"
#include "controller/store.h"
#include "lib/base/file.h"
#include "lib/mesh/token.h"

#define STAGE_NAME "init.new"
#define LOCK_NAME  "lock"

/* In the order in which they are moved into place: the database, without which there is no
 * controller, is last. */
static const char *const made[] = {KEYS_CERTIFICATE, KEYS_TLS, KEYS_SIGNING, DATABASE_NAME};
#define NMADE (sizeof(made) / sizeof(made[0]))

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

static int refuse_existing(const struct config *config, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < NMADE && code == 0; i++) {
		char *path = config_data_path(config, made[i]);

		if (access(path, F_OK) == 0)
			code = fault_set(f, ERR_EXISTS,
					 "%s is there: this directory holds a controller already, "
					 "and init changes none",
					 path);
		free(path);
	}
	return code;
}

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

/* Moves the i-th file; on failure those before it go again. */
static int move_all(const struct config *config, const char *stage, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < NMADE && code == 0; i++) {
		char *to = config_data_path(config, made[i]), *from = NULL;

		if (asprintf(&from, "%s/%s", stage, made[i]) < 0)
			abort();
		if (rename(from, to) != 0)
			code = fault_errno(f, errno, "%s", to);
		for (size_t k = 0; code != 0 && k < i; k++) {
			char *done = config_data_path(config, made[k]);

			unlink(done);
			free(done);
		}
		free(from);
		free(to);
	}
	return code;
}

int init_make(const struct config *config, struct buf *token, struct fault *f)
{
	bool new_dir = access(config->data_dir, F_OK) != 0;
	char *stage = config_data_path(config, STAGE_NAME);
	int code = refuse_existing(config, f);

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
		code = move_all(config, stage, f);
	file_remove(stage, NULL);
	if (code != 0 && new_dir)
		rmdir(config->data_dir);
	if (code != 0)
		buf_clear(token);
	free(stage);
	return code;
}

/* ---- an existing one ---- */

/* A record lock of POSIX, for the kernel knows who has it; nothing has to be written for that. It
 * is this process's until it closes any descriptor of the file: it opens one. */
static int take_lock(const struct config *config, const char *path, int *fd, struct fault *f)
{
	const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct flock holder;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return fault_errno(f, errno, "%s", path);
	for (;;) {
		if (fcntl(*fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN)
			return fault_errno(f, errno, "%s", path);
		holder = whole;
		if (fcntl(*fd, F_GETLK, &holder) != 0)
			return fault_errno(f, errno, "%s", path);
		if (holder.l_type != F_UNLCK) /* else it has just been given up: again */
			return fault_set(f, ERR_BUSY, "%s: a controller runs here already, pid %d",
					 config->data_dir, (int)holder.l_pid);
	}
}

static int find_database(const struct config *config, struct fault *f)
{
	char *path = config_data_path(config, DATABASE_NAME);
	char *key = config_data_path(config, KEYS_SIGNING);
	int code = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT && access(key, F_OK) == 0)
		code = fault_set(
			f, ERR_NOT_FOUND,
			"%s is missing, and the keys beside it are there: restore a backup", path);
	else if (access(path, F_OK) != 0 && errno == ENOENT)
		code = fault_set(f, ERR_NOT_FOUND,
				 "no controller in %s yet: run 'skein-controller init'",
				 config->data_dir);
	else if (access(path, R_OK | W_OK) != 0)
		code = fault_errno(f, errno, "%s", path);
	free(path);
	free(key);
	return code;
}

int init_lock(const struct config *config, int *fd, struct fault *f)
{
	char *path = config_data_path(config, LOCK_NAME);
	int code = find_database(config, f);

	*fd = -1;
	if (code == 0)
		code = take_lock(config, path, fd, f);
	if (code != 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	free(path);
	return code;
}

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
	int lock, code = init_lock(config, &lock, f);

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
