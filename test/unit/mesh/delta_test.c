/* Deltas against the plain way: what comes out is compared with the whole image, byte for byte. */
#include "lib/mesh/delta.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/mesh/state_world.h"

#define CAPACITY (8u << 20)
#define ROUNDS	 60

/* A machine's copy of what a world has signed. */
struct copy {
	uint8_t *data;
	struct delta_target target;
};

static struct delta_image image_of(const struct buf *b)
{
	return (struct delta_image){b->data, b->len};
}

static void copy_init(struct copy *c, const struct state_world *w, const struct buf *image)
{
	const struct state_expect expect = {.kind = STATE_KIND_VIEW, .signer = w->signer};
	struct fault f = {0};

	c->data = mem_alloc(CAPACITY);
	memcpy(c->data, image->data, image->len);
	TEST_NUMBER(delta_target_open(&c->target, c->data, image->len, CAPACITY, &expect, &f), 0);
	TEST_TEXT(f.text, "");
}

static void copy_fini(struct copy *c)
{
	delta_target_fini(&c->target);
	free(c->data);
}

/* The copy is the image, as somebody finds it who downloads and opens the whole. */
static bool is(const struct copy *c, const struct buf *image)
{
	const struct state_image *s = &c->target.image;
	struct state_image fresh;
	struct state_tree tree;
	bool equal;

	if (s->size != image->len || memcmp(c->data, image->data, image->len) != 0 ||
	    state_check(&fresh, c->data, s->size, NULL) != 0)
		return false;
	state_tree_make(&tree, c->data + STATE_PAGE, s->root->body_pages);
	equal = memcmp(s->by_type, fresh.by_type, sizeof(fresh.by_type)) == 0 &&
		tree.depth == c->target.tree.depth;
	for (unsigned k = 0; k < tree.depth && equal; k++)
		equal = tree.levels[k].n == c->target.tree.levels[k].n &&
			memcmp(tree.levels[k].at, c->target.tree.levels[k].at,
			       tree.levels[k].n * sizeof(struct digest)) == 0;
	state_tree_fini(&tree);
	return equal;
}

static int apply(struct copy *c, const struct state_world *w, const struct buf *delta,
		 struct fault *f)
{
	return delta_apply(&c->target, delta->data, delta->len, w->signer, NULL, f);
}

/* The same, of the bytes alone. */
static bool has_bytes(const struct copy *c, const struct buf *image)
{
	return c->target.image.size == image->len && memcmp(c->data, image->data, image->len) == 0;
}

/* ---- what it must do ---- */

/* Random changes: step by step; back and again; and all steps at once for one who was away. */
static void follow(uint64_t seed, size_t seats)
{
	struct state_world w;
	struct buf last, first, all;
	struct copy near, far;

	state_world_init(&w, seed, seats);
	buf_init(&last);
	buf_init(&first);
	buf_init(&all);
	state_world_sign(&w, &last);
	buf_append(&first, last.data, last.len);
	copy_init(&near, &w, &last);
	copy_init(&far, &w, &last);
	for (int i = 0; i < ROUNDS; i++) {
		struct delta_undo *undo = NULL;
		struct fault f = {0};
		struct buf now, step;

		buf_init(&now);
		buf_init(&step);
		for (uint32_t n = random_below(&w.random, 5); n-- > 0;)
			state_world_change(&w);
		state_world_sign(&w, &now);
		CU_ASSERT(delta_encode(image_of(&last), image_of(&now), SIZE_MAX, &step));
		buf_append(&all, step.data, step.len);
		TEST_NUMBER(delta_apply(&near.target, step.data, step.len, w.signer, &undo, &f), 0);
		TEST_TEXT(f.text, "");
		CU_ASSERT(is(&near, &now));
		if (undo != NULL && i % 3 == 0) {
			delta_undo(&near.target, undo);
			CU_ASSERT(is(&near, &last));
			TEST_NUMBER(
				delta_apply(&near.target, step.data, step.len, w.signer, &undo, &f),
				0);
			CU_ASSERT(is(&near, &now));
		}
		delta_undo_free(undo);
		buf_fini(&step);
		buf_fini(&last);
		last = now;
	}
	CU_ASSERT(is(&far, &first));
	TEST_NUMBER(apply(&far, &w, &all, NULL), 0);
	CU_ASSERT(is(&far, &last));
	copy_fini(&near);
	copy_fini(&far);
	buf_fini(&last);
	buf_fini(&first);
	buf_fini(&all);
	state_world_fini(&w);
}

