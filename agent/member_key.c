/* WireGuard's private key of a membership, and while it is rotated the next one. */
#include <string.h>
#include <unistd.h>

#include "agent/member.h"
#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

static void forget_next(struct member *m)
{
	secret_wipe(&m->next);
	m->has_next = m->next_is_new = false;
}

int member_drop_next_key(struct member *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = secret_remove(path_member(c, &m->id, "key.next", path), f);

	if (code == 0)
		forget_next(m);
	return code;
}

int member_make_next_key(struct member *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = member_drop_next_key(m, c, f);

	if (code != 0)
		return code;
	wg_private_key_generate(&m->next);
	code = secret_store(&m->next, path_member(c, &m->id, "key.next", path), f);
	if (code != 0) {
		forget_next(m);
		return code;
	}
	wg_public_key(&m->next, &m->next_public_key);
	m->has_next = m->next_is_new = true;
	return 0;
}

static void swap_keys(struct member *m)
{
	const struct wg_key public_key = m->public_key;
	struct secret key = m->key;

	m->key = m->next;
	m->public_key = m->next_public_key;
	m->next = key;
	m->next_public_key = public_key;
	m->next_is_new = false;
	secret_wipe(&key);
}

int member_switch_key(struct member *m, const struct config *c, struct fault *f)
{
	char key[PATH_TEXT_MAX], next[PATH_TEXT_MAX];
	struct fault why = {0};
	int code;

	path_member(c, &m->id, "key", key);
	path_member(c, &m->id, "key.next", next);
	code = file_exchange(key, next, &why);
	if (code == ERR_UNSUPPORTED) /* then without the old one, which nothing depends on */
		code = secret_store(&m->next, key, f);
	else if (code != 0)
		return fault_set(f, code, "%s", why.text);
	if (code == 0)
		swap_keys(m);
	return code;
}

/* What is none any more, or cannot be read, is of no use: another one will be made. */
static int load_next(struct member *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct fault why = {0};

	path_member(c, &m->id, "key.next", path);
	if (access(path, F_OK) != 0)
		return 0;
	if (secret_load(&m->next, path, &why) != 0 || secret_is_zero(&m->next)) {
		log_warn("the next key is no key: it is removed", LOG_S("why", why.text));
		return member_drop_next_key(m, c, f);
	}
	wg_public_key(&m->next, &m->next_public_key);
	m->has_next = true;
	return 0;
}

int member_load_key(struct member *m, const struct config *c, bool *made, struct fault *f)
{
	char dir[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	int code = file_make_dir(path_member(c, &m->id, "", dir), 0700, f);

	*made = false;
	if (code != 0)
		return code;
	path_member(c, &m->id, "key", path);
	if (access(path, F_OK) != 0) {
		*made = true;
	} else {
		struct fault why = {0};

		code = secret_load(&m->key, path, &why);
		*made = code == ERR_INVALID;
		if (*made)
			log_error("the key is no key: making a new one", LOG_S("why", why.text));
		else if (code != 0)
			return fault_set(f, code, "%s", why.text);
	}
	if (*made) {
		wg_private_key_generate(&m->key);
		code = secret_store(&m->key, path, f);
	}
	if (code == 0)
		wg_public_key(&m->key, &m->public_key);
	return code == 0 ? load_next(m, c, f) : code;
}
