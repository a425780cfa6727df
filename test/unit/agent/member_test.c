/* A membership on disk: only what verifies is used, and a set that was being stored is either the
 * old or the new one. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/member.h"
#include "agent/path.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

struct bench {
	struct fleet fleet;
	struct config config;
	uint8_t signer[32];
	uint8_t key[crypto_sign_SECRETKEYBYTES];
	struct member *member;
	size_t index; /* of the member in the fleet */
};

static void bench_init(struct bench *b)
{
	struct fault f = {0};
	bool made;

	memset(b, 0, sizeof(*b));
	schema_defaults(agent_config_rows, &b->config);
	free(b->config.state_dir);
	b->config.state_dir = mem_alloc(256);
	snprintf(b->config.state_dir, 256, "%s/state", test_dir());
	file_remove(b->config.state_dir, NULL);
	crypto_sign_keypair(b->signer, b->key);
	fleet_init(&b->fleet, "prod", "10.0.0.0/24", 4200000001);
	b->index = fleet_member(&b->fleet, "one", 1);
	fleet_member(&b->fleet, "two", 2);
	fleet_plan(&b->fleet);
	b->member = member_new(&b->fleet.members.at[b->index].id);
	TEST_NUMBER(member_load_key(b->member, &b->config, &made, &f), 0);
	CU_ASSERT(made);
}

static void bench_fini(struct bench *b)
{
	member_free(b->member);
	fleet_fini(&b->fleet);
	agent_config_fini(&b->config);
}

static void make(struct bench *b, uint64_t revision, uint64_t view_revision, const char *text,
		 struct member_update *u)
{
	const struct id *mesh = &b->fleet.rows.mesh.id;
	struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = revision, .mesh = mesh->bytes};
	struct render_image in = {.view_revision = view_revision};
	struct buf body;

	memset(u, 0, sizeof(*u));
	buf_puts(&u->parts[PART_TEMPLATES], "# templates\n");
	buf_puts(&u->parts[PART_TEXT], text);
	digest_of("# templates\n", 12, &in.templates);
	digest_of(text, strlen(text), &in.text);
	buf_init(&body);
	render_view(b->fleet.render, &body);
	state_sign(&id, body.data, body.len, b->key, &u->parts[PART_VIEW]);
	buf_clear(&body);
	render_membership(b->fleet.render, b->index, &in, &body);
	id.kind = STATE_KIND_MEMBERSHIP;
	id.membership = b->member->id.bytes;
	state_sign(&id, body.data, body.len, b->key, &u->parts[PART_MEMBERSHIP]);
	buf_fini(&body);
}

static void drop(struct member_update *u)
{
	for (int i = 0; i < PART_COUNT; i++)
		buf_fini(&u->parts[i]);
}

static int install(struct bench *b, struct member_update *u)
{
	return member_install(b->member, &b->config, b->signer, u, NULL);
}

static void it_is_installed_and_loaded_again(void)
{
	struct bench b;
	struct member_update u;
	struct member *again;
	bool made;

	bench_init(&b);
	make(&b, 5, 5, "# one\n", &u);
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
	drop(&u);
	bench_fini(&b);
}

/* An update that is refused leaves all as it was. */
static void refuse(struct bench *b, struct member_update *u, int code)
{
	TEST_NUMBER(install(b, u), code);
	TEST_NUMBER(member_revision(&b->member->view), 5);
	TEST_TEXT(buf_text(&b->member->text), "# one\n");
	drop(u);
}

static void what_does_not_fit_is_refused(void)
{
	struct bench b;
	struct member_update u;
	uint8_t signer[32];

	bench_init(&b);
	make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	drop(&u);
	make(&b, 4, 4, "# old\n", &u);
	refuse(&b, &u, ERR_STALE);
	make(&b, 6, 7, "# needs a view that is not there\n", &u);
	refuse(&b, &u, ERR_STALE);
	make(&b, 6, 6, "# two\n", &u);
	buf_puts(&u.parts[PART_TEXT], "changed on its way");
	refuse(&b, &u, ERR_MISMATCH);
	make(&b, 6, 6, "# two\n", &u);
	u.parts[PART_VIEW].data[STATE_PAGE + 100] ^= 1;
	TEST_NUMBER(install(&b, &u) < 0, 1);
	refuse(&b, &u, install(&b, &u));
	make(&b, 6, 6, "# two\n", &u);
	memcpy(signer, b.signer, sizeof(signer));
	b.signer[0] ^= 1;
	TEST_NUMBER(install(&b, &u), ERR_SIGNATURE);
	memcpy(b.signer, signer, sizeof(signer));
	drop(&u);
	bench_fini(&b);
}

static void a_view_alone_can_be_new(void)
{
	struct bench b;
	struct member_update u;

	bench_init(&b);
	make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	drop(&u);
	make(&b, 9, 9, "# one\n", &u);
	buf_fini(&u.parts[PART_MEMBERSHIP]);
	buf_fini(&u.parts[PART_TEMPLATES]);
	buf_fini(&u.parts[PART_TEXT]);
	TEST_NUMBER(install(&b, &u), 0);
	TEST_NUMBER(member_revision(&b.member->view), 9);
	TEST_NUMBER(member_revision(&b.member->membership), 5);
	drop(&u);
	bench_fini(&b);
}

/* The agent died between the membership image and the renaming of the texts. */
static void an_interrupted_set_is_finished(void)
{
	struct bench b;
	struct member_update u;
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];

	bench_init(&b);
	make(&b, 5, 5, "# one\n", &u);
	TEST_NUMBER(install(&b, &u), 0);
	drop(&u);
	path_member(&b.config, &b.member->id, "membership.conf", from);
	path_member(&b.config, &b.member->id, "membership.conf.next", to);
	TEST_NUMBER(rename(from, to), 0);
	TEST_NUMBER(file_write(from, "# before\n", 9, 0600, NULL), 0);
	TEST_NUMBER(member_load(b.member, &b.config, b.signer, NULL), 0);
	TEST_TEXT(buf_text(&b.member->text), "# one\n");
	CU_ASSERT(access(to, F_OK) != 0);
	bench_fini(&b);
}

TEST_SUITE(agent_member, {"it is installed and loaded again", it_is_installed_and_loaded_again},
	   {"what does not fit is refused", what_does_not_fit_is_refused},
	   {"a view alone can be new", a_view_alone_can_be_new},
	   {"an interrupted set is finished", an_interrupted_set_is_finished});
