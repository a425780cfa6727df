#include "controller/api/format.h"

#include <sodium.h>
#include <string.h>

const char *format_id(struct arena *a, const struct id *id)
{
	char text[ID_TEXT_MAX];

	return arena_strdup(a, id_format(id, text));
}

const char *format_time(struct arena *a, struct wall t)
{
	char text[WALL_TEXT_MAX];

	return t.ms == 0 ? NULL : arena_strdup(a, wall_format(t, text));
}

const char *format_prefix(struct arena *a, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];

	return p->family == FAMILY_NONE ? NULL : arena_strdup(a, prefix_format(p, text));
}

const char *format_address(struct arena *a, const struct address *x)
{
	char text[ADDRESS_TEXT_MAX];

	return arena_strdup(a, address_format(x, text));
}

const char *format_key(struct arena *a, const struct wg_key *k)
{
	return format_base64(a, k->bytes, sizeof(k->bytes));
}

const char *format_base64(struct arena *a, const uint8_t *bytes, size_t size)
{
	size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);

	return sodium_bin2base64(arena_alloc(a, room), room, bytes, size,
				 sodium_base64_VARIANT_ORIGINAL);
}

static bool parse(const char *text, uint8_t *out, size_t size, int variant)
{
	size_t len = 0;

	return sodium_base642bin(out, size, text, strlen(text), NULL, &len, NULL, variant) == 0 &&
	       len == size;
}

bool parse_base64(const char *text, uint8_t *out, size_t size)
{
	return parse(text, out, size, sodium_base64_VARIANT_ORIGINAL);
}

bool parse_base64url(const char *text, uint8_t *out, size_t size)
{
	return parse(text, out, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