static void a_delta_gives_what_a_download_gives(void)
{
	static const size_t seats[] = {8, 30, 300, 1700, 3900};

	for (uint64_t seed = 1; seed <= 5; seed++)
		follow(seed, seats[seed - 1]);
}

/* A join costs a root, a record and a name, however many are there. */
static size_t cost_of_join(size_t seats)
{
	struct state_world w;
	struct buf before, after, step;
	size_t cost;

	buf_init(&before);
	buf_init(&after);
	buf_init(&step);
	state_world_init(&w, 7, seats);
	state_world_sign(&w, &before);
	state_world_join(&w);
	state_world_sign(&w, &after);
	CU_ASSERT(delta_encode(image_of(&before), image_of(&after), SIZE_MAX, &step));
	cost = step.len;
	buf_fini(&before);
	buf_fini(&after);
	buf_fini(&step);
	state_world_fini(&w);
	return cost;
}

static void a_join_costs_one_record(void)
{
	size_t head = sizeof(struct delta_head), op = sizeof(struct delta_op);

	TEST_NUMBER(cost_of_join(16), head + 2 * op + sizeof(struct state_peer) + STATE_NAME_SIZE);
	TEST_NUMBER(cost_of_join(20000), cost_of_join(16));
}

/* One prefix in the midst of many: what lies behind it moves, and is not sent. */
static void what_only_moves_is_not_sent(void)
{
	struct state_world w;
	struct buf before, after, step;

	buf_init(&before);
	buf_init(&after);
	buf_init(&step);
	state_world_init(&w, 9, 100);
	for (int i = 0; i < 200; i++)
		state_world_change(&w);
	state_world_sign(&w, &before);
	memmove(&w.prefixes.at[5], &w.prefixes.at[6],
		(--w.prefixes.n - 5) * sizeof(w.prefixes.at[0]));
	state_world_sign(&w, &after);
	CU_ASSERT(w.prefixes.n > 100);
	CU_ASSERT(delta_encode(image_of(&before), image_of(&after), SIZE_MAX, &step));
	CU_ASSERT(step.len < 1024);
	buf_clear(&step);
	CU_ASSERT(!delta_encode(image_of(&before), image_of(&after), 400, &step));
	TEST_NUMBER(step.len, 0);
	buf_fini(&before);
	buf_fini(&after);
	buf_fini(&step);
	state_world_fini(&w);
}

/* A step that adds, moves, zeroes and keeps: the format stays what it was. */
static void the_format_is_the_golden_one(void)
{
	struct state_world w;
	struct buf before, after, step;

	buf_init(&before);
	buf_init(&after);
	buf_init(&step);
	state_world_init(&w, 5, 30);
	for (int i = 0; i < 60; i++)
		state_world_change(&w);
	state_world_sign(&w, &before);
	for (int i = 0; i < 6; i++)
		state_world_change(&w);
	state_world_sign(&w, &after);
	CU_ASSERT(delta_encode(image_of(&before), image_of(&after), SIZE_MAX, &step));
	test_golden("delta.bin", step.data, step.len);
	buf_fini(&before);
	buf_fini(&after);
	buf_fini(&step);
	state_world_fini(&w);
}

/* ---- what it must refuse ---- */

struct bad {
	struct state_world world;
	struct buf before, after, step;
	struct copy copy;
};

static void bad_init(struct bad *b)
{
	memset(b, 0, sizeof(*b));
	state_world_init(&b->world, 11, 40);
	for (int i = 0; i < 150; i++)
		state_world_change(&b->world);
	state_world_sign(&b->world, &b->before);
	for (int i = 0; i < 4; i++)
		state_world_change(&b->world);
	state_world_sign(&b->world, &b->after);
	CU_ASSERT(delta_encode(image_of(&b->before), image_of(&b->after), SIZE_MAX, &b->step));
	copy_init(&b->copy, &b->world, &b->before);
}

