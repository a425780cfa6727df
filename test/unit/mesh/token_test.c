#include "lib/mesh/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/mesh/pin.h"
#include "test/test.h"

static struct join_token example(void)
{
	struct join_token t = {.urls = {"https://mesh.example.net:8443", "https://192.0.2.1:8443"},
			       .nurls = 2};

	secret_random(&t.secret);
	randombytes_buf(t.pin, sizeof(t.pin));
	return t;
}

static char *text_of(const struct join_token *t)
{
	struct buf b;

	buf_init(&b);
	join_token_format(t, &b);
	return buf_take(&b);
}

static void simple_tokens_come_back(void)
{
	static const enum token_kind kinds[] = {TOKEN_API, TOKEN_MACHINE};
	struct secret s, back;
	struct digest one, two;

	secret_random(&s);
	for (size_t i = 0; i < 2; i++) {
		struct buf b;

		buf_init(&b);
		buf_puts(&b, " \n");
		token_format(kinds[i], &s, &b);
		TEST_NUMBER(b.len, 2 + strlen(token_prefix(kinds[i])) + 43);
		buf_puts(&b, "\r\n");
		TEST_NUMBER(token_parse(kinds[i], b.data, &back, NULL), 0);
		CU_ASSERT(secret_equal(&s, &back));
		TEST_NUMBER(token_parse(kinds[1 - i], b.data, &back, NULL), ERR_MISMATCH);
		buf_fini(&b);
	}
	token_digest(&s, &one);
	token_digest(&s, &two);
	CU_ASSERT(digest_equal(&one, &two));
	CU_ASSERT_NOT_EQUAL(memcmp(one.bytes, s.bytes, SECRET_SIZE), 0);
}

static void simple_tokens_are_exact(void)
{
#define GOOD "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"skein-api." GOOD, 0},
		{"", ERR_INVALID},
		{" \n", ERR_INVALID},
		{"skein-api.", ERR_TRUNCATED},
		{"skein-api.AAAA", ERR_TRUNCATED},
		{"skein-api." GOOD "A", ERR_INVALID},
		{"skein-api." GOOD "=", ERR_INVALID},
		{"skein-api.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+", ERR_INVALID},
		{"skein-api.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", ERR_INVALID},
		{"skein-join." GOOD, ERR_MISMATCH},
		{"hunter2", ERR_INVALID},
		{GOOD, ERR_INVALID},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		struct secret s;

		TEST_NUMBER(token_parse(TOKEN_API, rows[i].text, &s, &f), rows[i].code);
		CU_ASSERT_PTR_NULL(strstr(f.text, "hunter"));
		CU_ASSERT_PTR_NULL(strstr(f.text, "AAAA"));
	}
}

