/* Machines that joined after the backup that was restored: they prove it, are listed, and nobody
 * else gets their addresses. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/controller.h"
#include "lib/mesh/state_excerpt.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"
#include "test/unit/mesh/state_sample.h"

#define V1 "/api/v1/unknown-machines"

static struct stand api;
static char mesh[64];

static int start(void)
{
	bool ok = stand_start_with_mesh(&api, "address_rest = 0s\n",
					"{\"name\":\"prod\",\"cidr\":\"10.7.0.0/24\"}");

	snprintf(mesh, sizeof(mesh), "%s", stand_get(&api, "id"));
	return ok ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

static size_t count(void)
{
	TEST_NUMBER(stand_call(&api, api.admin, "GET", V1, NULL), 200);
	return json_array_size(json_object_get(api.json, "items"));
}

/* The address of one that joins now. */
static const char *next_address(void)
{
	static char text[64];
	struct stand_machine m;

	stand_machine_new(&m, "new");
	TEST_NUMBER(stand_enroll(&api, &m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	snprintf(text, sizeof(text), "%s", stand_get(&api, "memberships.0.address"));
	return text;
}

static void what_shows_itself_keeps_its_address(void)
{
	char id[64], again[64], path[128];

	TEST_TEXT(next_address(), "10.7.0.1");
	TEST_NUMBER(stand_show_unknown(&api, mesh, 3, "three", id), 204);
	TEST_NUMBER(count(), 1);
	TEST_TEXT(stand_get(&api, "items.0.id"), id);
	TEST_TEXT(stand_get(&api, "items.0.name"), "three");
	TEST_TEXT(stand_get(&api, "items.0.address"), "10.7.0.3");
	TEST_TEXT(stand_get(&api, "items.0.seen_from"), "127.0.0.1");
	TEST_NUMBER(stand_show_unknown(&api, mesh, 2, "two", again), 204);
	TEST_NUMBER(count(), 2);
	TEST_TEXT(next_address(), "10.7.0.4");
	/* Forgotten, it is anybody's again, after its rest, which is none here. */
	snprintf(path, sizeof(path), V1 "/%s", id);
	TEST_NUMBER(stand_call(&api, api.admin, "DELETE", path, NULL), 204);
	TEST_NUMBER(count(), 1);
	TEST_TEXT(next_address(), "10.7.0.3");
	TEST_TEXT(next_address(), "10.7.0.5");
	/* One whose address somebody has got meanwhile is listed all the same. */
	TEST_NUMBER(stand_show_unknown(&api, mesh, 5, "five", id), 204);
	TEST_NUMBER(count(), 2);
	snprintf(path, sizeof(path), V1 "/%s", id);
	TEST_NUMBER(stand_call(&api, api.admin, "DELETE", path, NULL), 204);
	TEST_TEXT(next_address(), "10.7.0.6");
}

static void who_proves_nothing_is_refused(void)
{
	struct state_sample sample;
	struct state_image image;
	struct state_tree tree;
	struct buf excerpt, body;
	char encoded[20000], id[64];
	size_t before = count();

	/* Signed by another controller. */
	state_sample_make(&sample);
	buf_init(&excerpt);
	buf_init(&body);
	TEST_NUMBER(state_check(&image, sample.membership.data, sample.membership.len, NULL), 0);
	state_tree_make(&tree, (const uint8_t *)sample.membership.data + STATE_PAGE,
			image.root->body_pages);
	CU_ASSERT(state_excerpt_make(&image, &tree, &excerpt));
	state_tree_fini(&tree);
	sodium_bin2base64(encoded, sizeof(encoded), (const uint8_t *)excerpt.data, excerpt.len,
			  sodium_base64_VARIANT_ORIGINAL);
	buf_printf(&body, "{\"name\":\"x\",\"image\":\"%s\"}", encoded);
	TEST_NUMBER(stand_call(&api, NULL, "POST", V1, buf_text(&body)), 403);
	TEST_TEXT(stand_problem(&api), "signature");
	TEST_NUMBER(stand_call(&api, NULL, "POST", V1, "{\"name\":\"x\",\"image\":\"AAAA\"}"), 400);
	TEST_NUMBER(stand_call(&api, NULL, "POST", V1, "{\"name\":\"x\",\"image\":\"$\"}"), 400);
	/* Another mesh; no address; no name. */
	TEST_NUMBER(stand_show_unknown(&api, "0198c0de-0000-7000-8000-000000000000", 9, "x", id),
		    404);
	TEST_NUMBER(stand_show_unknown(&api, mesh, 0, "x", id), 400);
	TEST_NUMBER(stand_show_unknown(&api, mesh, 255, "x", id), 400);
	TEST_NUMBER(stand_show_unknown(&api, mesh, 9, "No", id), 400);
	TEST_NUMBER(count(), before);
	buf_fini(&excerpt);
	buf_fini(&body);
	state_sample_fini(&sample);
}

/* ---- the excerpt ---- */

static void an_excerpt_is_of_what_was_signed(void)
{
	struct state_sample sample;
	struct state_image image;
	struct state_tree tree;
	struct state_root root;
	struct state_self self;
	struct buf good;

	state_sample_make(&sample);
	buf_init(&good);
	TEST_NUMBER(state_check(&image, sample.membership.data, sample.membership.len, NULL), 0);
	state_tree_make(&tree, (const uint8_t *)sample.membership.data + STATE_PAGE,
			image.root->body_pages);
	CU_ASSERT(state_excerpt_make(&image, &tree, &good));
	TEST_NUMBER(state_excerpt_open(good.data, good.len, sample.signer, &root, &self, NULL), 0);
	TEST_NUMBER(self.peer, 2);
	CU_ASSERT(memcmp(root.membership, sample.own, sizeof(sample.own)) == 0);
	for (size_t len = 0; len < good.len; len += 7)
		CU_ASSERT(state_excerpt_open(good.data, len, sample.signer, &root, &self, NULL) !=
			  0);
	for (size_t i = 0; i < good.len; i += 3) {
		good.data[i] ^= 0x10;
		CU_ASSERT(state_excerpt_open(good.data, good.len, sample.signer, &root, &self,
					     NULL) != 0);
		good.data[i] ^= 0x10;
	}
	state_tree_fini(&tree);
	buf_fini(&good);
	/* A view says of nobody that it is his. */
	TEST_NUMBER(state_check(&image, sample.view.data, sample.view.len, NULL), 0);
	state_tree_make(&tree, (const uint8_t *)sample.view.data + STATE_PAGE,
			image.root->body_pages);
	CU_ASSERT(state_excerpt_make(&image, &tree, &good));
	TEST_NUMBER(state_excerpt_open(good.data, good.len, sample.signer, &root, &self, NULL),
		    ERR_MISMATCH);
	state_tree_fini(&tree);
	buf_fini(&good);
	state_sample_fini(&sample);
}

TEST_SUITE_WITH(controller_unknown, start, stop,
		{"what shows itself keeps its address", what_shows_itself_keeps_its_address},
		{"who proves nothing is refused", who_proves_nothing_is_refused},
		{"an excerpt is of what was signed", an_excerpt_is_of_what_was_signed});