static void bad_fini(struct bad *b)
{
	copy_fini(&b->copy);
	buf_fini(&b->before);
	buf_fini(&b->after);
	buf_fini(&b->step);
	state_world_fini(&b->world);
}

/* Refused, and the image is as it was. */
static void refuse(struct bad *b, const struct buf *delta, int code)
{
	struct fault f = {0};

	TEST_NUMBER(apply(&b->copy, &b->world, delta, &f), code);
	CU_ASSERT(f.text[0] != '\0');
	CU_ASSERT(has_bytes(&b->copy, &b->before));
}

static void what_is_damaged_is_refused(void)
{
	struct bad b;
	size_t same = 0;

	bad_init(&b);
	for (size_t len = 0; len < b.step.len; len++) {
		const struct buf cut = {.data = b.step.data, .len = len};

		refuse(&b, &cut, ERR_TRUNCATED);
	}
	for (size_t i = 0; i < b.step.len; i++) {
		struct delta_undo *undo = NULL;

		b.step.data[i] ^= (char)(1 << i % 8);
		/* An operation may come to say the same in another way. */
		if (delta_apply(&b.copy.target, b.step.data, b.step.len, b.world.signer, &undo,
				NULL) == 0) {
			CU_ASSERT(i >= sizeof(struct delta_head) && has_bytes(&b.copy, &b.after));
			delta_undo(&b.copy.target, undo);
			same++;
		}
		CU_ASSERT(has_bytes(&b.copy, &b.before));
		b.step.data[i] ^= (char)(1 << i % 8);
	}
	CU_ASSERT(same < b.step.len / 100);
	CU_ASSERT(is(&b.copy, &b.before));
	buf_append(&b.step, "x", 1);
	refuse(&b, &b.step, ERR_TRUNCATED);
	b.step.len--;
	TEST_NUMBER(apply(&b.copy, &b.world, &b.step, NULL), 0);
	CU_ASSERT(is(&b.copy, &b.after));
	bad_fini(&b);
}

static void what_leads_elsewhere_is_refused(void)
{
	struct bad b;
	struct buf back, own, chain;
	struct fault f = {0};

	buf_init(&back);
	buf_init(&own);
	buf_init(&chain);
	bad_init(&b);
	/* By another signer; into less room than it wants. */
	b.world.signer[0] ^= 1;
	refuse(&b, &b.step, ERR_SIGNATURE);
	b.world.signer[0] ^= 1;
	b.copy.target.capacity = STATE_PAGE;
	refuse(&b, &b.step, ERR_TOO_LARGE);
	b.copy.target.capacity = CAPACITY;
	/* A good step, and a bad one behind it: none of both. */
	buf_append(&chain, b.step.data, b.step.len);
	buf_append(&chain, b.step.data, b.step.len);
	refuse(&b, &chain, ERR_MISMATCH);
	/* From another image; backwards; to another mesh. */
	TEST_NUMBER(apply(&b.copy, &b.world, &b.step, NULL), 0);
	TEST_NUMBER(apply(&b.copy, &b.world, &b.step, &f), ERR_MISMATCH);
	CU_ASSERT(delta_encode(image_of(&b.after), image_of(&b.before), SIZE_MAX, &back));
	TEST_NUMBER(apply(&b.copy, &b.world, &back, &f), ERR_STALE);
	b.world.mesh_id[0] ^= 1;
	state_world_sign(&b.world, &own);
	buf_clear(&back);
	CU_ASSERT(delta_encode(image_of(&b.after), image_of(&own), SIZE_MAX, &back));
	TEST_NUMBER(apply(&b.copy, &b.world, &back, &f), ERR_MISMATCH);
	CU_ASSERT(is(&b.copy, &b.after));
	bad_fini(&b);
	buf_fini(&back);
	buf_fini(&own);
	buf_fini(&chain);
}

struct forgery {
	const char *name;
	enum state_section_type section; /* 0: the directory */
	size_t record, offset;		 /* of the byte that becomes `value` */
	uint8_t value;
};

