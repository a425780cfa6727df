#include "agent/member.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define BIRD_TEXT_MAX (64u << 20)

struct member *member_new(const struct id *id)
{
	struct member *m = mem_alloc(sizeof(*m));

	m->id = *id;
	buf_init(&m->templates);
	buf_init(&m->text);
	return m;
}

static void image_unmap(struct mapped_image *i)
{
	if (i->data != NULL)
		munmap(i->data, i->size);
	memset(i, 0, sizeof(*i));
}

void member_free(struct member *m)
{
	if (m == NULL)
		return;
	image_unmap(&m->view);
	image_unmap(&m->membership);
	buf_fini(&m->templates);
	buf_fini(&m->text);
	secret_wipe(&m->key);
	free(m);
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
	return code;
}

static int image_map(struct mapped_image *out, const char *path, const struct state_expect *expect,
		     struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fstat(fd, &st) != 0)
		code = fault_errno(f, errno, "%s", path);
	else if (st.st_size <= 0 || (uint64_t)st.st_size > STATE_IMAGE_MAX)
		code = fault_set(f, ERR_INVALID, "%s: no image by its size", path);
	if (code == 0) {
		out->size = (size_t)st.st_size;
		out->data = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (out->data == MAP_FAILED) {
			out->data = NULL;
			code = fault_errno(f, errno, "%s", path);
		}
	}
	close(fd);
	if (code == 0)
		code = state_open(&out->image, out->data, out->size, expect, f);
	if (code != 0)
		image_unmap(out);
	return code;
}

const char *member_trouble(const struct member *m)
{
	return m->refused[0] != '\0' ? m->refused : m->error; /* the cause first */
}

uint64_t member_revision(const struct mapped_image *i)
{
	return i->data != NULL ? i->image.root->revision : 0;
}

bool member_is_ready(const struct member *m)
{
	return m->view.data != NULL && m->membership.data != NULL;
}

static const struct state_self *self_of(const struct state_image *image)
{
	uint64_t n;

	return state_records(image, STATE_SELF, &n);
}

static void bird_digests(const struct state_image *image, struct digest *templates,
			 struct digest *text)
{
	const struct state_self *self = self_of(image);

	memcpy(templates->bytes, self->bird_templates, sizeof(templates->bytes));
	memcpy(text->bytes, self->bird_text, sizeof(text->bytes));
}

void member_bird_digests(const struct member *m, struct digest *templates, struct digest *text)
{
	bird_digests(&m->membership.image, templates, text);
}

/* Do the two go together? The view has to be one that the image knows, and to have us. */
static int check_pair(const struct state_image *view, const struct state_image *membership,
		      struct fault *f)
{
	const struct state_self *self = self_of(membership);

	if (memcmp(view->root->mesh, membership->root->mesh, 16) != 0)
		return fault_set(f, ERR_MISMATCH, "view and membership are of two meshes");
	if (view->root->revision < self->view_revision)
		return fault_set(f, ERR_STALE, "the membership needs a newer view");
	if (state_peer_at(view, self->peer) == NULL)
		return fault_set(f, ERR_MISMATCH, "this machine is not in the view");
	return 0;
}

static bool has_digest(const struct buf *b, const struct digest *want)
{
	struct digest got;

	digest_of(buf_text(b), b->len, &got);
	return b->len > 0 && digest_equal(&got, want);
}

/* The text that the image names: `name`, or `name`.next if storing was interrupted before the
 * renaming. */
static void load_text(struct member *m, const struct config *c, const char *name,
		      const struct digest *want, struct buf *out)
{
	char path[PATH_TEXT_MAX], next[PATH_TEXT_MAX], beside[64];

	snprintf(beside, sizeof(beside), "%s.next", name);
	path_member(c, &m->id, name, path);
	path_member(c, &m->id, beside, next);
	buf_clear(out);
	if (access(path, F_OK) == 0 && file_read(path, BIRD_TEXT_MAX, out, NULL) == 0 &&
	    has_digest(out, want))
		return;
	buf_clear(out);
	if (access(next, F_OK) == 0 && file_read(next, BIRD_TEXT_MAX, out, NULL) == 0 &&
	    has_digest(out, want) && rename(next, path) == 0)
		return;
	buf_clear(out);
}

/* Both images from disk, and they go together; on an error `out` is empty. */
static int map_pair(const struct member *m, const struct config *c, const uint8_t signer[32],
		    struct mapped_image *view, struct mapped_image *membership, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct state_expect expect = {
		.kind = STATE_KIND_MEMBERSHIP, .signer = signer, .membership = m->id.bytes};
	int code;

	memset(view, 0, sizeof(*view));
	code = image_map(membership, path_member(c, &m->id, "membership", path), &expect, f);
	if (code == 0) {
		expect.kind = STATE_KIND_VIEW;
		expect.membership = NULL;
		expect.mesh = membership->image.root->mesh;
		code = image_map(view, path_member(c, &m->id, "view", path), &expect, f);
	}
	if (code == 0)
		code = check_pair(&view->image, &membership->image, f);
	if (code != 0) {
		image_unmap(view);
		image_unmap(membership);
	}
	return code;
}

