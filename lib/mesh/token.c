#include "lib/mesh/token.h"

#include <sodium.h>
#include <string.h>

static const char *const prefixes[] = {
	[TOKEN_API] = "skein-api.",
	[TOKEN_MACHINE] = "skein-machine.",
	[TOKEN_JOIN] = "skein-join.",
};

static const char *const names[] = {
	[TOKEN_API] = "an API token",
	[TOKEN_MACHINE] = "a machine token",
	[TOKEN_JOIN] = "a join token",
};

const char *token_prefix(enum token_kind kind)
{
	return prefixes[kind];
}

/* Says what the text is instead, without quoting any of it. */
static int wrong_kind(enum token_kind want, const char *text, struct fault *f)
{
	for (size_t k = 0; k < sizeof(prefixes) / sizeof(prefixes[0]); k++)
		if (strncmp(text, prefixes[k], strlen(prefixes[k])) == 0)
			return fault_set(f, ERR_MISMATCH,
					 "this is %s; want %s, which begins with %s", names[k],
					 names[want], prefixes[want]);
	return fault_set(f, ERR_INVALID, "this is no token; want %s, which begins with %s",
			 names[want], prefixes[want]);
}

int token_payload(enum token_kind kind, const char *text, const char **payload, size_t *len,
		  struct fault *f)
{
	static const char space[] = " \t\r\n";
	size_t size;

	text += strspn(text, space);
	size = strlen(text);
	while (size > 0 && strchr(space, text[size - 1]) != NULL)
		size--;
	if (size == 0)
		return fault_set(f, ERR_INVALID, "the token is empty; want %s", names[kind]);
	if (size > TOKEN_TEXT_MAX)
		return fault_set(f, ERR_TOO_LARGE, "the token is longer than %d characters",
				 TOKEN_TEXT_MAX);
	if (strncmp(text, prefixes[kind], strlen(prefixes[kind])) != 0)
		return wrong_kind(kind, text, f);
	*payload = text + strlen(prefixes[kind]);
	*len = size - strlen(prefixes[kind]);
	return 0;
}

void token_format(enum token_kind kind, const struct secret *s, struct buf *out)
{
	char text[TOKEN_SECRET_TEXT_MAX];

	sodium_bin2base64(text, sizeof(text), s->bytes, sizeof(s->bytes),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buf_puts(out, prefixes[kind]);
	buf_puts(out, text);
	sodium_memzero(text, sizeof(text));
}

int token_parse(enum token_kind kind, const char *text, struct secret *out, struct fault *f)
{
	const char *payload = NULL;
	size_t len = 0, got = 0;
	int code = token_payload(kind, text, &payload, &len, f);

	if (code != 0)
		return code;
	if (len < TOKEN_SECRET_TEXT_MAX - 1)
		return fault_set(f, ERR_TRUNCATED,
				 "the token is cut off: want %d characters behind %s",
				 TOKEN_SECRET_TEXT_MAX - 1, prefixes[kind]);
	if (sodium_base642bin(out->bytes, sizeof(out->bytes), payload, len, NULL, &got, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    got != sizeof(out->bytes)) {
		secret_wipe(out);
		return fault_set(
			f, ERR_INVALID,
			"the token is damaged: want %d letters, digits, '-' or '_' behind %s",
			TOKEN_SECRET_TEXT_MAX - 1, prefixes[kind]);
	}
	return 0;
}

void token_digest(const struct secret *s, struct digest *out)
{
	digest_of(s->bytes, sizeof(s->bytes), out);
}
