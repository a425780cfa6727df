/* What the controller is told and tells in secret is in none of its files: tokens of people and
 * machines, secrets of join tokens. In one process with its client the heap is full of them. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "controller/keys.h"
#include "lib/base/file.h"
#include "test/secrets.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define ROUNDS 20
#define NOTE   "a note that is stored on purpose"

static struct stand api;
static secret_vec known;

/* ---- the search itself ---- */

static void a_secret_is_found_in_every_form(void)
{
	/* As a file of 32 bytes may be: with an end of line and a NUL early in it. */
	static const uint8_t key[32] = {7, '\n', 0, 0xfb, 0xff, 0xbf};
	static const char *const forms[] = {"bytes", "hex", "base64", "base64url"};
	char hay[300], want[80];
	secret_vec s = {0};
	struct fault f = {0};
	struct buf finds;

	memset(hay, 7, sizeof(hay));
	secrets_add(&s, "a key", NULL, key);
	buf_init(&finds);
	secrets_search(&s, "a heap", hay, sizeof(hay), &finds);
	TEST_TEXT(buf_text(&finds), "");
	TEST_NUMBER(s.at[0].forms.n, 4);
	for (size_t i = 0; i < s.at[0].forms.n; i++) {
		const struct secret_form *form = &s.at[0].forms.at[i];

		memset(hay, 7, sizeof(hay));
		memcpy(hay + 100, form->bytes, form->len);
		snprintf(want, sizeof(want), "a key, as %s, in a heap at offset 100\n", forms[i]);
		buf_clear(&finds);
		secrets_search(&s, "a heap", hay, sizeof(hay), &finds);
		TEST_TEXT(buf_text(&finds), want);
	}
	TEST_NUMBER(secrets_add_text(&s, "a scrap", NULL, "\7", &f), ERR_TRUNCATED);
	TEST_NUMBER(s.n, 1);
	buf_fini(&finds);
	secrets_free(&s);
}

static void a_secret_is_met_at_home_only(void)
{
	static const uint8_t key[32] = {1, 2, 3};
	secret_vec s = {0};
	struct buf finds;

	buf_init(&finds);
	secrets_add(&s, "a key", "home", key);
	secrets_list_unmet(&s, &finds);
	TEST_TEXT(buf_text(&finds), "a key was not found at home, in home\n");
	buf_clear(&finds);
	secrets_search(&s, "home", key, sizeof(key), &finds);
	secrets_list_unmet(&s, &finds);
	TEST_TEXT(buf_text(&finds), "");
	secrets_search(&s, "homes", key, sizeof(key), &finds);
	TEST_TEXT(buf_text(&finds), "a key, as bytes, in homes at offset 0\n");
	buf_fini(&finds);
	secrets_free(&s);
}

/* ---- the controller ---- */

static void know_token(enum token_kind kind, const char *what, const char *text)
{
	struct fault f = {0};

	if (secrets_add_token(&known, kind, what, NULL, text, &f) != 0)
		TEST_FAIL("%s", f.text);
}

/* Signing key and TLS key are where they are to be. */
static void know_keys(void)
{
	char path[300];
	struct buf bytes;
	struct fault f = {0};

	buf_init(&bytes);
	snprintf(path, sizeof(path), "%s/data/" KEYS_SIGNING, api.directory);
	if (file_read(path, 64, &bytes, &f) != 0 || bytes.len != 64)
		TEST_FAIL("%s", f.text);
	else
		secrets_add(&known, "the signing key", path, (const uint8_t *)bytes.data);
	buf_clear(&bytes);
	snprintf(path, sizeof(path), "%s/data/" KEYS_TLS, api.directory);
	if (file_read(path, 65536, &bytes, &f) != 0 ||
	    secrets_add_text(&known, "the TLS key", path, buf_text(&bytes), &f) != 0)
		TEST_FAIL("%s", f.text);
	buf_fini(&bytes);
}

static int start(void)
{
	return stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\",\"cidr\":\"10.1.0.0/16\"}")
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&api);
	secrets_free(&known);
	return 0;
}

/* A person gets a token and uses it. */
static void log_in(void)
{
	char token[TOKEN_SIZE];

	TEST_NUMBER(stand_call(&api, api.admin, "POST", "/api/v1/api-tokens",
			       "{\"role\":\"operator\",\"note\":\"" NOTE "\"}"),
		    201);
	snprintf(token, sizeof(token), "%s", stand_get(&api, "token"));
	know_token(TOKEN_API, "an operator's token", token);
	TEST_NUMBER(stand_call(&api, token, "GET", "/api/v1/meshes", NULL), 200);
	TEST_NUMBER(stand_call(&api, token, "GET", "/api/v1/audit", NULL), 200);
}

/* Its key, and a report, as an agent's. */
static void speak(const struct stand_machine *m)
{
	char body[512];

	TEST_NUMBER(stand_put_key(&api, m, NULL), 204);
	snprintf(body, sizeof(body),
		 "{\"boot_id\":\"b\",\"run\":\"1\",\"networks\":[\"192.168.7.0/24\"],"
		 "\"memberships\":[{\"id\":\"%s\",\"applied_view\":\"1\","
		 "\"applied_membership\":\"1\",\"error\":\"none\",\"announced\":[]}]}",
		 m->membership);
	TEST_NUMBER(stand_call(&api, m->token, "POST", "/api/v1/mesh/report", body), 204);
}

/* A machine joins, and joins again: the token of before is void, and a secret still. */
static void join(unsigned round)
{
	char name[32], token[2048];
	struct stand_machine m;

	snprintf(name, sizeof(name), "m%u", round);
	snprintf(token, sizeof(token), "%s", stand_join_token(&api, api.admin, NULL));
	know_token(TOKEN_JOIN, "a join token", token);
	stand_machine_new(&m, name);
	secrets_add(&known, "the identity of a machine", NULL, m.key);
	for (int i = 0; i < 2; i++) {
		TEST_NUMBER(stand_enroll(&api, &m, token, NULL), 201);
		know_token(TOKEN_MACHINE, "a machine's token", m.token);
		speak(&m);
	}
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/meshes", NULL), 403);
}

static void expect_no_secret(struct buf *finds)
{
	size_t files = secrets_search_tree(&known, "", api.directory, finds);

	CU_ASSERT(files >= 4);
	secrets_list_unmet(&known, finds);
	TEST_TEXT(buf_text(finds), "");
	buf_clear(finds);
}

static void no_secret_is_in_a_file(void)
{
	struct fault f = {0};
	secret_vec note = {0};
	struct buf finds;

	know_token(TOKEN_API, "the administrator's token", api.admin);
	know_keys();
	for (unsigned i = 0; i < ROUNDS; i++) {
		log_in();
		join(i);
	}
	buf_init(&finds);
	expect_no_secret(&finds);
	/* What is stored is found, in the database or its log. */
	TEST_NUMBER(secrets_add_text(&note, "the note", NULL, NOTE, &f), 0);
	secrets_search_tree(&note, "", api.directory, &finds);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&finds), "controller.db"));
	buf_clear(&finds);
	/* The log goes into the database when the controller ends. */
	CU_ASSERT_TRUE(stand_restart(&api));
	expect_no_secret(&finds);
	secrets_search_tree(&note, "", api.directory, &finds);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&finds), "controller.db at"));
	buf_fini(&finds);
	secrets_free(&note);
}

TEST_SUITE_WITH(controller_secrets, start, stop,
		{"a secret is found in every form", a_secret_is_found_in_every_form},
		{"a secret is met at home only", a_secret_is_met_at_home_only},
		{"no secret is in a file", no_secret_is_in_a_file});
