/* The state that a membership is run from: its images and texts, on disk and in use. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

void member_unload(struct member *m)
{
	state_file_close(&m->view);
	state_file_close(&m->membership);
}

uint64_t member_revision(const struct state_file *image)
{
	return image->target.data != NULL ? image->target.image.root->revision : 0;
}

bool member_is_ready(const struct member *m)
{
	return m->view.target.data != NULL && m->membership.target.data != NULL;
}

static const struct state_self *self_of(const struct state_image *image)
{
	uint64_t n;

	return state_records(image, STATE_SELF, &n);
}

const struct state_peer *member_record(const struct member *m)
{
	return member_is_ready(m) ? state_peer_at(&m->view.target.image,
						  self_of(&m->membership.target.image)->peer)
				  : NULL;
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

/* Do the two go together? The view has to be one that the image knows, and to have us. Both may be
 * good where they do not (ERR_PRECONDITION): one is older than the other. */
static int check_pair(const struct state_image *view, const struct state_image *membership,
		      struct fault *f)
{
	const struct state_self *self = self_of(membership);

	/* NOLINTNEXTLINE(clang-analyzer-*): it cannot know that fault_set() never returns 0 */
	if (memcmp(view->root->mesh, membership->root->mesh, 16) != 0)
		return fault_set(f, ERR_MISMATCH, "view and membership are of two meshes");
	if (view->root->revision < self->view_revision)
		return fault_set(f, ERR_PRECONDITION, "the membership needs a newer view");
	if (state_peer_at(view, self->peer) == NULL)
		return fault_set(f, ERR_PRECONDITION, "this machine is not in the view");
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
	const struct digest want = text_digest(&m->membership.target.image, part);
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

/* ---- from the disk ---- */

static int open_view(const struct member *m, const struct config *c, const uint8_t signer[32],
		     const uint8_t mesh[16], struct state_file *out, struct fault *f)
{
	const struct state_expect expect = {
		.kind = STATE_KIND_VIEW, .signer = signer, .mesh = mesh};
	char path[PATH_TEXT_MAX];

	return state_file_open(out, path_member(c, &m->id, files[PART_VIEW].name, path), &expect,
			       f);
}

static int open_membership(const struct member *m, const struct config *c, const uint8_t signer[32],
			   struct state_file *out, struct fault *f)
{
	const struct state_expect expect = {
		.kind = STATE_KIND_MEMBERSHIP, .signer = signer, .membership = m->id.bytes};
	char path[PATH_TEXT_MAX];

	return state_file_open(out, path_member(c, &m->id, files[PART_MEMBERSHIP].name, path),
			       &expect, f);
}

static void use(struct state_file *now, struct state_file *next)
{
	if (next->target.data == NULL)
		return;
	state_file_close(now);
	*now = *next;
	*next = (struct state_file){0};
}

/* What follows from the images. */
static void load_rest(struct member *m, const struct config *c)
{
	m->number = self_of(&m->membership.target.image)->number;
	m->refused[0] = '\0';
	load_text(m, c, PART_TEMPLATES);
	load_text(m, c, PART_TEXT);
}

int member_load(struct member *m, const struct config *c, const uint8_t signer[32], struct fault *f)
{
	struct state_file view = {0}, membership = {0};
	int code = open_membership(m, c, signer, &membership, f);

	if (code == 0)
		code = open_view(m, c, signer, membership.target.image.root->mesh, &view, f);
	if (code == 0)
		code = check_pair(&view.target.image, &membership.target.image, f);
	if (code == 0) {
		use(&m->view, &view);
		use(&m->membership, &membership);
		load_rest(m, c);
	}
	state_file_close(&view); /* what was in use stays in use */
	state_file_close(&membership);
	return code;
}

/* ---- from the controller ---- */

static struct state_file *image_file(struct member *m, enum member_part part)
{
	return part == PART_VIEW ? &m->view : &m->membership;
}

static int apply_steps(struct member *m, const uint8_t signer[32], const struct buf *steps,
		       enum member_part part, struct delta_undo **undo, struct fault *f)
{
	struct state_file *image = image_file(m, part);

	if (image->target.data == NULL)
		return fault_set(f, ERR_NOT_FOUND, "there is no image that steps could start from");
	return state_file_apply(image, buf_text(steps), steps->len, signer, undo, f);
}

int member_try_steps(struct member *m, const uint8_t signer[32], const struct buf *steps,
		     enum member_part part, struct fault *f)
{
	struct delta_undo *undo = NULL;
	int code = apply_steps(m, signer, steps, part, &undo, f);

	if (code == 0)
		state_file_undo(image_file(m, part), undo);
	return code;
}

/* The image as it will be: a whole new one, verified, or the one that is here, steps applied. */
static int choose_image(struct member *m, const uint8_t signer[32], const struct member_update *u,
			enum member_part part, struct state_image *out, struct fault *f)
{
	const struct state_file *now = image_file(m, part);
	struct state_expect expect = {
		.kind = part == PART_VIEW ? STATE_KIND_VIEW : STATE_KIND_MEMBERSHIP,
		.signer = signer,
		.membership = part == PART_MEMBERSHIP ? m->id.bytes : NULL,
		.mesh = m->membership.target.data != NULL ? m->membership.target.image.root->mesh
							  : NULL,
		.revision_min = member_revision(now),
	};