static size_t place_of(const struct bad *b, const struct forgery *x)
{
	const struct state_section *s = b->copy.target.image.by_type[x->section];

	if (x->section == 0)
		return STATE_PAGE + sizeof(struct state_header) +
		       x->record * sizeof(struct state_section) + x->offset;
	TEST_MUST(s != NULL && s->count > x->record);
	return STATE_PAGE + s->offset + x->record * s->record_size + x->offset;
}

/* The image with one byte changed, signed as if it were right, as a delta of that byte. Not by
 * delta_encode(), which trusts its images. */
static void forge(struct bad *b, const struct forgery *x, struct buf *step)
{
	const struct state_identity id = {.kind = STATE_KIND_VIEW,
					  .revision = STATE_REVISION(2, 1),
					  .mesh = b->world.mesh_id};
	const struct state_root *base = (const struct state_root *)(const void *)b->before.data;
	size_t at = place_of(b, x);
	struct delta_op op = {.to = at - STATE_PAGE, .length = 1, .kind = DELTA_DATA};
	struct delta_head head = {.magic = DELTA_MAGIC,
				  .version = DELTA_VERSION,
				  .nops = 1,
				  .data_size = 1,
				  .base = base->revision};
	struct buf body, forged;

	buf_init(&body);
	buf_init(&forged);
	buf_append(&body, b->before.data, b->before.len);
	body.data[at] = (char)x->value;
	state_sign(&id, body.data + STATE_PAGE, body.len - STATE_PAGE, b->world.signing_key,
		   &forged);
	memcpy(head.base_top, base->pages_hash, sizeof(head.base_top));
	memcpy(&head.root, forged.data, sizeof(head.root));
	buf_append(step, &head, sizeof(head));
	buf_append(step, &op, sizeof(op));
	buf_append(step, &body.data[at], 1);
	buf_fini(&body);
	buf_fini(&forged);
}

/* Signed as it should be, but no image: only what a step touches is looked at, so each kind of
 * record has to be found wrong by itself, and by its neighbour. */
static void what_is_no_image_is_refused(void)
{
	static const struct forgery rows[] = {
		{"a peer's flags", STATE_PEERS, 3, offsetof(struct state_peer, flags), 0xff},
		{"a peer's key", STATE_PEERS, 5, offsetof(struct state_peer, reserved), 1},
		{"a name", STATE_NAMES, 3, 0, 0xff},
		{"a prefix before its neighbour", STATE_PREFIXES, 0, 0, 0xff},
		{"a prefix of a peer that cannot be", STATE_PREFIXES, 2,
		 offsetof(struct state_announced, peer) + 2, 0xff},
		{"an allowed one of a peer that cannot be", STATE_ALLOWED, 0,
		 offsetof(struct state_allowed, peer) + 1, 0xff},
		{"a remote", STATE_LET_IN, 0, offsetof(struct state_let_in, remote), 0xff},
		{"the mesh", STATE_MESH, 0, offsetof(struct state_mesh, reserved), 1},
		/* Of 0x1000 remains 0: as if the directory were records. */
		{"peers in the place of the directory", 0, 1,
		 offsetof(struct state_section, offset) + 1, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf step;
		struct bad b;

		buf_init(&step);
		bad_init(&b);
		forge(&b, &rows[i], &step);
		if (apply(&b.copy, &b.world, &step, NULL) != ERR_INVALID || !is(&b.copy, &b.before))
			TEST_FAIL("%s: is not refused", rows[i].name);
		bad_fini(&b);
		buf_fini(&step);
	}
	CU_PASS("all");
}

TEST_SUITE(mesh_delta, {"a delta gives what a download gives", a_delta_gives_what_a_download_gives},
	   {"a join costs one record", a_join_costs_one_record},
	   {"what only moves is not sent", what_only_moves_is_not_sent},
	   {"the format is the golden one", the_format_is_the_golden_one},
	   {"what is damaged is refused", what_is_damaged_is_refused},
	   {"what leads elsewhere is refused", what_leads_elsewhere_is_refused},
	   {"what is no image is refused", what_is_no_image_is_refused});
