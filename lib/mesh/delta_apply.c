#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/mesh/delta.h"
#include "lib/mesh/state_format.h"

/* The format: whoever changes a struct changes these, the version, and docs/mesh-state.md. */
static_assert(sizeof(struct delta_head) == 320, "head");
static_assert(offsetof(struct delta_head, root) == 64, "root");
static_assert(sizeof(struct delta_op) == 24, "operation");

/* What one step exchanges; afterwards it holds what was there before. */
struct delta_undo {
	struct state_root root;
	VEC(uint64_t) pages; /* of the body, ascending */
	struct buf bytes;    /* of these, one after the other */
	struct state_tree_update tree;
	struct state_image image;
	struct delta_undo *before; /* the step before it */
};

/* One step, as it came. */
struct step {
	struct delta_head head;
	const uint8_t *ops; /* head.nops of them, aligned to nothing */
	struct cursor data;
};

int delta_target_open(struct delta_target *t, void *data, uint64_t size, uint64_t capacity,
		      const struct state_expect *expect, struct fault *f)
{
	*t = (struct delta_target){.data = data, .capacity = capacity};
	return state_open_tree(&t->image, &t->tree, data, size, expect, f);
}

void delta_target_fini(struct delta_target *t)
{
	state_tree_fini(&t->tree);
	*t = (struct delta_target){0};
}

void delta_undo_free(struct delta_undo *undo)
{
	while (undo != NULL) {
		struct delta_undo *before = undo->before;

		vec_free(&undo->pages);
		buf_fini(&undo->bytes);
		state_tree_update_fini(&undo->tree);
		free(undo);
		undo = before;
	}
}

/* ---- reading ---- */

static int read_step(struct cursor *c, struct step *s, struct fault *f)
{
	const uint8_t *data;

	cursor_bytes(c, &s->head, sizeof(s->head));
	if (cursor_error(c) == 0 && memcmp(s->head.magic, DELTA_MAGIC, sizeof(s->head.magic)) != 0)
		return fault_set(f, ERR_INVALID, "not a delta: its first bytes differ");
	if (cursor_error(c) == 0 && s->head.version != DELTA_VERSION)
		return fault_set(f, ERR_UNSUPPORTED,
				 "delta of version %" PRIu32 "; this program knows %u",
				 s->head.version, DELTA_VERSION);
	s->ops = cursor_take(c, s->head.nops * sizeof(struct delta_op));
	data = cursor_take(c, s->head.data_size);
	if (cursor_error(c) != 0)
		return fault_set(f, ERR_TRUNCATED, "the delta is not all there");
	cursor_init(&s->data, data, s->head.data_size);
	return 0;
}

size_t delta_step_size(const void *delta, size_t len)
{
	struct cursor c;
	struct step s;

	cursor_init(&c, delta, len);
	return read_step(&c, &s, NULL) == 0 ? len - cursor_left(&c) : 0;
}

uint64_t delta_base(const void *step)
{
	struct delta_head head;

	memcpy(&head, step, sizeof(head));
	return head.base;
}

/* Before anything of the operations is believed. */
static int check_head(const struct delta_target *t, const struct step *s, const uint8_t signer[32],
		      struct fault *f)
{
	const struct state_root *now = t->image.root, *next = &s->head.root;
	int code;

	if (s->head.base != now->revision ||
	    memcmp(s->head.base_top, now->pages_hash, sizeof(now->pages_hash)) != 0)
		return fault_set(f, ERR_MISMATCH,
				 "the delta starts from revision %" PRIu64
				 ", and what is here is %" PRIu64,
				 s->head.base, now->revision);
	code = state_check_root(next, f);
	if (code == 0)
		code = state_check_signature(next, signer, f);
	if (code != 0)
		return code;
	if (next->kind != now->kind || memcmp(next->mesh, now->mesh, sizeof(now->mesh)) != 0 ||
	    memcmp(next->membership, now->membership, sizeof(now->membership)) != 0)
		return fault_set(f, ERR_MISMATCH, "the delta leads to another image");
	if (next->revision <= now->revision)
		return fault_set(f, ERR_STALE,
				 "the delta leads to revision %" PRIu64 ", and what is here is "
				 "%" PRIu64,
				 next->revision, now->revision);
	if (next->body_pages == 0 || next->body_pages >= STATE_IMAGE_MAX / STATE_PAGE)
		return fault_set(f, ERR_INVALID, "root: a body of %" PRIu64 " pages",
				 next->body_pages);
	if ((next->body_pages + 1) * STATE_PAGE > t->capacity)
		return fault_set(f, ERR_TOO_LARGE, "the delta leads beyond the room for it");
	return 0;
}

