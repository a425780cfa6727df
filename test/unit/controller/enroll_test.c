/* A machine's way in, and what it gets: POST /enroll, GET /machine, images. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "lib/mesh/state.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

static struct stand api;

static int start(void)
{
	return stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\",\"cidr\":\"10.1.0.0/29\"}")
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

static void a_machine_joins(void)
{
	struct stand_machine m, other;
	char token[2048], first[TOKEN_SIZE];

	snprintf(token, sizeof(token), "%s", stand_join_token(&api, api.admin, NULL));
	stand_machine_new(&m, "web");
	TEST_NUMBER(stand_enroll(&api, &m, token, "\"192.168.7.0/24\",\"fd00::/64\""), 201);
	TEST_TEXT(stand_get(&api, "machine.name"), "web");
	TEST_TEXT(stand_get(&api, "memberships.0.address"), "10.1.0.1");
	TEST_TEXT(stand_get(&api, "memberships.0.base_port"), "51820");
	TEST_TEXT(stand_get(&api, "memberships.0.mesh_name"), "prod");

	/* The answer was lost: the same machine, a new token, the old one is void. */
	snprintf(first, sizeof(first), "%s", m.token);
	snprintf(other.id, sizeof(other.id), "%s", m.id);
	TEST_NUMBER(stand_enroll(&api, &m, token, NULL), 201);
	TEST_TEXT(m.id, other.id);
	TEST_NUMBER(stand_call(&api, first, "GET", "/api/v1/machine", NULL), 401);
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/machine", NULL), 200);

	/* One use, and somebody else. */
	stand_machine_new(&other, "web");
	TEST_NUMBER(stand_enroll(&api, &other, token, NULL), 403);
	TEST_TEXT(stand_problem(&api), "used-up");

	/* A name that is taken. */
	TEST_NUMBER(stand_enroll(&api, &other, stand_join_token(&api, api.admin, NULL), NULL), 201);
	TEST_TEXT(stand_get(&api, "machine.name"), "web-2");
	TEST_TEXT(stand_get(&api, "memberships.0.address"), "10.1.0.2");
	TEST_NUMBER(stand_call(&api, other.token, "DELETE", "/api/v1/machine", NULL), 204);
	TEST_NUMBER(stand_call(&api, other.token, "GET", "/api/v1/machine", NULL), 401);
	TEST_NUMBER(stand_call(&api, m.token, "DELETE", "/api/v1/machine", NULL), 204);
}

/* The token says it; the audit has that it was used so. */
static void an_appliances_token_makes_a_gateway(void)
{
	struct stand_machine gateway, member;

	stand_machine_new(&gateway, "appliance");
	TEST_NUMBER(stand_enroll(&api, &gateway,
				 stand_join_token(&api, api.admin, "{\"gateway\":true}"), NULL),
		    201);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/audit?limit=1", NULL), 200);
	TEST_TEXT(stand_get(&api, "items.0.action"), "machine.enroll");
	CU_ASSERT(strlen(stand_get(&api, "items.0.after.gateway_of")) == 36);
	stand_machine_new(&member, "plain");
	TEST_NUMBER(stand_enroll(&api, &member, stand_join_token(&api, api.admin, NULL), NULL),
		    201);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/audit?limit=1", NULL), 200);
	TEST_TEXT(stand_get(&api, "items.0.after.gateway_of"), "null");
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/memberships", NULL), 200);
	TEST_TEXT(stand_get(&api, "items.0.role"), "gateway");
	TEST_TEXT(stand_get(&api, "items.0.slot"), "1");
	TEST_TEXT(stand_get(&api, "items.1.role"), "member");
	TEST_NUMBER(stand_call(&api, gateway.token, "DELETE", "/api/v1/machine", NULL), 204);
	TEST_NUMBER(stand_call(&api, member.token, "DELETE", "/api/v1/machine", NULL), 204);
}

static long machines(void)
{
	stand_call(&api, api.admin, "GET", "/api/v1/machines", NULL);
	return (long)json_array_size(json_object_get(api.json, "items"));
}

