/* MeshState as its users meet it: written, signed, opened, refused. state_check_test.c has the
 * bounds. */
#include "lib/mesh/state.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/mesh/state_sample.h"

static struct state_sample sample;

static int make_sample(void)
{
	state_sample_make(&sample);
	return 0;
}

static int free_sample(void)
{
	state_sample_fini(&sample);
	return 0;
}

static int open_with(const struct buf *b, const struct state_expect *e, struct state_image *out,
		     struct fault *f)
{
	return state_open(out, b->data, b->len, e, f);
}

static void what_was_written_is_read(void)
{
	const struct state_expect e = {
		.kind = STATE_KIND_VIEW, .signer = sample.signer, .mesh = sample.mesh};
	struct state_image s;
	struct address a;
	const struct state_announced *prefixes;
	uint64_t n;

	TEST_NUMBER(open_with(&sample.view, &e, &s, NULL), 0);
	TEST_NUMBER(s.root->revision, STATE_REVISION(1, 7));
	TEST_TEXT(state_name_at(&s, 4), "router-1");
	TEST_TEXT(state_name_at(&s, 5), "");
	TEST_TEXT(state_name_at(&s, 600), "");
	CU_ASSERT_PTR_NULL(state_peer_at(&s, 0));
	CU_ASSERT_PTR_NULL(state_peer_at(&s, 5));
	CU_ASSERT_PTR_NULL(state_peer_at(&s, UINT32_MAX));
	TEST_NUMBER(state_peer_at(&s, 3)->slot, 2);
	a = state_peer_address(&s, 3);
	TEST_NUMBER(a.family, FAMILY_IPV4);
	CU_ASSERT_EQUAL(memcmp(a.bytes, (uint8_t[]){10, 9, 0, 3}, 4), 0);
	prefixes = state_records(&s, STATE_PREFIXES, &n);
	TEST_NUMBER(n, 3);
	TEST_NUMBER(prefixes[2].priority, 200);
	CU_ASSERT_PTR_NULL(state_records(&s, STATE_SELF, &n));
	TEST_NUMBER(n, 0);
	CU_ASSERT(state_sample_walk(&s) > 0);
}

static void prefixes_convert_both_ways(void)
{
	const struct prefix p = {.family = FAMILY_IPV4, .length = 16, .bytes = {10, 20}};
	struct state_prefix there = state_prefix_of(&p);
	struct prefix back = state_prefix_get(&there);

	CU_ASSERT_EQUAL(memcmp(&back, &p, sizeof(p)), 0);
	TEST_NUMBER(there.reserved, 0);
}

static void only_what_is_expected_opens(void)
{
	const uint8_t other[32] = {9};
	const struct {
		const struct buf *image;
		struct state_expect expect;
		int code;
	} rows[] = {
		{&sample.view, {.signer = sample.signer}, 0},
		{&sample.view, {.signer = other}, ERR_SIGNATURE},
		{&sample.view,
		 {.signer = sample.signer, .kind = STATE_KIND_MEMBERSHIP},
		 ERR_MISMATCH},
		{&sample.view, {.signer = sample.signer, .mesh = other}, ERR_MISMATCH},
		{&sample.view, {.signer = sample.signer, .revision_min = STATE_REVISION(1, 7)}, 0},
		{&sample.view,
		 {.signer = sample.signer, .revision_min = STATE_REVISION(1, 8)},
		 ERR_STALE},
		{&sample.view,
		 {.signer = sample.signer, .revision_min = STATE_REVISION(2, 0)},
		 ERR_STALE},
		{&sample.membership, {.signer = sample.signer, .membership = sample.own}, 0},
		{&sample.membership, {.signer = sample.signer, .membership = other}, ERR_MISMATCH},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		struct state_image s;

		TEST_NUMBER(open_with(rows[i].image, &rows[i].expect, &s, &f), rows[i].code);
		TEST_NUMBER(f.code, rows[i].code);
		CU_ASSERT((s.root == NULL) == (rows[i].code != 0));
	}
}

static void the_next_signer_is_named(void)
{
	const uint8_t next[32] = {1, 2, 3};
	struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = 1, .mesh = sample.mesh, .next_signer = next};
	struct state_expect e = {.signer = sample.signer};
	struct state_image s;
	struct buf again;

	buf_init(&again);
	state_sign(&id, sample.view.data + STATE_PAGE, sample.view.len - STATE_PAGE,
		   sample.signing_key, &again);
	TEST_NUMBER(open_with(&again, &e, &s, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(s.root->next_signer, next, sizeof(next)), 0);
	buf_fini(&again);
}

/* A body that is no multiple of a page is filled up; an image may stand behind others in a buffer.
 */