/* ---- the new pages ---- */

static const uint8_t *body_of(const struct delta_target *t)
{
	return t->data + STATE_PAGE;
}

static void add_page(struct delta_undo *u, const struct delta_target *t, uint64_t at)
{
	static const uint8_t zero[STATE_PAGE];

	vec_push(&u->pages, at);
	buf_append(&u->bytes, at < t->image.root->body_pages ? body_of(t) + at * STATE_PAGE : zero,
		   STATE_PAGE);
}

/* Those behind the old end are all new, also where no operation mentions them. */
static void add_pages_before(struct delta_undo *u, const struct delta_target *t, uint64_t end)
{
	uint64_t at = t->image.root->body_pages;

	if (u->pages.n > 0 && u->pages.at[u->pages.n - 1] >= at)
		at = u->pages.at[u->pages.n - 1] + 1;
	for (; at < end; at++)
		add_page(u, t, at);
}

/* The page as it is being made; they are asked for in ascending order. */
static uint8_t *open_page(struct delta_undo *u, const struct delta_target *t, uint64_t at)
{
	add_pages_before(u, t, at);
	if (u->pages.n == 0 || u->pages.at[u->pages.n - 1] != at)
		add_page(u, t, at);
	return (uint8_t *)u->bytes.data + (u->pages.n - 1) * STATE_PAGE;
}

static void write_range(struct delta_undo *u, const struct delta_target *t, uint64_t to,
			const uint8_t *from, uint64_t len)
{
	while (len > 0) {
		uint64_t offset = to % STATE_PAGE, n = STATE_PAGE - offset;
		uint8_t *page = open_page(u, t, to / STATE_PAGE);

		n = n > len ? len : n;
		if (from != NULL) {
			memcpy(page + offset, from, n);
			from += n;
		} else {
			memset(page + offset, 0, n);
		}
		to += n;
		len -= n;
	}
}

static void get_op(const struct step *s, uint32_t i, struct delta_op *op)
{
	memcpy(op, s->ops + i * sizeof(*op), sizeof(*op));
}

/* Where the bytes of an operation come from; *from NULL: zero. */
static int source_of(const struct delta_target *t, struct step *s, const struct delta_op *op,
		     const uint8_t **from)
{
	uint64_t old_len = t->image.root->body_pages * STATE_PAGE;

	*from = NULL;
	if (op->kind == DELTA_COPY) {
		if (op->from > old_len || op->length > old_len - op->from)
			return ERR_INVALID;
		*from = body_of(t) + op->from;
		return 0;
	}
	if (op->kind == DELTA_DATA)
		*from = cursor_take(&s->data, op->length);
	else if (op->kind != DELTA_ZERO)
		return ERR_INVALID;
	return op->from != 0 || cursor_error(&s->data) != 0 ? ERR_INVALID : 0;
}

static int make_pages(const struct delta_target *t, struct step *s, struct delta_undo *u,
		      struct fault *f)
{
	uint64_t len = s->head.root.body_pages * STATE_PAGE, end = 0;

	for (uint32_t i = 0; i < s->head.nops; i++) {
		const uint8_t *from;
		struct delta_op op;

		get_op(s, i, &op);
		if (op.length == 0 || op.to < end || op.to > len || op.length > len - op.to ||
		    source_of(t, s, &op, &from) != 0)
			return fault_set(f, ERR_INVALID, "operation %" PRIu32 " of the delta", i);
		write_range(u, t, op.to, from, op.length);
		end = op.to + op.length;
	}
	if (cursor_left(&s->data) != 0)
		return fault_set(f, ERR_INVALID, "the delta has data that belong to nothing");
	add_pages_before(u, t, s->head.root.body_pages);
	return 0;
}

static int hash_pages(const struct delta_target *t, const struct step *s, struct delta_undo *u,
		      struct fault *f)
{
	struct digest top;

