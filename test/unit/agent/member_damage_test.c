/* State that is damaged, forged, somebody else's, old or cut at any byte, as it comes from a
 * controller and as it lies on the disk: refused, and what was there stays. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/agent/member_bench.h"

static const enum member_part images[] = {PART_VIEW, PART_MEMBERSHIP};
static const char *const names[PART_COUNT] = {
	[PART_VIEW] = "view", [PART_MEMBERSHIP] = "membership"};

#define BEFORE 5 /* revision */
#define AFTER  6

/* A membership at BEFORE; `next` leads to AFTER, whole, and `steps` in steps. */
struct stage {
	struct member_bench bench;
	struct member_update before, next, steps;
};

static void set(struct stage *s)
{
	struct member_bench *b = &s->bench;

	member_bench_init(b);
	member_bench_make(b, BEFORE, BEFORE, "# one\n", &s->before);
	TEST_NUMBER(member_install(b->member, &b->config, b->signer, &s->before, NULL), 0);
	member_bench_grow(b);
	member_bench_make(b, AFTER, BEFORE, "# two\n", &s->next);
	member_bench_make(b, AFTER, BEFORE, "# two\n", &s->steps);
	member_bench_make_steps(&s->before, &s->steps);
}

static void strike(struct stage *s)
{
	member_bench_drop(&s->before);
	member_bench_drop(&s->next);
	member_bench_drop(&s->steps);
	member_bench_fini(&s->bench);
}

static bool is_at(const struct member *m, uint64_t revision)
{
	return member_revision(&m->view) == revision &&
	       member_revision(&m->membership) == revision &&
	       strcmp(buf_text(&m->text), revision == BEFORE ? "# one\n" : "# two\n") == 0;
}

/* In use, and for who starts anew. */
static bool nothing_has_changed(struct stage *s)
{
	struct member *again = member_new(&s->bench.member->id);
	bool same = is_at(s->bench.member, BEFORE) &&
		    member_load(again, &s->bench.config, s->bench.signer, NULL) == 0 &&
		    is_at(again, BEFORE);

	member_free(again);
	return same;
}

static int install(struct stage *s, struct member_update *u, struct fault *f)
{
	return member_install(s->bench.member, &s->bench.config, s->bench.signer, u, f);
}

/* ---- from a controller ---- */

static void every_cut_on_its_way_is_refused(void)
{
	struct stage s;

	set(&s);
	for (size_t k = 0; k < 4; k++) {
		struct member_update *u = k < 2 ? &s.next : &s.steps;
		struct buf *part = &u->parts[images[k % 2]];
		size_t whole = part->len;

		for (part->len = 1; part->len < whole; part->len++)
			if (install(&s, u, NULL) == 0 || !is_at(s.bench.member, BEFORE))
				TEST_FAIL("%s cut to %zu bytes is used", names[images[k % 2]],
					  part->len);
		CU_ASSERT(nothing_has_changed(&s));
	}
	TEST_NUMBER(install(&s, &s.steps, NULL), 0);
	CU_ASSERT(is_at(s.bench.member, AFTER));
	strike(&s);
}

static struct state_root *root_of(struct member_update *u, enum member_part part)
{
	char *at = u->parts[part].data;

	if (u->steps[part])
		at += offsetof(struct delta_head, root);
	return (struct state_root *)(void *)at;
}

/* What a controller does that signs, rightly, something that is not right. */
static void sign(struct stage *s, struct state_root *r)
{
	static const char prefix[] = "skein state 1\n";
	uint8_t text[sizeof(prefix) - 1 + sizeof(*r)];
	size_t n = sizeof(prefix) - 1;

	memcpy(text, prefix, n);
	memcpy(text + n, r, offsetof(struct state_root, signature));
	crypto_sign_detached(r->signature, NULL, text, n + offsetof(struct state_root, signature),
			     s->bench.key);
}

static void forge_signature(struct stage *s, struct state_root *r)
{
	(void)s;
	r->signature[17] ^= 1;
}

static void sign_by_another(struct stage *s, struct state_root *r)
{
	uint8_t mine[crypto_sign_SECRETKEYBYTES];

	memcpy(mine, s->bench.key, sizeof(mine));
	crypto_sign_keypair(r->signer, s->bench.key);
	sign(s, r);
	memcpy(s->bench.key, mine, sizeof(mine));
}

static void lower(struct stage *s, struct state_root *r)
{
	r->revision = BEFORE - 1;
	sign(s, r);
}

static void make_new_version(struct stage *s, struct state_root *r)
{
	r->version = STATE_VERSION + 1;
	sign(s, r);
}

static void give_to_another(struct stage *s, struct state_root *r)
{
	(r->kind == STATE_KIND_MEMBERSHIP ? r->membership : r->mesh)[0] ^= 1;
	sign(s, r);
}

