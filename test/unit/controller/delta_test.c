/* Deltas over real HTTP: who has an older revision gets what is new, and it costs what changed. */
#include "lib/mesh/delta.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define CAPACITY (4u << 20)
#define VIEW	 "/api/v1/mesh/config"
#define IMAGE	 VIEW "?image=membership"

static struct stand api;

static int start(void)
{
	return stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\"}") ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

/* In at `index`, and a peer of everybody. */
static void join(struct stand_machine *m, uint32_t index)
{
	char name[32];

	snprintf(name, sizeof(name), "m-%u", index);
	stand_machine_new(m, name);
	TEST_NUMBER(stand_enroll(&api, m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	TEST_NUMBER(stand_put_key(&api, m, NULL), 204);
	CU_ASSERT(stand_wait_peer(&api, m, index));
}

/* Asks for what is newer than `etag`; NULL: for the whole. */
static long ask(const struct stand_machine *m, const char *path, const char *etag, bool deltas)
{
	char match[160];
	struct stand_request r = {.method = "GET", .path = path, .token = m->token};
	size_t n = 0;

	snprintf(match, sizeof(match), "If-None-Match: %s", etag != NULL ? etag : "");
	if (etag != NULL)
		r.headers[n++] = match;
	if (deltas)
		r.headers[n++] = "A-IM: gzip;q=0.5, Skein-Delta";
	return stand_send(&api, &r);
}

/* An image as a machine has it. */
struct had {
	struct buf bytes;
	char etag[96];
};

static void keep(struct had *h)
{
	buf_init(&h->bytes);
	buf_append(&h->bytes, api.body.data, api.body.len);
	snprintf(h->etag, sizeof(h->etag), "%s", api.etag);
}

/* The answer, applied to what was had, is what a full download gives. Returns the answer's size. */
static size_t follow(const struct stand_machine *m, const char *path, struct had *h)
{
	const uint8_t *signer = keys_signer(&api.controller->keys);
	const struct state_expect expect = {.signer = signer};
	uint8_t *data = mem_alloc(CAPACITY);
	struct delta_target t;
	struct fault f = {0};
	size_t cost;

	memcpy(data, h->bytes.data, h->bytes.len);
	TEST_NUMBER(delta_target_open(&t, data, h->bytes.len, CAPACITY, &expect, &f), 0);
	TEST_NUMBER(ask(m, path, h->etag, true), 226);
	TEST_TEXT(api.im, "skein-delta");
	TEST_TEXT(api.delta_base, h->etag);
	cost = api.body.len;
	TEST_NUMBER(delta_apply(&t, api.body.data, api.body.len, signer, NULL, &f), 0);
	TEST_TEXT(f.text, "");
	TEST_NUMBER(ask(m, path, NULL, false), 200);
	TEST_NUMBER(t.image.size, api.body.len);
	CU_ASSERT(memcmp(data, api.body.data, api.body.len) == 0);
	buf_fini(&h->bytes);
	keep(h);
	delta_target_fini(&t);
	free(data);
	return cost;
}

static void what_is_new_comes_as_steps(void)
{
	struct stand_machine m, other;
	struct had view, image;
	char path[160], old[96];

	join(&m, 1);
	TEST_NUMBER(ask(&m, VIEW, NULL, true), 200);
	keep(&view);
	TEST_NUMBER(ask(&m, IMAGE, NULL, true), 200);
	keep(&image);
	snprintf(old, sizeof(old), "%s", view.etag);
	TEST_NUMBER(ask(&m, VIEW, view.etag, true), 304);

	/* A join, and a join and a leave; the second time as somebody who was away. */
	join(&other, 2);
	follow(&m, VIEW, &view);
	join(&other, 3);
	snprintf(path, sizeof(path), "/api/v1/machines/%s", other.id);
	TEST_NUMBER(stand_call(&api, api.admin, "DELETE", path, NULL), 204);
	join(&other, 4);
	follow(&m, VIEW, &view);

	/* An approval: the membership image changes, too. */
	snprintf(path, sizeof(path), "{\"membership\":\"%s\",\"prefix\":\"192.168.5.0/24\"}",
		 m.membership);
	TEST_NUMBER(stand_call(&api, api.admin, "POST", "/api/v1/prefixes", path), 201);
	for (int i = 0; i < 500 && ask(&m, IMAGE, image.etag, false) == 304; i++)
		usleep(10000);
	follow(&m, IMAGE, &image);

	/* Who does not ask for steps, or has what nobody knows, gets the whole. */
	TEST_NUMBER(ask(&m, VIEW, old, false), 200);
	TEST_NUMBER(ask(&m, VIEW, old, true), 226);
	TEST_NUMBER(ask(&m, VIEW, "\"7\"", true), 200);
	TEST_NUMBER(ask(&m, VIEW, "\"banana\"", true), 200);
	TEST_NUMBER(ask(&m, VIEW, "W/\"1\"", true), 200);

	/* And so does everybody when the history is gone; the same revision is still known. */
	ask(&m, VIEW, NULL, false);
	snprintf(view.etag, sizeof(view.etag), "%s", api.etag);
	CU_ASSERT(stand_restart(&api));
	TEST_NUMBER(ask(&m, VIEW, view.etag, true), 304);
	TEST_NUMBER(ask(&m, VIEW, old, true), 200);
	buf_fini(&view.bytes);
	buf_fini(&image.bytes);
}

/* What one member gets for the join of another, when there are so many: the steps for its coming
 * without a key, if that is one, and with it. */
static size_t cost_of_join(struct stand_machine *m, uint32_t *next)
{
	struct stand_machine other;
	struct had view;
	size_t cost;

	TEST_NUMBER(ask(m, VIEW, NULL, true), 200);
	keep(&view);
	join(&other, (*next)++);
	cost = follow(m, VIEW, &view);
	buf_fini(&view.bytes);
	return cost;
}

static void a_join_costs_the_same_in_a_larger_mesh(void)
{
	const size_t one = sizeof(struct delta_head) + 2 * sizeof(struct delta_op) +
			   sizeof(struct state_peer) + STATE_NAME_SIZE;
	struct stand_machine m, other;
	uint32_t next = 5;
	size_t small;

	join(&m, next++);
	small = cost_of_join(&m, &next);
	while (next < 60)
		join(&other, next++);
	TEST_NUMBER(small, one);
	TEST_NUMBER(cost_of_join(&m, &next), one);
}

static void put_key(const struct stand_machine *m, const char *what, int byte)
{
	char path[160], body[96], text[64];
	uint8_t key[32];

	memset(key, byte, sizeof(key));
	sodium_bin2base64(text, sizeof(text), key, sizeof(key), sodium_base64_VARIANT_ORIGINAL);
	snprintf(path, sizeof(path), "/api/v1/memberships/%s/%s", m->membership, what);
	snprintf(body, sizeof(body), "{\"public_key\":\"%s\"}", text);
	TEST_NUMBER(stand_call(&api, m->token, "PUT", path, body), 204);
}

/* The next key is known; the next key is the key: one record each. */
static void a_rotation_costs_two_records(void)
{
	const size_t one =
		sizeof(struct delta_head) + sizeof(struct delta_op) + sizeof(struct state_peer);
	static const char *const steps[] = {"next-key", "public-key"};
	struct stand_machine m;
	struct had view;
	char path[160];

	join(&m, 61);
	TEST_NUMBER(ask(&m, VIEW, NULL, true), 200);
	keep(&view);
	snprintf(path, sizeof(path), "/api/v1/machines/%s/rotate-key", m.id);
	TEST_NUMBER(stand_call(&api, api.admin, "POST", path, NULL), 200);
	for (size_t i = 0; i < 2; i++) {
		put_key(&m, steps[i], 77);
		for (int n = 0; n < 500 && ask(&m, VIEW, view.etag, false) == 304; n++)
			usleep(10000);
		TEST_NUMBER(follow(&m, VIEW, &view), one);
	}
	buf_fini(&view.bytes);
}

TEST_SUITE_WITH(controller_delta, start, stop,
		{"what is new comes as steps", what_is_new_comes_as_steps},
		{"a join costs the same in a larger mesh", a_join_costs_the_same_in_a_larger_mesh},
		{"a rotation costs two records", a_rotation_costs_two_records});