static void signing_fills_the_last_page(void)
{
	struct state_identity id = {.kind = STATE_KIND_VIEW, .revision = 1, .mesh = sample.mesh};
	struct state_image first, s;
	struct buf again;

	TEST_NUMBER(state_check(&first, sample.view.data, sample.view.len, NULL), 0);
	buf_init(&again);
	buf_append(&again, sample.view.data, STATE_PAGE);
	state_sign(&id, sample.view.data + STATE_PAGE, first.header->body_size, sample.signing_key,
		   &again);
	TEST_NUMBER(again.len, sample.view.len + STATE_PAGE);
	TEST_NUMBER(state_check(&s, again.data + STATE_PAGE, again.len - STATE_PAGE, NULL), 0);
	TEST_NUMBER(state_verify(&s, sample.signer, NULL), 0);
	buf_fini(&again);
}

static void every_cut_is_refused(void)
{
	for (size_t len = 0; len < sample.membership.len; len++) {
		void *copy = mem_alloc(len); /* of its own: a byte too far is noticed */
		const struct state_expect e = {.signer = sample.signer};
		struct state_image s;
		int code;

		memcpy(copy, sample.membership.data, len);
		code = state_open(&s, copy, len, &e, NULL);
		if (code != ERR_TRUNCATED)
			TEST_FAIL("cut to %zu bytes: %s", len, error_name(code));
		free(copy);
	}
	CU_PASS("all cuts");
}

static void flip_every_byte(const struct buf *image)
{
	char *copy = mem_alloc(image->len);

	memcpy(copy, image->data, image->len);
	for (size_t i = 0; i < image->len; i++) {
		const struct state_expect e = {.signer = sample.signer};
		char flip = (char)(1 << i % 8);
		struct state_image s;

		copy[i] ^= flip;
		if (state_open(&s, copy, image->len, &e, NULL) == 0)
			TEST_FAIL("opened with byte %zu changed", i);
		if (state_check(&s, copy, image->len, NULL) == 0)
			state_sample_walk(&s);
		copy[i] ^= flip;
	}
	free(copy);
	CU_PASS("all flips");
}

static void no_changed_byte_opens(void)
{
	flip_every_byte(&sample.view);
	flip_every_byte(&sample.membership);
}

static void the_format_stays(void)
{
	test_golden("state-view.bin", sample.view.data, sample.view.len);
	test_golden("state-membership.bin", sample.membership.data, sample.membership.len);
}

static void images_that_belong_together_match(void)
{
	struct state_image view, own, other;
	struct state_self *self;
	struct state_root *root;
	uint64_t n;

	TEST_NUMBER(state_check(&view, sample.view.data, sample.view.len, NULL), 0);
	TEST_NUMBER(state_check(&own, sample.membership.data, sample.membership.len, NULL), 0);
	TEST_NUMBER(state_match(&own, &view, NULL), 0);

	self = (void *)(uintptr_t)state_records(&own, STATE_SELF, &n);
	self->view_revision++;
	TEST_NUMBER(state_match(&own, &view, NULL), ERR_STALE);
	self->view_revision--;
	self->peer = 6;
	TEST_NUMBER(state_match(&own, &view, NULL), ERR_INVALID);
	self->peer = 2;
	TEST_NUMBER(state_check(&other, sample.view.data, sample.view.len, NULL), 0);
	root = (void *)(uintptr_t)other.root;
	root->mesh[0] ^= 1;
	TEST_NUMBER(state_match(&own, &other, NULL), ERR_MISMATCH);
	root->mesh[0] ^= 1;
	TEST_NUMBER(state_match(&own, &view, NULL), 0);
}

static void the_same_records_give_the_same_bytes(void)
{
	struct state_sample again;

	state_sample_make(&again);
	TEST_NUMBER(again.view.len, sample.view.len);
	CU_ASSERT_EQUAL(memcmp(again.view.data, sample.view.data, sample.view.len), 0);
	state_sample_fini(&again);
}

TEST_SUITE_WITH(mesh_state, make_sample, free_sample,
		{"what was written is read", what_was_written_is_read},
		{"prefixes convert both ways", prefixes_convert_both_ways},
		{"only what is expected opens", only_what_is_expected_opens},
		{"the next signer is named", the_next_signer_is_named},
		{"signing fills the last page", signing_fills_the_last_page},
		{"every cut is refused", every_cut_is_refused},
		{"no changed byte opens", no_changed_byte_opens},
		{"the format stays", the_format_stays},
		{"images that belong together match", images_that_belong_together_match},
		{"the same records give the same bytes", the_same_records_give_the_same_bytes});