static void move_to_another_mesh(struct stage *s, struct state_root *r)
{
	r->mesh[0] ^= 1;
	sign(s, r);
}

static const struct {
	const char *what;
	void (*change)(struct stage *s, struct state_root *r);
	int code;
} rows[] = {
	{"a bad signature", forge_signature, ERR_SIGNATURE},
	{"another's signature", sign_by_another, ERR_SIGNATURE},
	{"a lower revision", lower, ERR_STALE},
	{"an unknown version", make_new_version, ERR_UNSUPPORTED},
	{"another machine's", give_to_another, ERR_MISMATCH},
	{"another mesh's", move_to_another_mesh, ERR_MISMATCH},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void expect_refused(struct stage *s, struct member_update *u, enum member_part part,
			   size_t row)
{
	struct state_root *root = root_of(u, part), good = *root;
	struct fault f = {0};
	int code;

	rows[row].change(s, root);
	code = install(s, u, &f);
	if (code != rows[row].code || f.text[0] == '\0')
		TEST_FAIL("%s, %s%s: %s, want %s; \"%s\"", rows[row].what, names[part],
			  u->steps[part] ? " in steps" : "", error_name(code),
			  error_name(rows[row].code), f.text);
	if (!nothing_has_changed(s))
		TEST_FAIL("%s, %s: something is other", rows[row].what, names[part]);
	*root = good;
}

static void what_is_not_for_us_is_refused(void)
{
	struct stage s;

	set(&s);
	for (size_t row = 0; row < ROWS; row++)
		for (size_t k = 0; k < 2; k++) {
			expect_refused(&s, &s.next, images[k], row);
			expect_refused(&s, &s.steps, images[k], row);
		}
	TEST_NUMBER(install(&s, &s.next, NULL), 0);
	CU_ASSERT(is_at(s.bench.member, AFTER));
	strike(&s);
}

/* ---- on the disk ---- */

static void every_cut_on_the_disk_is_refused(void)
{
	struct stage s;

	set(&s);
	TEST_NUMBER(install(&s, &s.next, NULL), 0);
	for (size_t k = 0; k < 2; k++) {
		const struct buf *whole = &s.next.parts[images[k]];
		struct member *again = member_new(&s.bench.member->id);
		char path[PATH_TEXT_MAX];

		path_member(&s.bench.config, &s.bench.member->id, names[images[k]], path);
		for (size_t n = whole->len; n-- > 0;) {
			if (truncate(path, (off_t)n) != 0 ||
			    member_load(again, &s.bench.config, s.bench.signer, NULL) == 0 ||
			    member_is_ready(again))
				TEST_FAIL("%s cut to %zu bytes is used", names[images[k]], n);
			/* What is in use stays in use, whatever becomes of the file. */
			if (n % 500 == 0)
				CU_ASSERT(member_load(s.bench.member, &s.bench.config,
						      s.bench.signer, NULL) != 0 &&
					  member_is_ready(s.bench.member));
		}
		TEST_NUMBER(file_write(path, whole->data, whole->len, 0600, NULL), 0);
		TEST_NUMBER(member_load(again, &s.bench.config, s.bench.signer, NULL), 0);
		CU_ASSERT(is_at(again, AFTER));
		member_free(again);
	}
	strike(&s);
}

/* The power went while steps were stored: what is whole counts, to the last one that is. */
static void every_cut_of_stored_steps_leaves_the_state_before(void)
{
	struct stage s;
	struct member *again;
	char path[PATH_TEXT_MAX];
	size_t whole;

	set(&s);
	TEST_NUMBER(install(&s, &s.steps, NULL), 0);
	whole = s.steps.parts[PART_VIEW].len;
	path_member(&s.bench.config, &s.bench.member->id, "view.delta", path);
	for (size_t n = whole; n-- > 0;) {
		again = member_new(&s.bench.member->id);
		if (truncate(path, (off_t)n) != 0 ||
		    member_load(again, &s.bench.config, s.bench.signer, NULL) != 0 ||
		    member_revision(&again->view) != BEFORE ||
		    member_revision(&again->membership) != AFTER)
			TEST_FAIL("steps cut to %zu bytes: not the state before", n);
		member_free(again);
	}
	strike(&s);
}

TEST_SUITE(agent_member_damage,
	   {"every cut on its way is refused", every_cut_on_its_way_is_refused},
	   {"what is not for us is refused", what_is_not_for_us_is_refused},
	   {"every cut on the disk is refused", every_cut_on_the_disk_is_refused},
	   {"every cut of stored steps leaves the state before",
	    every_cut_of_stored_steps_leaves_the_state_before});
