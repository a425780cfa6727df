#include "cli/report/scrub.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "lib/base/hash.h"

#define STAR	  '*'
#define BASE64	  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
#define HEX	  "0123456789abcdefABCDEF"
/* The last digit of 32 bytes has bits of what follows them, where something does. */
#define BASE64_DIGITS 42

#define N(array) (sizeof(array) / sizeof(array)[0])

/* ---- what is known ---- */

static void add_form(struct scrub *s, const void *bytes, size_t len, const char *tail)
{
	uint8_t *copy = mem_alloc(len);

	memcpy(copy, bytes, len);
	vec_push(&s->forms, (struct scrub_form){copy, len, tail});
}

void scrub_add(struct scrub *s, const struct secret *secret)
{
	static const struct {
		int variant;
		const char *tail;
	} base64[] = {{sodium_base64_VARIANT_ORIGINAL, BASE64},
		      {sodium_base64_VARIANT_URLSAFE, BASE64URL}};
	char text[DIGEST_TEXT_MAX];

	add_form(s, secret->bytes, sizeof(secret->bytes), "");
	sodium_bin2hex(text, sizeof(text), secret->bytes, sizeof(secret->bytes));
	add_form(s, text, strlen(text), HEX);
	for (char *c = text; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	add_form(s, text, strlen(text), HEX);
	for (size_t i = 0; i < N(base64); i++) {
		sodium_bin2base64(text, sizeof(text), secret->bytes, sizeof(secret->bytes),
				  base64[i].variant);
		add_form(s, text, BASE64_DIGITS, base64[i].tail);
	}
	sodium_memzero(text, sizeof(text));
}

void scrub_fini(struct scrub *s)
{
	for (size_t i = 0; i < s->forms.n; i++) {
		sodium_memzero(s->forms.at[i].bytes, s->forms.at[i].len);
		free(s->forms.at[i].bytes);
	}
	vec_free(&s->forms);
}

/* How many bytes from `at` on are of this alphabet. */
static size_t count(const char *at, const char *end, const char *alphabet)
{
	size_t n = 0;

	while (at + n < end && at[n] != '\0' && strchr(alphabet, at[n]) != NULL)
		n++;
	return n;
}

static size_t remove_known(const struct scrub_form *form, char *text, char *end)
{
	size_t n = 0, len;

	while (text < end &&
	       (text = memmem(text, (size_t)(end - text), form->bytes, form->len)) != NULL) {
		len = form->len + count(text + form->len, end, form->tail);
		memset(text, STAR, len);
		text += len;
		n++;
	}
	return n;
}

/* ---- what looks like one ---- */

/* The value that begins behind a word; its length, 0: there is none. */
typedef size_t find_value(const char *at, const char *end, const char **value);

static size_t find_token(const char *at, const char *end, const char **value)
{
	size_t len = count(at, end, BASE64URL);

	*value = at;
	return len >= 16 ? len : 0;
}

/* password "…", password: …, "password": "…", password = …; in JSON's quotes too. Prose that
 * speaks of a password has none of these signs. */
static size_t find_assigned(const char *at, const char *end, const char **value)
{
	size_t skipped = count(at, end, " \t\\\"'=:"), len = 0;
	bool assigned = false;
	char quote = '\0';

	for (size_t i = 0; i < skipped; i++) {
		assigned |= strchr("\"'=:", at[i]) != NULL;
		quote = at[i] == '"' || at[i] == '\'' ? at[i] : '\0';
	}
	at += skipped;
	*value = at;
	while (assigned && at + len < end && at[len] != '\n' && at[len] != '\\' &&
	       (quote != '\0' ? at[len] != quote : strchr(" \t\r;,\"'", at[len]) == NULL))
		len++;
	return len;
}

/* Of a private key, up to the line that ends it, or to the end of what was cut off. */
static size_t find_pem(const char *at, const char *end, const char **value)
{
	static const char kind[] = "PRIVATE KEY-----";
	const char *line = memchr(at, '\n', (size_t)(end - at)), *stop;

	if (line == NULL || memmem(at, (size_t)(line - at), kind, strlen(kind)) == NULL)
		return 0;
	stop = memmem(line, (size_t)(end - line), "-----END", strlen("-----END"));
	*value = line;
	return (size_t)((stop != NULL ? stop : end) - line);
}

static const struct pattern {
	const char *word; /* in lower case */
	find_value *find;
} patterns[] = {
	{"skein-api.", find_token},	  {"skein-machine.", find_token},
	{"skein-join.", find_token},	  {"password", find_assigned},
	{"passphrase", find_assigned},	  {"privatekey", find_assigned},
	{"private_key", find_assigned},	  {"presharedkey", find_assigned},
	{"preshared_key", find_assigned}, {"-----begin ", find_pem},
};

static bool begins_with(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && strncasecmp(at, word, len) == 0;
}

static size_t remove_pattern(const struct pattern *p, char *text, const char *end)
{
	const char *value = NULL;
	size_t n = 0, len;

	for (char *at = text; at < end; at++) {
		if (tolower((unsigned char)*at) != p->word[0] || !begins_with(at, end, p->word))
			continue;
		at += strlen(p->word) - 1;
		len = p->find(at + 1, end, &value);
		for (size_t i = 0; i < len; i++)
			if (value[i] != '\n')
				text[value - text + (ptrdiff_t)i] = STAR;
		n += len > 0;
	}
	return n;
}

size_t scrub_apply(const struct scrub *s, char *text, size_t len)
{
	size_t n = 0;

	if (len == 0)
		return 0;
	for (size_t i = 0; i < s->forms.n; i++)
		n += remove_known(&s->forms.at[i], text, text + len);
	for (size_t i = 0; i < N(patterns); i++)
		n += remove_pattern(&patterns[i], text, text + len);
	return n;
}
