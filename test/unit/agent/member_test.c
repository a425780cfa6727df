/* A membership on disk: only what verifies is used, and a set that was being stored is either the
 * old or the new one. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/agent/member_bench.h"

static int install(struct member_bench *b, struct member_update *u)
{
	return member_install(b->member, &b->config, b->signer, u, NULL);
}

static void it_is_installed_and_loaded_again(void)
{
	struct member_bench b;
	struct member_update u;
	struct member *again;
	bool made;

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	CU_ASSERT(member_is_ready(b.member));
	TEST_NUMBER(member_revision(&b.member->view), 5);
	again = member_new(&b.member->id);
	TEST_NUMBER(member_load_key(again, &b.config, &made, NULL), 0);
	CU_ASSERT(!made);
	CU_ASSERT(memcmp(&again->public_key, &b.member->public_key, WG_KEY_SIZE) == 0);
	TEST_NUMBER(member_load(again, &b.config, b.signer, NULL), 0);
	TEST_TEXT(buf_text(&again->text), "# one\n");
	member_free(again);
	member_bench_drop(&u);
	member_bench_fini(&b);
}

/* An update that is refused leaves all as it was. */
static void refuse(struct member_bench *b, struct member_update *u, int code)
{
	TEST_NUMBER(install(b, u), code);
	TEST_NUMBER(member_revision(&b->member->view), 5);
	TEST_TEXT(buf_text(&b->member->text), "# one\n");
	member_bench_drop(u);
}

static void what_does_not_fit_is_refused(void)
{
	struct member_bench b;
	struct member_update u;
	uint8_t signer[32];

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	member_bench_drop(&u);
	member_bench_make(&b, 4, 4, "# old\n", &u);
	refuse(&b, &u, ERR_STALE);
	member_bench_make(&b, 6, 7, "# needs a view that is not there\n", &u);
	refuse(&b, &u, ERR_PRECONDITION);
	member_bench_make(&b, 6, 6, "# two\n", &u);
	buf_puts(&u.parts[PART_TEXT], "changed on its way");
	refuse(&b, &u, ERR_PRECONDITION);
	member_bench_make(&b, 6, 6, "# two\n", &u);
	u.parts[PART_VIEW].data[STATE_PAGE + 100] ^= 1;
	TEST_NUMBER(install(&b, &u) < 0, 1);
	refuse(&b, &u, install(&b, &u));
	member_bench_make(&b, 6, 6, "# two\n", &u);
	memcpy(signer, b.signer, sizeof(signer));
	b.signer[0] ^= 1;
	TEST_NUMBER(install(&b, &u), ERR_SIGNATURE);
	memcpy(b.signer, signer, sizeof(signer));
	member_bench_drop(&u);
	member_bench_fini(&b);
}

static void a_view_alone_can_be_new(void)
{
	struct member_bench b;
	struct member_update u;

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	member_bench_drop(&u);
	member_bench_make(&b, 9, 9, "# one\n", &u);
	buf_fini(&u.parts[PART_MEMBERSHIP]);
	buf_fini(&u.parts[PART_TEMPLATES]);
	buf_fini(&u.parts[PART_TEXT]);
	TEST_NUMBER(install(&b, &u), 0);
	TEST_NUMBER(member_revision(&b.member->view), 9);
	TEST_NUMBER(member_revision(&b.member->membership), 5);
	member_bench_drop(&u);
	member_bench_fini(&b);
}

/* The agent died between the membership image and the renaming of the texts. */
static void an_interrupted_set_is_finished(void)
{
	struct member_bench b;
	struct member_update u;
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	member_bench_drop(&u);
	path_member(&b.config, &b.member->id, "membership.conf", from);
	path_member(&b.config, &b.member->id, "membership.conf.next", to);
	TEST_NUMBER(rename(from, to), 0);
	TEST_NUMBER(file_write(from, "# before\n", 9, 0600, NULL), 0);
	TEST_NUMBER(member_load(b.member, &b.config, b.signer, NULL), 0);
	TEST_TEXT(buf_text(&b.member->text), "# one\n");
	CU_ASSERT(access(to, F_OK) != 0);
	member_bench_fini(&b);
}

/* ---- steps ---- */

static bool has_bytes(const struct state_file *file, const struct buf *want)
{
	return file->target.image.size == want->len &&
	       memcmp(file->target.data, want->data, want->len) == 0;
}

/* What is in use, and what one finds who starts anew, is the whole that was signed. */
static void check_is(struct member_bench *b, const struct member_update *want)
{
	struct member *again = member_new(&b->member->id);

	TEST_NUMBER(member_load(again, &b->config, b->signer, NULL), 0);
	for (int i = 0; i < 2; i++) {
		const struct member *m = i == 0 ? b->member : again;

		CU_ASSERT(has_bytes(&m->view, &want->parts[PART_VIEW]));
		CU_ASSERT(has_bytes(&m->membership, &want->parts[PART_MEMBERSHIP]));
		TEST_TEXT(buf_text(&m->text), buf_text(&want->parts[PART_TEXT]));
	}
	member_free(again);
}