static void join_tokens_come_back(void)
{
	struct join_token t = example(), back;
	char *text = text_of(&t), padded[TOKEN_TEXT_MAX + 8];

	snprintf(padded, sizeof(padded), "\n\t %s \n", text);
	TEST_NUMBER(join_token_parse(padded, &back, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(&t, &back, sizeof(t)), 0);
	free(text);
	memset(t.pin, 0, sizeof(t.pin));
	text = text_of(&t);
	TEST_NUMBER(join_token_parse(text, &back, NULL), 0);
	CU_ASSERT(pin_is_zero(back.pin));
	free(text);
}

static void the_largest_join_token_fits(void)
{
	struct join_token t = example(), back;
	char *text;

	t.nurls = TOKEN_URLS_MAX;
	for (size_t i = 0; i < t.nurls; i++) {
		memset(t.urls[i], 'a', TOKEN_URL_MAX);
		memcpy(t.urls[i], "https://", 8);
	}
	text = text_of(&t);
	CU_ASSERT(strlen(text) <= TOKEN_TEXT_MAX);
	TEST_NUMBER(join_token_parse(text, &back, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(&t, &back, sizeof(t)), 0);
	free(text);
}

static void a_cut_join_token_is_called_cut(void)
{
	struct join_token t = example(), back;
	char *text = text_of(&t);
	size_t start = strlen("skein-join.");

	for (size_t len = strlen(text) - 1; len > start; len--) {
		int code;

		text[len] = '\0';
		code = join_token_parse(text, &back, NULL);
		if (code != ERR_TRUNCATED)
			TEST_FAIL("cut to %zu: %s", len, error_name(code));
		CU_ASSERT(sodium_is_zero(back.secret.bytes, SECRET_SIZE));
	}
	free(text);
}

static void a_mistyped_join_token_is_refused(void)
{
	struct join_token t = example(), back;
	char *text = text_of(&t);

	for (size_t i = strlen("skein-join."); text[i] != '\0'; i++) {
		char old = text[i];

		text[i] = old == 'A' ? 'B' : 'A';
		if (join_token_parse(text, &back, NULL) == 0)
			TEST_FAIL("accepted with character %zu changed", i);
		text[i] = '!';
		TEST_NUMBER(join_token_parse(text, &back, NULL), ERR_INVALID);
		text[i] = old;
	}
	free(text);
	TEST_NUMBER(join_token_parse("skein-api.AAAA", &back, NULL), ERR_MISMATCH);
	TEST_NUMBER(join_token_parse("skein-join.", &back, NULL), ERR_TRUNCATED);
}

/* Whole, with its checksum, and yet not to be used. */
static void what_a_join_token_says_is_checked(void)
{
	static const char *const urls[] = {
		"", "http://a", "https://", "https://a b", "https://a\n", "ftp://a"};
	struct join_token t = example(), back;
	char *text;

	t.nurls = 1;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(t.urls[0], sizeof(t.urls[0]), "%s", urls[i]);
		text = text_of(&t);
		TEST_NUMBER(join_token_parse(text, &back, NULL), ERR_INVALID);
		free(text);
	}
	t.nurls = 0;
	text = text_of(&t);
	TEST_NUMBER(join_token_parse(text, &back, NULL), ERR_INVALID);
	free(text);
}

/* The payload of a later version: whole, and refused for its version. */
static void a_newer_join_token_is_told(void)
{
	uint8_t payload[71] = {2, 1, 0};
	char text[TOKEN_TEXT_MAX] = "skein-join.";
	struct join_token back;
	struct digest sum;

	digest_of(payload, sizeof(payload) - 4, &sum);
	memcpy(payload + sizeof(payload) - 4, sum.bytes, 4);
	sodium_bin2base64(text + strlen(text), sizeof(text) - strlen(text), payload,
			  sizeof(payload), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	TEST_NUMBER(join_token_parse(text, &back, NULL), ERR_UNSUPPORTED);
}

static void pins_come_back(void)
{
	static const char *const bad[] = {"",
					  "sha256//",
					  "sha256//AAAA",
					  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
					  "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					  "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=A"};
	uint8_t pin[PIN_SIZE], back[PIN_SIZE];
	char text[PIN_TEXT_MAX];

	randombytes_buf(pin, sizeof(pin));
	TEST_NUMBER(strlen(pin_format(pin, text)), PIN_TEXT_MAX - 1);
	TEST_NUMBER(pin_parse(text, back, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(pin, back, PIN_SIZE), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		TEST_NUMBER(pin_parse(bad[i], back, NULL), ERR_INVALID);
}

TEST_SUITE(mesh_token, {"simple tokens come back", simple_tokens_come_back},
	   {"simple tokens are exact", simple_tokens_are_exact},
	   {"join tokens come back", join_tokens_come_back},
	   {"the largest join token fits", the_largest_join_token_fits},
	   {"a cut join token is called cut", a_cut_join_token_is_called_cut},
	   {"a mistyped join token is refused", a_mistyped_join_token_is_refused},
	   {"what a join token says is checked", what_a_join_token_says_is_checked},
	   {"a newer join token is told", a_newer_join_token_is_told},
	   {"pins come back", pins_come_back});
