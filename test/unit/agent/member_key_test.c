/* The own key's rotation: the files after a death at each step, what is to be done by the word of
 * the controller, the keys here and the own record of the view; and the word itself. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/key_rotation.h"
#include "agent/path.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/agent/member_bench.h"

static bool has_file(const struct member_bench *b, const char *name)
{
	char path[PATH_TEXT_MAX];
	struct stat st;

	if (lstat(path_member(&b->config, &b->member->id, name, path), &st) != 0)
		return false;
	TEST_NUMBER(st.st_mode & 07777, 0600);
	return true;
}

/* The agent is started again: what the disk says. */
static void restart(struct member_bench *b)
{
	struct member *again = member_new(&b->member->id);
	bool made;

	TEST_NUMBER(member_load_key(again, &b->config, &made, NULL), 0);
	CU_ASSERT(!made);
	if (member_is_ready(b->member))
		TEST_NUMBER(member_load(again, &b->config, b->signer, NULL), 0);
	member_free(b->member);
	b->member = again;
}

/* A view that has these keys as the own ones. */
static void install(struct member_bench *b, uint64_t revision, const struct wg_key *key,
		    const struct wg_key *next)
{
	struct membership *row = &b->fleet.members.at[b->index];
	struct member_update u;
	struct fault f = {0};

	row->key = *key;
	row->has_next_key = next != NULL;
	if (next != NULL)
		row->next_key = *next;
	fleet_plan(&b->fleet);
	member_bench_make(b, revision, revision, "# one\n", &u);
	if (member_install(b->member, &b->config, b->signer, &u, &f) != 0)
		TEST_FAIL("%s", f.text);
	member_bench_drop(&u);
}

static void check_next(const struct member_bench *b, enum offer_rotation word, enum key_step want)
{
	TEST_NUMBER(key_rotation_next(b->member, word), want);
}

static void check_key(const struct member_bench *b, const struct wg_key *key,
		      const struct wg_key *next)
{
	CU_ASSERT(wg_key_compare(&b->member->public_key, key) == 0);
	TEST_NUMBER(b->member->has_next, next != NULL);
	TEST_NUMBER(has_file(b, "key.next"), next != NULL);
	CU_ASSERT(has_file(b, "key"));
	if (next != NULL)
		CU_ASSERT(wg_key_compare(&b->member->next_public_key, next) == 0);
}

/* Killed after every step, it goes on where it was. */
static void a_rotation_survives_a_death_at_each_step(void)
{
	struct member_bench b;
	struct wg_key one, two;

	member_bench_init(&b);
	one = b.member->public_key;
	install(&b, 5, &one, NULL);
	check_next(&b, OFFER_ROTATION_NONE, KEY_REST);
	check_next(&b, OFFER_ROTATION_OFFER, KEY_RENEW);
	TEST_NUMBER(member_make_next_key(b.member, &b.config, NULL), 0);
	two = b.member->next_public_key;
	check_next(&b, OFFER_ROTATION_OFFER, KEY_OFFER);
	check_next(&b, OFFER_ROTATION_WAIT, KEY_REST);
	check_next(&b, OFFER_ROTATION_SWITCH, KEY_OFFER);

	restart(&b);
	check_key(&b, &one, &two);
	check_next(&b, OFFER_ROTATION_WAIT, KEY_REST);
	install(&b, 6, &one, &two);
	check_next(&b, OFFER_ROTATION_OFFER, KEY_OFFER);
	check_next(&b, OFFER_ROTATION_WAIT, KEY_REST);
	check_next(&b, OFFER_ROTATION_SWITCH, KEY_SWITCH);
	TEST_NUMBER(member_switch_key(b.member, &b.config, NULL), 0);
	check_key(&b, &two, &one);
	check_next(&b, OFFER_ROTATION_SWITCH, KEY_ANNOUNCE);

	restart(&b);
	check_key(&b, &two, &one);
	check_next(&b, OFFER_ROTATION_SWITCH, KEY_ANNOUNCE);
	/* It was told; the view that has it is yet to come. */
	check_next(&b, OFFER_ROTATION_NONE, KEY_REST);
	install(&b, 7, &two, NULL);
	check_next(&b, OFFER_ROTATION_NONE, KEY_DROP);
	/* The next one begins before it was dropped: what was the key once is not offered again. */
	check_next(&b, OFFER_ROTATION_OFFER, KEY_RENEW);
	TEST_NUMBER(member_drop_next_key(b.member, &b.config, NULL), 0);
	check_key(&b, &two, NULL);
	restart(&b);
	check_key(&b, &two, NULL);
	check_next(&b, OFFER_ROTATION_NONE, KEY_REST);
	member_bench_fini(&b);
}

