#include "lib/net/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static uint8_t family_bits(uint8_t family)
{
	return family == FAMILY_IPV6 ? 128 : 32;
}

static size_t family_bytes(uint8_t family)
{
	return family_bits(family) / 8;
}

/* The first `bits` of both are equal. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/* Zeroes what lies behind the first `length` bits; true if any of it was set. */
static bool clear_host_bits(uint8_t bytes[16], uint8_t family, uint8_t length)
{
	bool was_set = false;

	for (size_t i = length / 8u; i < family_bytes(family); i++) {
		unsigned keep = i == length / 8u ? length % 8u : 0;
		uint8_t host = (uint8_t)(0xff >> keep);

		was_set = was_set || (bytes[i] & host) != 0;
		bytes[i] &= (uint8_t)~host;
	}
	return was_set;
}

struct address address_ipv4(uint32_t host_order)
{
	struct address a = {.family = FAMILY_IPV4};

	for (int i = 0; i < 4; i++)
		a.bytes[i] = (uint8_t)(host_order >> (24 - 8 * i));
	return a;
}

uint32_t address_to_ipv4(const struct address *a)
{
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
	       (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

struct prefix prefix_ipv4(uint32_t host_order, uint8_t length)
{
	struct address a = address_ipv4(host_order & prefix_mask_ipv4(length));
	struct prefix p = prefix_of_address(&a);

	p.length = length;
	return p;
}

uint32_t prefix_to_ipv4(const struct prefix *p)
{
	struct address a = {.family = p->family};

	memcpy(a.bytes, p->bytes, sizeof(a.bytes));
	return address_to_ipv4(&a);
}

uint32_t prefix_mask_ipv4(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

struct prefix prefix_of_address(const struct address *a)
{
	struct prefix p = {.family = a->family, .length = family_bits(a->family)};

	memcpy(p.bytes, a->bytes, sizeof(p.bytes));
	return p;
}

int address_parse(const char *text, struct address *out, struct fault *f)
{
	struct address a = {.family = strchr(text, ':') != NULL ? FAMILY_IPV6 : FAMILY_IPV4};

	if (inet_pton(a.family == FAMILY_IPV6 ? AF_INET6 : AF_INET, text, a.bytes) != 1)
		return fault_set(f, ERR_INVALID,
				 "'%.60s' is no IP address, as 10.0.0.1 or fd00::1 are", text);
	*out = a;
	return 0;
}

const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
	if (a->family == FAMILY_NONE)
		snprintf(out, ADDRESS_TEXT_MAX, "none");
	else
		inet_ntop(a->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, a->bytes, out,
			  ADDRESS_TEXT_MAX);
	return out;
}

/* Decimal digits without a sign or leading zeros. */
static int parse_length(const char *text, uint8_t max, uint8_t *out)
{
	unsigned value = 0;
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 3 || text[n] != '\0' || (text[0] == '0' && n > 1))
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (value > max)
		return ERR_RANGE;
	*out = (uint8_t)value;
	return 0;
}

int prefix_parse(const char *text, struct prefix *out, struct fault *f)
{
	const char *slash = strchr(text, '/');
	char head[ADDRESS_TEXT_MAX], right[PREFIX_TEXT_MAX];
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct address a = {0};
	struct prefix p;

	snprintf(head, sizeof(head), "%.*s", (int)(len < sizeof(head) ? len : sizeof(head)), text);
	if (len >= sizeof(head) || address_parse(head, &a, NULL) != 0)
		return fault_set(f, ERR_INVALID, "'%.60s' is no prefix, as 10.0.0.0/8 is", text);
	p = prefix_of_address(&a);
	if (slash != NULL && parse_length(slash + 1, p.length, &p.length) != 0)
		return fault_set(f, ERR_INVALID,
				 "'%.60s' is no prefix: its length is a number from 0 to %d", text,
				 p.length);
	if (clear_host_bits(p.bytes, p.family, p.length))
		return fault_set(f, ERR_INVALID,
				 "'%s' has bits set beyond its length: the prefix is %s", text,
				 prefix_format(&p, right));
	*out = p;
	return 0;
}

const char *prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	struct address a = {.family = p->family};
	char text[ADDRESS_TEXT_MAX];

	memcpy(a.bytes, p->bytes, sizeof(a.bytes));
	if (p->family == FAMILY_NONE)
		snprintf(out, PREFIX_TEXT_MAX, "none");
	else
		snprintf(out, PREFIX_TEXT_MAX, "%s/%u", address_format(&a, text), p->length);
	return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool address_is_host(const struct address *a)
{
	static const uint8_t loopback[16] = {[15] = 1}, none[16];
	const uint8_t *b = a->bytes;

	switch (a->family) {
	case FAMILY_IPV4:
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	case FAMILY_IPV6:
		return memcmp(b, none, 16) != 0 && memcmp(b, loopback, 16) != 0 && b[0] != 0xff &&
		       !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	default:
		return false;
	}
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return prefix_compare(a, b) == 0;
}

int prefix_compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));
	if (order != 0)
		return order < 0 ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	return outer->family == inner->family && outer->length <= inner->length &&
	       same_bits(outer->bytes, inner->bytes, outer->length);
}

bool prefix_has(const struct prefix *p, const struct address *a)
{
	return p->family == a->family && same_bits(p->bytes, a->bytes, p->length);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, b) || prefix_contains(b, a);
}