static void a_bad_join_token_makes_nothing(void)
{
	struct stand_machine m;
	char path[128];
	long before = machines();

	stand_machine_new(&m, "bad");
	/* revoked */
	stand_join_token(&api, api.admin, NULL);
	snprintf(path, sizeof(path), "/api/v1/join-tokens/%s/revoke", stand_get(&api, "id"));
	{
		char token[2048];

		snprintf(token, sizeof(token), "%s", stand_get(&api, "token"));
		TEST_NUMBER(stand_call(&api, api.admin, "POST", path, NULL), 200);
		TEST_NUMBER(stand_enroll(&api, &m, token, NULL), 403);
		TEST_TEXT(stand_problem(&api), "revoked");
	}
	/* expired */
	{
		char token[2048];

		snprintf(token, sizeof(token), "%s",
			 stand_join_token(&api, api.admin, "{\"expires_in\":1}"));
		for (int i = 0; i < 300 && stand_enroll(&api, &m, token, "\"10.1.0.0/16\"") == 409;
		     i++)
			usleep(10000);
		TEST_NUMBER(api.status, 403);
		TEST_TEXT(stand_problem(&api), "expired");
	}
	/* another controller's: well formed, and unknown here */
	{
		struct join_token t = {.nurls = 1};
		struct buf text;

		snprintf(t.urls[0], sizeof(t.urls[0]), "https://elsewhere:8443");
		secret_random(&t.secret);
		buf_init(&text);
		join_token_format(&t, &text);
		TEST_NUMBER(stand_enroll(&api, &m, buf_text(&text), NULL), 401);
		TEST_TEXT(stand_problem(&api), "auth");
		buf_fini(&text);
	}
	/* a signature of somebody else */
	{
		struct stand_machine thief;

		stand_machine_new(&thief, "thief");
		memcpy(thief.identity, m.identity, sizeof(thief.identity));
		TEST_NUMBER(
			stand_enroll(&api, &thief, stand_join_token(&api, api.admin, NULL), NULL),
			403);
		TEST_TEXT(stand_problem(&api), "signature");
	}
	/* a name that is none */
	{
		struct stand_machine odd;

		stand_machine_new(&odd, "Not a Name");
		TEST_NUMBER(stand_enroll(&api, &odd, stand_join_token(&api, api.admin, NULL), NULL),
			    400);
	}
	TEST_NUMBER(machines(), before);
}

static void an_overlap_is_refused_with_both_named(void)
{
	struct stand_machine m;
	char token[2048];

	snprintf(token, sizeof(token), "%s", stand_join_token(&api, api.admin, NULL));
	stand_machine_new(&m, "overlapping");
	TEST_NUMBER(stand_enroll(&api, &m, token, "\"10.0.0.0/8\""), 409);
	TEST_TEXT(stand_problem(&api), "overlap");
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&api, "detail"), "10.0.0.0/8"));
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&api, "detail"), "10.1.0.0/29"));
	/* Nothing was made: the token still has its one use. */
	TEST_NUMBER(stand_enroll(&api, &m, token, "\"192.168.0.0/16\""), 201);
	TEST_NUMBER(stand_call(&api, m.token, "DELETE", "/api/v1/machine", NULL), 204);
}

static void a_full_mesh_says_so(void)
{
	struct stand_machine m[7];
	char token[2048];
	long last = 0;

	snprintf(token, sizeof(token), "%s", stand_join_token(&api, api.admin, "{\"max_uses\":0}"));
	for (int i = 0; i < 7; i++) {
		stand_machine_new(&m[i], "many");
		last = stand_enroll(&api, &m[i], token, NULL);
		if (last != 201)
			break;
	}
	TEST_NUMBER(last, 409);
	TEST_TEXT(stand_problem(&api), "exhausted");
	for (int i = 0; i < 7 && m[i].token[0] != '\0'; i++)
		stand_call(&api, m[i].token, "DELETE", "/api/v1/machine", NULL);
}

/* ---- images ---- */

