/* What a report takes out, and what it leaves. */
#include "cli/report/scrub.h"

#include <sodium.h>
#include <string.h>

#include "test/secrets.h"
#include "test/test.h"

/* In JSON, a configuration, a log; '#' is where asterisks must be. */
static void what_looks_like_a_secret_goes(void)
{
	static const struct {
		const char *text, *left;
	} rows[] = {
		{"token = skein-api.ABCDEFGHIJKLMNOPQRSTUVWX",
		 "token = skein-api.########################"},
		{"x skein-join.AAAAAAAAAAAAAAAAAAAA-_ y", "x skein-join.###################### y"},
		{"skein-machine.short is none", "skein-machine.short is none"},
		{"  password \"to the peer\";", "  password \"###########\";"},
		{"password 'x';", "password '#';"},
		{"{\"password\": \"abc\", \"n\": 1}", "{\"password\": \"###\", \"n\": 1}"},
		{"{\"text\": \"password \\\"abc\\\";\"}", "{\"text\": \"password \\\"###\\\";\"}"},
		{"PrivateKey = abcdef=\nPublicKey = abcdef=",
		 "PrivateKey = #######\nPublicKey = abcdef="},
		{"preshared_key=00ff", "preshared_key=####"},
		{"the password of somebody", "the password of somebody"},
		{"password", "password"},
		{"password \"", "password \""},
		{"-----BEGIN PRIVATE KEY-----\nAB\nCD\n-----END PRIVATE KEY-----\nx",
		 "-----BEGIN PRIVATE KEY-----\n##\n##\n-----END PRIVATE KEY-----\nx"},
		{"-----BEGIN EC PRIVATE KEY-----\nAB", "-----BEGIN EC PRIVATE KEY-----\n##"},
		{"-----BEGIN CERTIFICATE-----\nAB", "-----BEGIN CERTIFICATE-----\nAB"},
		{"", ""},
	};
	const struct scrub nothing = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200], want[200];
		bool changes = strcmp(rows[i].text, rows[i].left) != 0;

		snprintf(text, sizeof(text), "%s", rows[i].text);
		snprintf(want, sizeof(want), "%s", rows[i].left);
		for (char *c = want; *c != '\0'; c++)
			*c = *c == '#' ? '*' : *c;
		TEST_NUMBER(scrub_apply(&nothing, text, strlen(text)), changes ? 1 : 0);
		TEST_TEXT(text, want);
	}
}

/* Each form of a key, alone and in the middle; and what is nearly one stays. */
static void a_known_secret_goes_in_every_form(void)
{
	struct scrub s = {0};
	static const struct secret key = {"\x01\xff no chance, but all digits\xfb"};
	secret_vec known = {0};
	struct known_secret *k;

	scrub_add(&s, &key);
	secrets_add(&known, "a key", NULL, key.bytes);
	k = &known.at[0];
	CU_ASSERT(k->forms.n >= 4);
	for (size_t i = 0; i < k->forms.n; i++) {
		const struct secret_form *form = &k->forms.at[i];
		struct buf text, finds;

		buf_init(&text);
		buf_init(&finds);
		buf_puts(&text, "a log says <");
		buf_append(&text, form->bytes, form->len);
		buf_puts(&text, "> and <");
		buf_append(&text, form->bytes, form->len - 3);
		buf_puts(&text, ">");
		secrets_search(&known, "text", text.data, text.len, &finds);
		CU_ASSERT(finds.len > 0);
		buf_clear(&finds);
		TEST_NUMBER(scrub_apply(&s, text.data, text.len), 1);
		secrets_search(&known, "text", text.data, text.len, &finds);
		TEST_TEXT(buf_text(&finds), "");
		CU_ASSERT(memcmp(text.data, "a log says <*", 13) == 0);
		CU_ASSERT(text.data[text.len - 1] == '>' && text.data[text.len - 2] != '*');
		buf_fini(&text);
		buf_fini(&finds);
	}
	secrets_free(&known);
	scrub_fini(&s);
}

/* The signing key has 64 bytes, the second half of which is public. */
static void a_longer_key_goes_with_what_follows(void)
{
	struct scrub s = {0};
	struct secret seed;
	uint8_t both[64];
	char text[200], *at;

	secret_random(&seed);
	scrub_add(&s, &seed);
	memcpy(both, seed.bytes, 32);
	randombytes_buf(both + 32, 32);
	sodium_bin2base64(text, sizeof(text), both, sizeof(both), sodium_base64_VARIANT_ORIGINAL);
	TEST_NUMBER(scrub_apply(&s, text, strlen(text)), 1);
	for (at = text; *at == '*'; at++)
		continue;
	TEST_TEXT(at, "");
	scrub_fini(&s);
}

TEST_SUITE(cli_scrub, {"what looks like a secret goes", what_looks_like_a_secret_goes},
	   {"a known secret goes in every form", a_known_secret_goes_in_every_form},
	   {"a longer key goes with what follows", a_longer_key_goes_with_what_follows});