	if (u->parts[part].len > 0 && !u->steps[part])
		return state_open(out, u->parts[part].data, u->parts[part].len, &expect, f);
	if (now->target.data == NULL)
		return fault_set(f, ERR_NOT_FOUND, "%s is missing",
				 part == PART_VIEW ? "the view" : "the membership image");
	*out = now->target.image;
	return 0;
}

static bool has_text(const struct member *m, const struct member_update *u,
		     const struct state_image *image, enum member_part part)
{
	const struct digest want = text_digest(image, part);

	return has_digest(&u->parts[part], &want) ||
	       has_digest(part == PART_TEMPLATES ? &m->templates : &m->text, &want);
}

bool member_misses_text(struct member *m, const uint8_t signer[32], const struct member_update *u,
			enum member_part part)
{
	struct delta_undo *undo = NULL;
	struct state_image image = {0};
	bool misses;

	if (u->steps[PART_MEMBERSHIP] &&
	    apply_steps(m, signer, &u->parts[PART_MEMBERSHIP], PART_MEMBERSHIP, &undo, NULL) != 0)
		return false;
	misses = choose_image(m, signer, u, PART_MEMBERSHIP, &image, NULL) == 0 &&
		 !has_text(m, u, &image, part);
	if (undo != NULL)
		state_file_undo(&m->membership, undo);
	return misses;
}

bool member_shrinks(struct member *m, const uint8_t signer[32], const struct member_update *u)
{
	struct delta_undo *undo = NULL;
	struct seat now = {0}, next = {0};
	struct state_image image = {0};
	bool shrinks = false;

	if (!member_is_ready(m) || u->parts[PART_MEMBERSHIP].len == 0)
		return false;
	seat_read(&now, &m->membership.target.image);
	if ((!u->steps[PART_MEMBERSHIP] || apply_steps(m, signer, &u->parts[PART_MEMBERSHIP],
						       PART_MEMBERSHIP, &undo, NULL) == 0) &&
	    choose_image(m, signer, u, PART_MEMBERSHIP, &image, NULL) == 0) {
		seat_read(&next, &image);
		shrinks = seat_shrinks(&now, &next);
	}
	if (undo != NULL)
		state_file_undo(&m->membership, undo);
	seat_fini(&now);
	seat_fini(&next);
	return shrinks;
}

static int check_update(struct member *m, const uint8_t signer[32], const struct member_update *u,
			struct fault *f)
{
	struct state_image view = {0}, membership = {0};
	int code = choose_image(m, signer, u, PART_MEMBERSHIP, &membership, f);

	if (code == 0)
		code = choose_image(m, signer, u, PART_VIEW, &view, f);
	if (code == 0)
		code = check_pair(&view, &membership, f);
	if (code == 0 && !has_text(m, u, &membership, PART_TEMPLATES))
		code = fault_set(f, ERR_PRECONDITION, "the templates are not those of the image");
	if (code == 0 && !has_text(m, u, &membership, PART_TEXT))
		code = fault_set(f, ERR_PRECONDITION, "BIRD's text is not that of the image");
	return code;
}

static int store_part(struct member *m, const struct config *c, const struct member_update *u,
		      enum member_part part, struct fault *f)
{
	const struct buf *b = &u->parts[part];
	char path[PATH_TEXT_MAX];

	if (b->len == 0)
		return 0;
	path_member(c, &m->id, files[part].stored_as, path);
	if (u->steps[part])
		return state_file_append(image_file(m, part), path, b->data, b->len, f);
	if (part == PART_VIEW || part == PART_MEMBERSHIP)
		return state_file_write(path, b->data, b->len, f);
	return file_write(path, b->data, b->len, 0600, f);
}

/* Opens those images that came whole, and puts them to use. */
static int use_stored(struct member *m, const struct config *c, const uint8_t signer[32],
		      const struct member_update *u, struct fault *f)
{
	struct state_file view = {0}, membership = {0};
	int code = 0;

	if (u->parts[PART_MEMBERSHIP].len > 0 && !u->steps[PART_MEMBERSHIP])
		code = open_membership(m, c, signer, &membership, f);
	if (code == 0 && u->parts[PART_VIEW].len > 0 && !u->steps[PART_VIEW])
		code = open_view(m, c, signer, NULL, &view, f);
	if (code == 0) {
		use(&m->view, &view);
		use(&m->membership, &membership);
		load_rest(m, c);
	}
	state_file_close(&view);
	state_file_close(&membership);
	return code;
}

int member_install(struct member *m, const struct config *c, const uint8_t signer[32],
		   struct member_update *u, struct fault *f)
{
	static const enum member_part order[] = {PART_TEMPLATES, PART_TEXT, PART_VIEW,
						 PART_MEMBERSHIP};
	struct delta_undo *undo[PART_COUNT] = {0};
	int code = 0;

	for (int part = 0; part < PART_COUNT && code == 0; part++)
		if (u->steps[part])
			code = apply_steps(m, signer, &u->parts[part], (enum member_part)part,
					   &undo[part], f);
	if (code == 0)
		code = check_update(m, signer, u, f);
	for (size_t i = 0; i < PART_COUNT && code == 0; i++)
		code = store_part(m, c, u, order[i], f);
	if (code == 0)
		code = use_stored(m, c, signer, u, f);
	for (int part = 0; part < PART_COUNT; part++) {
		if (code != 0 && undo[part] != NULL)
			state_file_undo(image_file(m, (enum member_part)part), undo[part]);
		else
			delta_undo_free(undo[part]);
	}
	return code;
}
