/* Images as they are asked for: rendered once while there is room, and with the steps from the one
 * of before. */
#include "controller/images.h"

#include <sodium.h>
#include <string.h>

#include "lib/mesh/delta.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

#define MEMBERS 8
#define ROOMY	((size_t)1 << 30)

struct world {
	struct fleet fleet;
	struct edition *edition;
	uint8_t key[64], signer[32];
	struct digest templates;
};

static void publish(struct world *w, uint64_t revision)
{
	struct fault f = {0};

	edition_unref(w->edition);
	fleet_plan(&w->fleet);
	w->fleet.rows.mesh.images_revision = STATE_REVISION(1, revision);
	w->fleet.rows.mesh.images_view = STATE_REVISION(1, revision - 1);
	if (edition_of_rows(&w->edition, &w->fleet.rows, &w->templates, &f) != 0)
		TEST_FAIL("%s", f.text);
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	crypto_sign_keypair(w->signer, w->key);
	fleet_init(&w->fleet, "prod", "10.1.0.0/16", 4200000001);
	for (uint32_t i = 1; i <= MEMBERS; i++)
		fleet_member(&w->fleet, "m", i);
	publish(w, 10);
}

static void end(struct world *w)
{
	edition_unref(w->edition);
	fleet_fini(&w->fleet);
}

static row_t row(const struct world *w, size_t member)
{
	return edition_membership(w->edition, member)->row;
}

static bool there(struct images *x, const struct world *w, size_t member)
{
	struct image_files files;
	bool found = images_get(x, row(w, member), edition_revision(w->edition, member), &files);

	if (found)
		image_files_fini(&files);
	return found;
}

static void render(struct images *x, const struct world *w, size_t member)
{
	struct image_files files;

	images_render(x, w->edition, member, &files);
	image_files_fini(&files);
}

static void what_was_asked_for_last_is_kept(void)
{
	struct images_sizes one, all;
	struct images *x;
	struct world w;

	begin(&w);
	x = images_new(w.key, ROOMY);
	CU_ASSERT(!there(x, &w, 0));
	render(x, &w, 0);
	CU_ASSERT(there(x, &w, 0));
	CU_ASSERT(!there(x, &w, 1));
	one = images_measure(x);
	TEST_NUMBER(one.n, 1);
	images_free(x);

	/* Room for three and a bit; the first is asked for again and again. */
	x = images_new(w.key, one.bytes * 7 / 2);
	for (size_t i = 0; i < MEMBERS; i++) {
		render(x, &w, i);
		CU_ASSERT(there(x, &w, 0));
		all = images_measure(x);
		CU_ASSERT(all.bytes <= one.bytes * 7 / 2);
	}
	TEST_NUMBER(all.n, 3);
	CU_ASSERT(!there(x, &w, 1) && there(x, &w, MEMBERS - 1));
	images_free(x);

	/* Too large for all of it: there until another one comes. */
	x = images_new(w.key, 1);
	render(x, &w, 0);
	CU_ASSERT(there(x, &w, 0));
	render(x, &w, 1);
	CU_ASSERT(!there(x, &w, 0) && there(x, &w, 1));
	images_free(x);
	end(&w);
}

static void a_revision_has_the_same_bytes(void)
{
	struct image_files a, b;
	struct images *x, *y;
	struct world w;

	begin(&w);
	x = images_new(w.key, ROOMY);
	y = images_new(w.key, ROOMY);
	images_render(x, w.edition, 3, &a);
	/* The view has moved on; the image has not, and does not want a later one. */
	w.fleet.rows.mesh.view_revision = STATE_REVISION(1, 99);
	publish(&w, 10);
	images_render(y, w.edition, 3, &b);
	TEST_NUMBER(a.revision, b.revision);
	TEST_NUMBER(a.image->len, b.image->len);
	CU_ASSERT(memcmp(a.image->data, b.image->data, a.image->len) == 0);
	image_files_fini(&a);
	image_files_fini(&b);
	images_free(x);
	images_free(y);
	end(&w);
}

/* From each revision that was asked for to the last one. */
static void steps_lead_from_what_was_there(void)
{
	const struct state_expect expect = {.kind = STATE_KIND_MEMBERSHIP};
	struct state_expect mine = expect;
	struct image_files first, last = {0};
	struct delta_target t;
	struct fault f = {0};
	struct blob *steps;
	struct images *x;
	struct world w;
	uint8_t *data;

	begin(&w);
	mine.signer = w.signer;
	x = images_new(w.key, ROOMY);
	images_render(x, w.edition, 3, &first);
	for (uint64_t i = 11; i < 14; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "192.168.%u.0/24", (unsigned)i);
		fleet_approve(&w.fleet, 3, prefix);
		publish(&w, i);
		image_files_fini(&last);
		images_render(x, w.edition, 3, &last);
	}
	steps = images_steps(x, row(&w, 3), first.revision, last.revision);
	CU_ASSERT_PTR_NOT_NULL_FATAL(steps);
	data = mem_alloc(last.image->len + STATE_PAGE);
	memcpy(data, first.image->data, first.image->len);
	TEST_NUMBER(delta_target_open(&t, data, first.image->len, last.image->len, &mine, &f), 0);
	if (steps != NULL) /* the analyzer does not know that the assertion ends it */
		TEST_NUMBER(delta_apply(&t, steps->data, steps->len, w.signer, NULL, &f), 0);
	TEST_TEXT(f.text, "");
	CU_ASSERT(memcmp(data, last.image->data, last.image->len) == 0);
	CU_ASSERT_PTR_NULL(images_steps(x, row(&w, 3), 7, last.revision));
	CU_ASSERT_PTR_NULL(images_steps(x, row(&w, 2), first.revision, last.revision));
	delta_target_fini(&t);
	blob_unref(steps);
	free(data);
	image_files_fini(&first);
	image_files_fini(&last);
	images_free(x);
	end(&w);
}

TEST_SUITE(controller_images, {"what was asked for last is kept", what_was_asked_for_last_is_kept},
	   {"a revision has the same bytes", a_revision_has_the_same_bytes},
	   {"steps lead from what was there", steps_lead_from_what_was_there});