int member_load(struct member *m, const struct config *c, const uint8_t signer[32], struct fault *f)
{
	struct mapped_image view, membership;
	struct digest templates, text;
	int code = map_pair(m, c, signer, &view, &membership, f);

	if (code != 0)
		return code; /* what was in use stays in use */
	image_unmap(&m->view);
	image_unmap(&m->membership);
	m->view = view;
	m->membership = membership;
	m->number = self_of(&m->membership.image)->number;
	m->refused[0] = '\0';
	member_bird_digests(m, &templates, &text);
	load_text(m, c, "templates.conf", &templates, &m->templates);
	load_text(m, c, "membership.conf", &text, &m->text);
	return 0;
}

/* The image as it will be: the new one, verified, or the one that stays. */
static int choose_image(const struct member *m, const uint8_t signer[32], enum state_kind kind,
			const struct buf *update, const struct mapped_image *now,
			struct state_image *out, struct fault *f)
{
	struct state_expect expect = {
		.kind = kind,
		.signer = signer,
		.membership = kind == STATE_KIND_MEMBERSHIP ? m->id.bytes : NULL,
		.mesh = m->membership.data != NULL ? m->membership.image.root->mesh : NULL,
		.revision_min = member_revision(now),
	};

	if (update->len > 0)
		return state_open(out, update->data, update->len, &expect, f);
	if (now->data == NULL)
		return fault_set(f, ERR_NOT_FOUND, "%s is missing",
				 kind == STATE_KIND_VIEW ? "the view" : "the membership image");
	*out = now->image;
	return 0;
}

static int check_update(const struct member *m, const uint8_t signer[32],
			const struct member_update *u, struct fault *f)
{
	struct state_image view = {0}, membership = {0};
	struct digest templates, text;
	int code;

	code = choose_image(m, signer, STATE_KIND_MEMBERSHIP, &u->parts[PART_MEMBERSHIP],
			    &m->membership, &membership, f);
	if (code == 0)
		code = choose_image(m, signer, STATE_KIND_VIEW, &u->parts[PART_VIEW], &m->view,
				    &view, f);
	if (code == 0)
		code = check_pair(&view, &membership, f);
	if (code != 0)
		return code;
	bird_digests(&membership, &templates, &text);
	if (!has_digest(&u->parts[PART_TEMPLATES], &templates) &&
	    !has_digest(&m->templates, &templates))
		return fault_set(f, ERR_MISMATCH, "the templates are not those of the image");
	if (!has_digest(&u->parts[PART_TEXT], &text) && !has_digest(&m->text, &text))
		return fault_set(f, ERR_MISMATCH, "BIRD's text is not that of the image");
	return 0;
}

static int store_part(const struct member *m, const struct config *c, const char *name,
		      const struct buf *b, struct fault *f)
{
	char path[PATH_TEXT_MAX];

	if (b->len == 0)
		return 0;
	return file_write(path_member(c, &m->id, name, path), b->data, b->len, 0600, f);
}

int member_install(struct member *m, const struct config *c, const uint8_t signer[32],
		   struct member_update *u, struct fault *f)
{
	int code = check_update(m, signer, u, f);

	if (code == 0)
		code = store_part(m, c, "templates.conf.next", &u->parts[PART_TEMPLATES], f);
	if (code == 0)
		code = store_part(m, c, "membership.conf.next", &u->parts[PART_TEXT], f);
	if (code == 0)
		code = store_part(m, c, "view", &u->parts[PART_VIEW], f);
	if (code == 0)
		code = store_part(m, c, "membership", &u->parts[PART_MEMBERSHIP], f);
	return code == 0 ? member_load(m, c, signer, f) : code;
}

int member_remove(const struct id *id, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];

	return file_remove(path_member(c, id, "", path), f);
}

struct member *member_find(const member_vec *v, const struct id *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (id_equal(&v->at[i]->id, id))
			return v->at[i];
	return NULL;
}

int member_load_all(member_vec *out, const struct config *c, const uint8_t signer[32],
		    struct fault *f)
{
	DIR *dir = opendir(c->state_dir);
	struct dirent *e;
	int code = 0;

	if (dir == NULL)
		return fault_errno(f, errno, "%s", c->state_dir);
	while (code == 0 && (e = readdir(dir)) != NULL) {
		struct fault why = {0};
		struct member *m;
		struct id id;

		if (!id_parse(e->d_name, &id))
			continue;
		m = member_new(&id);
		code = member_load_key(m, c, &m->announce_key, f);
		vec_push(out, m);
		if (code == 0 && member_load(m, c, signer, &why) != 0) {
			log_warn("stored state is not used", LOG_S("membership", e->d_name),
				 LOG_S("why", why.text));
			if (why.code != ERR_NOT_FOUND)
				snprintf(m->refused, sizeof(m->refused),
					 "stored state is not used: %s", why.text);
		}
	}
	closedir(dir);
	return code;
}
