#include "lib/mesh/id.h"

#include <sodium.h>
#include <string.h>

#define VERSION_7   0x70
#define VARIANT_RFC 0x80

/* 48 bits of milliseconds, then 74 random ones: unique without a counter to keep. */
void id_new(struct id *out)
{
	uint64_t ms = (uint64_t)wall_now().ms;

	randombytes_buf(out->bytes, sizeof(out->bytes));
	for (int i = 0; i < 6; i++)
		out->bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	out->bytes[6] = (uint8_t)(VERSION_7 | (out->bytes[6] & 0x0f));
	out->bytes[8] = (uint8_t)(VARIANT_RFC | (out->bytes[8] & 0x3f));
}

struct wall id_time(const struct id *i)
{
	struct wall t = {0};

	for (int k = 0; k < 6; k++)
		t.ms = t.ms << 8 | i->bytes[k];
	return t;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool id_parse(const char *text, struct id *out)
{
	struct id i;

	if (strlen(text) != ID_TEXT_MAX - 1)
		return false;
	for (size_t byte = 0; byte < sizeof(i.bytes); byte++) {
		int high, low;

		if (hyphen_before(byte) && *text++ != '-')
			return false;
		high = hex_value(*text++);
		low = hex_value(*text++);
		if (high < 0 || low < 0)
			return false;
		i.bytes[byte] = (uint8_t)(high << 4 | low);
	}
	*out = i;
	return true;
}

const char *id_format(const struct id *i, char out[ID_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	char *to = out;

	for (size_t byte = 0; byte < sizeof(i->bytes); byte++) {
		if (hyphen_before(byte))
			*to++ = '-';
		*to++ = digits[i->bytes[byte] >> 4];
		*to++ = digits[i->bytes[byte] & 0x0f];
	}
	*to = '\0';
	return out;
}

bool id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool id_is_zero(const struct id *i)
{
	const struct id zero = {0};

	return id_equal(i, &zero);
}
