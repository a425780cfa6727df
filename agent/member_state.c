/* The state that a membership is run from: its images and texts, on disk and in use. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/member.h"
#include "agent/path.h"
#include "lib/base/file.h"

#define BIRD_TEXT_MAX (64u << 20)

static const struct {
	const char *name, *stored_as; /* a text waits beside for the image that names it */
} files[PART_COUNT] = {
	[PART_VIEW] = {"view", "view"},
	[PART_MEMBERSHIP] = {"membership", "membership"},
	[PART_TEMPLATES] = {"templates.conf", "templates.conf.next"},
	[PART_TEXT] = {"membership.conf", "membership.conf.next"},
};

static void image_unmap(struct mapped_image *i)
{
	if (i->data != NULL)
		munmap(i->data, i->size);
	memset(i, 0, sizeof(*i));
}

void member_unload(struct member *m)
{
	image_unmap(&m->view);
	image_unmap(&m->membership);
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

/* Of the text of BIRD's that the image names. */
static struct digest text_digest(const struct state_image *image, enum member_part part)
{
	const struct state_self *self = self_of(image);
	struct digest out;

	memcpy(out.bytes, part == PART_TEMPLATES ? self->bird_templates : self->bird_text,
	       sizeof(out.bytes));
	return out;
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

/* The text that the image names: its file, or the one beside if storing was interrupted before the
 * renaming. */
static void load_text(struct member *m, const struct config *c, enum member_part part)
{
	const struct digest want = text_digest(&m->membership.image, part);
	struct buf *out = part == PART_TEMPLATES ? &m->templates : &m->text;
	char path[PATH_TEXT_MAX], next[PATH_TEXT_MAX];

	path_member(c, &m->id, files[part].name, path);
	path_member(c, &m->id, files[part].stored_as, next);
	buf_clear(out);
	if (access(path, F_OK) == 0 && file_read(path, BIRD_TEXT_MAX, out, NULL) == 0 &&
	    has_digest(out, &want))
		return;
	buf_clear(out);
	if (access(next, F_OK) == 0 && file_read(next, BIRD_TEXT_MAX, out, NULL) == 0 &&
	    has_digest(out, &want) && rename(next, path) == 0)
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
	code = image_map(membership, path_member(c, &m->id, files[PART_MEMBERSHIP].name, path),
			 &expect, f);
	if (code == 0) {
		expect.kind = STATE_KIND_VIEW;
		expect.membership = NULL;
		expect.mesh = membership->image.root->mesh;
		code = image_map(view, path_member(c, &m->id, files[PART_VIEW].name, path), &expect,
				 f);
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
	int code = map_pair(m, c, signer, &view, &membership, f);

	if (code != 0)
		return code; /* what was in use stays in use */
	member_unload(m);
	m->view = view;
	m->membership = membership;
	m->number = self_of(&m->membership.image)->number;
	m->refused[0] = '\0';
	load_text(m, c, PART_TEMPLATES);
	load_text(m, c, PART_TEXT);
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

static bool has_text(const struct member *m, const struct member_update *u,
		     const struct state_image *image, enum member_part part)
{
	const struct digest want = text_digest(image, part);

	return has_digest(&u->parts[part], &want) ||
	       has_digest(part == PART_TEMPLATES ? &m->templates : &m->text, &want);
}

static int choose_membership(const struct member *m, const uint8_t signer[32],
			     const struct member_update *u, struct state_image *out,
			     struct fault *f)
{
	return choose_image(m, signer, STATE_KIND_MEMBERSHIP, &u->parts[PART_MEMBERSHIP],
			    &m->membership, out, f);
}

bool member_misses_text(const struct member *m, const uint8_t signer[32],
			const struct member_update *u, enum member_part part)
{
	struct state_image image = {0};

	return choose_membership(m, signer, u, &image, NULL) == 0 && !has_text(m, u, &image, part);
}

static int check_update(const struct member *m, const uint8_t signer[32],
			const struct member_update *u, struct fault *f)
{
	struct state_image view = {0}, membership = {0};
	int code = choose_membership(m, signer, u, &membership, f);

	if (code == 0)
		code = choose_image(m, signer, STATE_KIND_VIEW, &u->parts[PART_VIEW], &m->view,
				    &view, f);
	if (code == 0)
		code = check_pair(&view, &membership, f);
	if (code == 0 && !has_text(m, u, &membership, PART_TEMPLATES))
		code = fault_set(f, ERR_MISMATCH, "the templates are not those of the image");
	if (code == 0 && !has_text(m, u, &membership, PART_TEXT))
		code = fault_set(f, ERR_MISMATCH, "BIRD's text is not that of the image");
	return code;
}

static int store_part(const struct member *m, const struct config *c, const struct member_update *u,
		      enum member_part part, struct fault *f)
{
	const struct buf *b = &u->parts[part];
	char path[PATH_TEXT_MAX];

	if (b->len == 0)
		return 0;
	return file_write(path_member(c, &m->id, files[part].stored_as, path), b->data, b->len,
			  0600, f);
}

int member_install(struct member *m, const struct config *c, const uint8_t signer[32],
		   struct member_update *u, struct fault *f)
{
	static const enum member_part order[] = {PART_TEMPLATES, PART_TEXT, PART_VIEW,
						 PART_MEMBERSHIP};
	int code = check_update(m, signer, u, f);

	for (size_t i = 0; i < PART_COUNT && code == 0; i++)
		code = store_part(m, c, u, order[i], f);
	return code == 0 ? member_load(m, c, signer, f) : code;
}
