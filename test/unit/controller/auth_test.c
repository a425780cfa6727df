#include "controller/http/auth.h"

#include <stdio.h>
#include <string.h>

#include "test/test.h"

static struct credential credential(enum token_kind kind, row_t row, struct secret *secret)
{
	struct credential c = {.kind = kind, .who = {.token = row, .organization = row}};

	c.who.role = kind == TOKEN_MACHINE ? ROLE_MACHINE : ROLE_OPERATOR;
	secret_random(secret);
	token_digest(secret, &c.secret);
	return c;
}

static int check(struct auth *a, enum token_kind kind, const struct secret *s, row_t *row)
{
	struct principal who = {0};
	struct buf header;
	int code;

	buf_init(&header);
	buf_puts(&header, "Bearer ");
	token_format(kind, s, &header);
	code = auth_check(a, buf_text(&header), (struct wall){1000}, &who, NULL);
	*row = who.token;
	buf_fini(&header);
	return code;
}

static void a_token_finds_its_principal(void)
{
	struct auth *a = auth_new();
	struct secret secrets[50];
	row_t row;

	for (int i = 0; i < 50; i++) {
		struct credential c =
			credential(i % 2 ? TOKEN_API : TOKEN_MACHINE, i + 1, &secrets[i]);

		auth_set(a, &c);
	}
	for (int i = 0; i < 50; i++) {
		TEST_NUMBER(check(a, i % 2 ? TOKEN_API : TOKEN_MACHINE, &secrets[i], &row), 0);
		TEST_NUMBER(row, i + 1);
		/* the same secret under another name is another token */
		TEST_NUMBER(check(a, i % 2 ? TOKEN_MACHINE : TOKEN_API, &secrets[i], &row),
			    ERR_AUTH);
	}
	auth_free(a);
}

static void a_new_token_takes_the_place_of_the_old(void)
{
	struct auth *a = auth_new();
	struct secret first, second;
	struct credential c = credential(TOKEN_MACHINE, 7, &first);
	row_t row;

	auth_set(a, &c);
	c = credential(TOKEN_MACHINE, 7, &second);
	auth_set(a, &c);
	TEST_NUMBER(check(a, TOKEN_MACHINE, &first, &row), ERR_AUTH);
	TEST_NUMBER(check(a, TOKEN_MACHINE, &second, &row), 0);
	auth_remove(a, TOKEN_API, 7);
	TEST_NUMBER(check(a, TOKEN_MACHINE, &second, &row), 0);
	auth_remove(a, TOKEN_MACHINE, 7);
	TEST_NUMBER(check(a, TOKEN_MACHINE, &second, &row), ERR_AUTH);
	auth_free(a);
}

static void expiry_and_revocation(void)
{
	struct auth *a = auth_new();
	struct secret s;
	struct credential c = credential(TOKEN_API, 1, &s);
	row_t row;

	c.expires_at.ms = 1000;
	auth_set(a, &c);
	TEST_NUMBER(check(a, TOKEN_API, &s, &row), ERR_EXPIRED);
	c.expires_at.ms = 1001;
	auth_set(a, &c);
	TEST_NUMBER(check(a, TOKEN_API, &s, &row), 0);
	c.revoked = true;
	auth_set(a, &c);
	TEST_NUMBER(check(a, TOKEN_API, &s, &row), ERR_REVOKED);
	auth_remove_organization(a, 2);
	TEST_NUMBER(check(a, TOKEN_API, &s, &row), ERR_REVOKED);
	auth_remove_organization(a, 1);
	TEST_NUMBER(check(a, TOKEN_API, &s, &row), ERR_AUTH);
	auth_free(a);
}

static void headers_that_are_none(void)
{
	static const char *const headers[] = {
		NULL,
		"",
		"Bearer",
		"Bearer ",
		"Basic dTpw",
		"Bearer skein-api.",
		"Bearer skein-api.AAAA",
		"Bearer skein-join.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	struct auth *a = auth_new();
	struct principal who;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		TEST_NUMBER(auth_check(a, headers[i], wall_now(), &who, NULL), ERR_AUTH);
	auth_free(a);
}

static void roles_permit(void)
{
	static const enum role roles[] = {ROLE_NONE, ROLE_MACHINE, ROLE_VIEWER, ROLE_OPERATOR,
					  ROLE_ADMIN};
	/* who asks, by row; what is asked for, by column */
	static const char *const want[] = {"10000", "11000", "10100", "10110", "10111"};

	for (int who = 0; who < 5; who++)
		for (int least = 0; least < 5; least++)
			TEST_NUMBER(auth_permits(roles[who], roles[least]),
				    want[who][least] == '1');
}

TEST_SUITE(controller_auth, {"a token finds its principal", a_token_finds_its_principal},
	   {"a new token takes the place of the old", a_new_token_takes_the_place_of_the_old},
	   {"expiry and revocation", expiry_and_revocation},
	   {"headers that are none", headers_that_are_none}, {"roles permit", roles_permit});