/* Of another time than the controller: it was restored, or this machine was. */
static void a_key_that_nobody_knows_is_announced(void)
{
	const struct wg_key other = {{7}}, third = {{8}};
	struct member_bench b;

	member_bench_init(&b);
	check_next(&b, OFFER_ROTATION_SWITCH, KEY_REST); /* no view yet */
	install(&b, 5, &other, NULL);
	check_next(&b, OFFER_ROTATION_NONE, KEY_ANNOUNCE);
	install(&b, 6, &other, &third);
	for (enum offer_rotation word = OFFER_ROTATION_NONE; word <= OFFER_ROTATION_SWITCH; word++)
		check_next(&b, word, KEY_ANNOUNCE);
	member_bench_fini(&b);
}

static void put(const struct member_bench *b, const char *name, const void *data, size_t len,
		mode_t mode)
{
	char path[PATH_TEXT_MAX];

	path_member(&b->config, &b->member->id, name, path);
	TEST_NUMBER(file_write(path, data, len, mode, NULL), 0);
}

/* Overwritten and not removed yet, cut, readable by others. */
static void a_next_key_that_is_none_is_removed(void)
{
	static const uint8_t zeros[SECRET_SIZE];
	const struct {
		const void *data;
		size_t len;
		mode_t mode;
	} cases[] = {{zeros, sizeof(zeros), 0600}, {"short", 5, 0600}, {"", 0, 0600}};
	struct member_bench b;
	struct wg_key one;

	member_bench_init(&b);
	one = b.member->public_key;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(&b, "key.next", cases[i].data, cases[i].len, cases[i].mode);
		test_hush(true);
		restart(&b);
		test_hush(false);
		check_key(&b, &one, NULL);
	}
	member_bench_fini(&b);
}

/* Whoever holds the file open sees it go. */
static void what_is_dropped_is_overwritten(void)
{
	uint8_t left[SECRET_SIZE] = {1};
	struct member_bench b;
	char path[PATH_TEXT_MAX];
	FILE *open;

	member_bench_init(&b);
	TEST_NUMBER(member_make_next_key(b.member, &b.config, NULL), 0);
	open = fopen(path_member(&b.config, &b.member->id, "key.next", path), "r");
	CU_ASSERT_FATAL(open != NULL);
	TEST_NUMBER(member_drop_next_key(b.member, &b.config, NULL), 0);
	TEST_NUMBER(fread(left, 1, sizeof(left), open), sizeof(left));
	CU_ASSERT(memcmp(left, (uint8_t[SECRET_SIZE]){0}, sizeof(left)) == 0);
	CU_ASSERT(secret_is_zero(&b.member->next));
	TEST_NUMBER(member_drop_next_key(b.member, &b.config, NULL), 0); /* as good as done */
	fclose(open);
	member_bench_fini(&b);
}

static enum offer_rotation word_of(const char *member)
{
	struct offer offer = {0};
	struct arena arena;
	struct fault f = {0};
	struct buf text;
	enum offer_rotation out;

	arena_init(&arena);
	buf_init(&text);
	buf_printf(&text,
		   "{\"memberships\": [{\"id\": \"0190a5f2-0000-7000-8000-000000000001\"%s}]}",
		   member);
	if (offer_parse(&text, &arena, &offer, &f) != 0)
		TEST_FAIL("%s", f.text);
	out = offer.n == 1 ? offer.at[0].rotation : OFFER_ROTATION_NONE;
	buf_fini(&text);
	arena_fini(&arena);
	return out;
}

static void the_word_is_read(void)
{
	TEST_NUMBER(word_of(""), OFFER_ROTATION_NONE);
	TEST_NUMBER(word_of(", \"rotation\": \"none\""), OFFER_ROTATION_NONE);
	TEST_NUMBER(word_of(", \"rotation\": \"offer\""), OFFER_ROTATION_OFFER);
	TEST_NUMBER(word_of(", \"rotation\": \"wait\""), OFFER_ROTATION_WAIT);
	TEST_NUMBER(word_of(", \"rotation\": \"switch\""), OFFER_ROTATION_SWITCH);
	TEST_NUMBER(word_of(", \"rotation\": \"of a later version\""), OFFER_ROTATION_WAIT);
}

TEST_SUITE(agent_member_key,
	   {"a rotation survives a death at each step", a_rotation_survives_a_death_at_each_step},
	   {"a key that nobody knows is announced", a_key_that_nobody_knows_is_announced},
	   {"a next key that is none is removed", a_next_key_that_is_none_is_removed},
	   {"what is dropped is overwritten", what_is_dropped_is_overwritten},
	   {"the word is read", the_word_is_read});