static void steps_lead_to_the_same(void)
{
	struct member_update before, whole, steps;
	struct member_bench b;
	struct fault f = {0};
	char log[PATH_TEXT_MAX], text[32];
	size_t in_log = 0;

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &before);
	TEST_NUMBER(install(&b, &before), 0);
	path_member(&b.config, &b.member->id, "view.delta", log);
	/* So many that the image is written anew in between. */
	for (uint64_t revision = 6; revision < 120; revision++) {
		member_bench_grow(&b);
		snprintf(text, sizeof(text), "# %u\n", (unsigned)revision);
		member_bench_make(&b, revision, revision, text, &whole);
		member_bench_make(&b, revision, revision, text, &steps);
		member_bench_make_steps(&before, &steps);
		CU_ASSERT(!member_misses_text(b.member, b.signer, &steps, PART_TEXT));
		member_bench_drop(&before);
		TEST_NUMBER(member_install(b.member, &b.config, b.signer, &steps, &f), 0);
		TEST_TEXT(f.text, "");
		in_log += access(log, F_OK) == 0;
		if (revision % 20 == 6)
			check_is(&b, &whole);
		member_bench_drop(&steps);
		before = whole;
	}
	check_is(&b, &before);
	CU_ASSERT(in_log > 80 && in_log < 114);
	member_bench_drop(&before);
	member_bench_fini(&b);
}

static void bad_steps_change_nothing(void)
{
	struct member_update before, steps, next;
	struct member_bench b;
	char log[PATH_TEXT_MAX];

	member_bench_init(&b);
	member_bench_make(&b, 5, 5, "# one\n", &before);
	TEST_NUMBER(install(&b, &before), 0);
	member_bench_grow(&b);
	/* The membership wants a later view than that which the steps lead to. */
	member_bench_make(&b, 6, 7, "# torn\n", &steps);
	member_bench_make_steps(&before, &steps);
	TEST_NUMBER(install(&b, &steps), ERR_PRECONDITION);
	check_is(&b, &before);
	member_bench_drop(&steps);
	/* The steps are damaged; the text is missing. */
	member_bench_make(&b, 6, 6, "# two\n", &next);
	member_bench_make(&b, 6, 6, "# two\n", &steps);
	member_bench_make_steps(&before, &steps);
	steps.parts[PART_VIEW].data[400] ^= 1;
	CU_ASSERT(member_try_steps(b.member, b.signer, &steps.parts[PART_VIEW], PART_VIEW, NULL) !=
		  0);
	CU_ASSERT(install(&b, &steps) != 0);
	check_is(&b, &before);
	steps.parts[PART_VIEW].data[400] ^= 1;
	buf_clear(&steps.parts[PART_TEXT]);
	CU_ASSERT(member_misses_text(b.member, b.signer, &steps, PART_TEXT));
	TEST_NUMBER(install(&b, &steps), ERR_PRECONDITION);
	check_is(&b, &before);
	/* Good at last. What is cut off behind it on the disk is not used, and not built upon. */
	buf_puts(&steps.parts[PART_TEXT], "# two\n");
	TEST_NUMBER(install(&b, &steps), 0);
	check_is(&b, &next);
	path_member(&b.config, &b.member->id, "view.delta", log);
	TEST_NUMBER(file_append(log, steps.parts[PART_VIEW].data, 500, 0600, NULL), 0);
	check_is(&b, &next);
	TEST_NUMBER(member_load(b.member, &b.config, b.signer, NULL), 0);
	member_bench_drop(&before);
	member_bench_drop(&steps);
	member_bench_grow(&b);
	member_bench_make(&b, 7, 7, "# three\n", &before);
	member_bench_make(&b, 7, 7, "# three\n", &steps);
	member_bench_make_steps(&next, &steps);
	TEST_NUMBER(install(&b, &steps), 0);
	check_is(&b, &before);
	CU_ASSERT(access(log, F_OK) != 0); /* the image was written anew */
	member_bench_drop(&before);
	member_bench_drop(&steps);
	member_bench_drop(&next);
	member_bench_fini(&b);
}

TEST_SUITE(agent_member, {"it is installed and loaded again", it_is_installed_and_loaded_again},
	   {"what does not fit is refused", what_does_not_fit_is_refused},
	   {"a view alone can be new", a_view_alone_can_be_new},
	   {"an interrupted set is finished", an_interrupted_set_is_finished},
	   {"steps lead to the same", steps_lead_to_the_same},
	   {"bad steps change nothing", bad_steps_change_nothing});
