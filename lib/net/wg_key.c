#include <sodium.h>
#include <string.h>

#include "lib/net/wg_device.h"

void wg_public_key(const struct secret *private_key, struct wg_key *out)
{
	/* Fails for no input. */
	(void)crypto_scalarmult_base(out->bytes, private_key->bytes);
}

void wg_private_key_generate(struct secret *out)
{
	secret_random(out);
	out->bytes[0] &= 248;
	out->bytes[31] = (uint8_t)((out->bytes[31] & 127) | 64);
}

const char *wg_key_format(const struct wg_key *k, char out[WG_KEY_TEXT_MAX])
{
	return sodium_bin2base64(out, WG_KEY_TEXT_MAX, k->bytes, sizeof(k->bytes),
				 sodium_base64_VARIANT_ORIGINAL);
}

bool wg_key_parse(const char *text, struct wg_key *out)
{
	struct wg_key k;
	size_t len;

	if (strnlen(text, WG_KEY_TEXT_MAX) != WG_KEY_TEXT_MAX - 1 ||
	    sodium_base642bin(k.bytes, sizeof(k.bytes), text, WG_KEY_TEXT_MAX - 1, NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    len != sizeof(k.bytes))
		return false;
	*out = k;
	return true;
}

int wg_key_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct wg_key));
}