static void put_key(struct stand_machine *m, int seed)
{
	uint8_t key[32];

	memset(key, seed, sizeof(key));
	TEST_NUMBER(stand_put_key(&api, m, key), 204);
}

static void the_images_are_signed_and_keep_their_revision(void)
{
	struct state_image image;
	struct state_expect expect = {.kind = STATE_KIND_VIEW};
	struct stand_machine m;
	struct fault f = {0};
	char etag[96], revision[64], header[128];
	struct stand_request again = {
		.method = "GET", .path = "/api/v1/mesh/config?image=view", .headers = {header}};

	TEST_NUMBER(stand_call(&api, api.admin, "POST", "/api/v1/meshes",
			       "{\"name\":\"images\",\"cidr\":\"10.2.0.0/24\",\"default\":true}"),
		    201);
	stand_machine_new(&m, "imaged");
	TEST_NUMBER(stand_enroll(&api, &m, stand_join_token(&api, api.admin, NULL), NULL), 201);
	put_key(&m, 7);
	CU_ASSERT_TRUE(stand_wait_peer(&api, &m, 1));
	CU_ASSERT_TRUE(stand_wait_rendered(&api, &m));
	TEST_TEXT(stand_get(&api, "memberships.0.needs_key"), "false");
	snprintf(revision, sizeof(revision), "%s", stand_get(&api, "revision"));

	expect.signer = keys_signer(&api.controller->keys);
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/config?image=view", NULL), 200);
	TEST_TEXT(api.type, "application/octet-stream");
	TEST_NUMBER(state_open(&image, api.body.data, api.body.len, &expect, &f), 0);
	snprintf(etag, sizeof(etag), "%s", api.etag);
	expect.kind = STATE_KIND_MEMBERSHIP;
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/config?image=membership", NULL),
		    200);
	TEST_NUMBER(state_open(&image, api.body.data, api.body.len, &expect, &f), 0);
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/bird?part=text", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&api.body), "templates.conf"));
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/bird?part=templates", NULL),
		    200);
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/config?image=no", NULL), 400);

	/* The same body keeps its revision, also across a restart. */
	CU_ASSERT_TRUE(stand_restart(&api));
	CU_ASSERT_TRUE(stand_wait_rendered(&api, &m));
	TEST_TEXT(stand_get(&api, "revision"), revision);
	snprintf(header, sizeof(header), "If-None-Match: %s", etag);
	again.token = m.token;
	TEST_NUMBER(stand_send(&api, &again), 304);
	TEST_NUMBER((long long)api.body.len, 0);
}

/* Without a gap, until one of them goes: then there is a free one all the same. */
static void many_of_one_name_are_numbered(void)
{
	const char *token = stand_join_token(&api, api.admin, "{\"max_uses\":0}");
	char *kept = mem_strdup(token), want[32], path[160];
	struct stand_machine m, third = {0};

	for (int i = 1; i <= 20; i++) {
		stand_machine_new(&m, "clone");
		TEST_NUMBER(stand_enroll(&api, &m, kept, NULL), 201);
		snprintf(want, sizeof(want), i > 1 ? "clone-%d" : "clone", i);
		TEST_TEXT(stand_get(&api, "machine.name"), want);
		if (i == 3)
			third = m;
	}
	snprintf(path, sizeof(path), "/api/v1/machines/%s", third.id);
	TEST_NUMBER(stand_call(&api, api.admin, "DELETE", path, NULL), 204);
	stand_machine_new(&m, "clone");
	TEST_NUMBER(stand_enroll(&api, &m, kept, NULL), 201);
	free(kept);
}

TEST_SUITE_WITH(controller_enroll, start, stop, {"a machine joins", a_machine_joins},
		{"an appliance's token makes a gateway", an_appliances_token_makes_a_gateway},
		{"a bad join token makes nothing", a_bad_join_token_makes_nothing},
		{"an overlap is refused with both named", an_overlap_is_refused_with_both_named},
		{"a full mesh says so", a_full_mesh_says_so},
		{"the images are signed and keep their revision",
		 the_images_are_signed_and_keep_their_revision},
		{"many of one name are numbered", many_of_one_name_are_numbered});
