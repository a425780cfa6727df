/* The join token's payload (token.h has the layout). Its last four bytes are a checksum: a typing
 * mistake is found here, before anything is asked of a controller. */
#include <sodium.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/mesh/pin.h"
#include "lib/mesh/token.h"

#define VERSION	      1
#define CHECKSUM_SIZE 4
#define FIXED_SIZE    (3 + 32 + SECRET_SIZE)
#define PAYLOAD_MAX   (FIXED_SIZE + TOKEN_URLS_MAX * (1 + TOKEN_URL_MAX) + CHECKSUM_SIZE)
#define SCHEME	      "https://"

#define CUT_OFF "the join token is cut off: copy all of it again"

enum pin_kind { PIN_SPKI_SHA256 = 1, PIN_BY_NAME = 2 };

struct payload {
	uint8_t bytes[PAYLOAD_MAX];
	size_t len;
};

static void put(struct payload *p, const void *data, size_t len)
{
	memcpy(p->bytes + p->len, data, len);
	p->len += len;
}

static void put_u8(struct payload *p, size_t value)
{
	p->bytes[p->len++] = (uint8_t)value;
}

void join_token_format(const struct join_token *t, struct buf *out)
{
	char text[TOKEN_TEXT_MAX];
	struct payload p = {.len = 0};
	struct digest sum;

	put_u8(&p, VERSION);
	put_u8(&p, pin_is_zero(t->pin) ? PIN_BY_NAME : PIN_SPKI_SHA256);
	put_u8(&p, t->nurls);
	put(&p, t->pin, sizeof(t->pin));
	put(&p, t->secret.bytes, sizeof(t->secret.bytes));
	for (size_t i = 0; i < t->nurls; i++) {
		put_u8(&p, strlen(t->urls[i]));
		put(&p, t->urls[i], strlen(t->urls[i]));
	}
	digest_of(p.bytes, p.len, &sum);
	put(&p, sum.bytes, CHECKSUM_SIZE);
	sodium_bin2base64(text, sizeof(text), p.bytes, p.len,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buf_puts(out, token_prefix(TOKEN_JOIN));
	buf_puts(out, text);
	sodium_memzero(text, sizeof(text));
	sodium_memzero(&p, sizeof(p));
}

static bool url_is_valid(const char *url)
{
	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0 || url[strlen(SCHEME)] == '\0')
		return false;
	for (; *url != '\0'; url++)
		if (*url <= ' ' || *url > '~')
			return false;
	return true;
}

static void read_url(struct cursor *c, char url[TOKEN_URL_MAX + 1])
{
	size_t len = cursor_u8(c);
	const uint8_t *bytes = cursor_take(c, len);

	if (bytes == NULL)
		return;
	memcpy(url, bytes, len);
	url[len] = '\0';
	if (!url_is_valid(url))
		cursor_fail(c, ERR_INVALID);
}

/* Reads all but the checksum; what is wrong stays in the cursor. */
static void read_fields(struct cursor *c, struct join_token *out)
{
	uint8_t version = cursor_u8(c), kind = cursor_u8(c);

	out->nurls = cursor_u8(c);
	cursor_bytes(c, out->pin, sizeof(out->pin));
	cursor_bytes(c, out->secret.bytes, sizeof(out->secret.bytes));
	if (version != VERSION || (kind != PIN_SPKI_SHA256 && kind != PIN_BY_NAME))
		cursor_fail(c, ERR_UNSUPPORTED);
	if (out->nurls == 0 || out->nurls > TOKEN_URLS_MAX ||
	    (kind == PIN_BY_NAME) != pin_is_zero(out->pin))
		cursor_fail(c, ERR_INVALID);
	for (size_t i = 0; cursor_error(c) == 0 && i < out->nurls; i++)
		read_url(c, out->urls[i]);
}

static bool checksum_fits(const struct payload *p)
{
	struct digest sum;

	if (p->len <= CHECKSUM_SIZE)
		return false;
	digest_of(p->bytes, p->len - CHECKSUM_SIZE, &sum);
	return memcmp(sum.bytes, p->bytes + p->len - CHECKSUM_SIZE, CHECKSUM_SIZE) == 0;
}

/* The checksum first: only a whole token may be called one of a newer version. */
static int decode(const struct payload *p, struct join_token *out, struct fault *f)
{
	bool whole = checksum_fits(p);
	struct cursor c;
	int code;

	cursor_init(&c, p->bytes, p->len);
	read_fields(&c, out);
	if (cursor_error(&c) == 0 && cursor_left(&c) != CHECKSUM_SIZE)
		cursor_fail(&c, cursor_left(&c) < CHECKSUM_SIZE ? ERR_TRUNCATED : ERR_INVALID);
	code = cursor_error(&c);
	if (code == ERR_TRUNCATED)
		return fault_set(f, code, CUT_OFF);
	if (!whole)
		return fault_set(f, ERR_INVALID,
				 "the join token is damaged (its checksum differs): copy it again");
	if (code == ERR_UNSUPPORTED)
		return fault_set(f, code,
				 "the join token was made by a newer version of Skein: "
				 "upgrade this machine");
	return code == 0 ? 0 : fault_set(f, code, "the join token says where no controller can be");
}

static bool is_base64(const char *text, size_t len)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") >=
	       len;
}

int join_token_parse(const char *text, struct join_token *out, struct fault *f)
{
	struct payload p = {.len = 0};
	const char *encoded = NULL;
	size_t len = 0;
	int code = token_payload(TOKEN_JOIN, text, &encoded, &len, f);

	*out = (struct join_token){0};
	if (code != 0)
		return code;
	if (!is_base64(encoded, len))
		code = fault_set(
			f, ERR_INVALID,
			"the join token is damaged: it holds characters that are no base64");
	else if (sodium_base642bin(p.bytes, sizeof(p.bytes), encoded, len, NULL, &p.len, NULL,
				   sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0)
		code = decode(&p, out, f);
	else /* lost characters leave bits at the end that are no byte */
		code = fault_set(f, ERR_TRUNCATED, CUT_OFF);
	if (code != 0)
		join_token_wipe(out);
	sodium_memzero(&p, sizeof(p));
	return code;
}

void join_token_wipe(struct join_token *t)
{
	sodium_memzero(t, sizeof(*t));
}