	u->tree.pages = s->head.root.body_pages;
	for (size_t i = 0; i < u->pages.n; i++) {
		struct state_tree_change change = {.at = u->pages.at[i]};

		digest_of(u->bytes.data + i * STATE_PAGE, STATE_PAGE, &change.hash);
		vec_push(&u->tree.levels[0], change);
	}
	state_tree_try(&t->tree, &u->tree, &top);
	if (memcmp(top.bytes, s->head.root.pages_hash, DIGEST_SIZE) != 0)
		return fault_set(f, ERR_SIGNATURE,
				 "the delta leads to other pages than those that were signed");
	return 0;
}

/* ---- the exchange ---- */

static void swap_bytes(void *a, void *b, size_t len)
{
	uint8_t x[STATE_PAGE];

	memcpy(x, a, len);
	memcpy(a, b, len);
	memcpy(b, x, len);
}

static void swap(struct delta_target *t, struct delta_undo *u)
{
	swap_bytes(t->data, &u->root, sizeof(u->root));
	for (size_t i = 0; i < u->pages.n; i++)
		swap_bytes(t->data + (u->pages.at[i] + 1) * STATE_PAGE,
			   u->bytes.data + i * STATE_PAGE, STATE_PAGE);
	state_tree_swap(&t->tree, &u->tree);
}

static void go_back(struct delta_target *t, struct delta_undo *u)
{
	swap(t, u);
	t->image = u->image;
}

/* Whether all that the step changes is records that can be checked by themselves. Asked before the
 * exchange: the directory that says so is part of the image. */
static bool is_confined(const struct delta_target *t, const struct step *s)
{
	bool confined = t->image.root->body_pages == s->head.root.body_pages;

	for (uint32_t i = 0; i < s->head.nops && confined; i++) {
		struct delta_op op;

		get_op(s, i, &op);
		confined = state_check_confined(&t->image, op.to, op.length) != NULL;
	}
	return confined;
}

static int check_confined(const struct state_image *s, const struct step *step, struct fault *f)
{
	int code = 0;

	for (uint32_t i = 0; i < step->head.nops && code == 0; i++) {
		struct delta_op op;

		get_op(step, i, &op);
		code = state_check_changed(s, state_check_confined(s, op.to, op.length), op.to,
					   op.length, f);
	}
	return code;
}

static int apply_step(struct delta_target *t, struct step *s, const uint8_t signer[32],
		      struct delta_undo *u, struct fault *f)
{
	int code = check_head(t, s, signer, f);
	bool confined;

	if (code == 0)
		code = make_pages(t, s, u, f);
	if (code == 0)
		code = hash_pages(t, s, u, f);
	if (code != 0)
		return code;
	u->root = s->head.root;
	u->image = t->image;
	confined = is_confined(t, s);
	swap(t, u);
	t->image.size = (t->image.root->body_pages + 1) * STATE_PAGE;
	code = confined ? check_confined(&t->image, s, f) : state_check_body(&t->image, f);
	if (code != 0)
		go_back(t, u);
	return code;
}

void delta_undo(struct delta_target *t, struct delta_undo *undo)
{
	for (struct delta_undo *u = undo; u != NULL; u = u->before)
		go_back(t, u);
	delta_undo_free(undo);
}

int delta_apply(struct delta_target *t, const void *delta, size_t len, const uint8_t signer[32],
		struct delta_undo **undo, struct fault *f)
{
	struct delta_undo *last = NULL;
	struct fault own = {0};
	struct cursor c;
	int code = 0;

	cursor_init(&c, delta, len);
	do {
		struct delta_undo *u = mem_alloc(sizeof(*u));
		struct step s;

		code = read_step(&c, &s, &own);
		if (code == 0)
			code = apply_step(t, &s, signer, u, &own);
		if (code != 0) {
			delta_undo_free(u);
			break;
		}
		u->before = last;
		last = u;
	} while (cursor_left(&c) > 0);
	if (code != 0) {
		delta_undo(t, last);
		last = NULL;
		fault_set(f, code, "%s", fault_text(&own, code));
	}
	if (undo != NULL)
		*undo = last;
	else
		delta_undo_free(last);
	return code;
}
