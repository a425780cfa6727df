/* What the rules of views and of membership images share. */
#include <inttypes.h>
#include <string.h>

#include "lib/mesh/state_format.h"

#define PEERS_MAX (UINT32_C(1) << 24)
#define CIDR_MIN  8
#define CIDR_MAX  30

bool state_zero(const void *data, uint64_t len)
{
	const uint8_t *p = data;
	uint64_t any = 0, word;

	/* Most of what is asked for is a few words: no call, no branch. */
	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		any |= word;
	}
	for (; len > 0; len--)
		any |= *p++;
	return any == 0;
}

uint64_t state_count(const struct state_image *s, enum state_section_type type)
{
	uint64_t n;

	state_records(s, type, &n);
	return n;
}

int state_check_prefix(const struct state_prefix *p, struct fault *f)
{
	unsigned bits = p->family == FAMILY_IPV4 ? 32 : p->family == FAMILY_IPV6 ? 128 : 0;
	unsigned full = p->length / 8, rest = p->length % 8;

	if (bits == 0)
		return WRONG("address family %u", p->family);
	if (p->length > bits)
		return WRONG("prefix length %u of %u bits", p->length, bits);
	if (p->reserved != 0)
		return WRONG("reserved bytes of a prefix are not zero");
	if (rest != 0 && (p->bytes[full] & (0xff >> rest)) != 0)
		return WRONG("a prefix has host bits");
	full += rest != 0;
	return state_zero(p->bytes + full, sizeof(p->bytes) - full)
		       ? 0
		       : WRONG("a prefix has host bits");
}

int state_check_cidr(const struct state_prefix *p, struct fault *f)
{
	if (p->family != FAMILY_IPV4 || p->length < CIDR_MIN || p->length > CIDR_MAX)
		return WRONG("the CIDR of a mesh is IPv4, /%d to /%d", CIDR_MIN, CIDR_MAX);
	return state_check_prefix(p, f);
}

/* A membership image knows its view's peers only by number: state_match() looks them up. */
int state_check_far_index(uint32_t peer, struct fault *f)
{
	return peer < PEERS_MAX ? 0 : WRONG("peer %" PRIu32 " can be in no mesh", peer);
}

int state_check_seat(uint8_t role, uint8_t slot, uint16_t base_port, struct fault *f)
{
	if (role > STATE_ROLE_GATEWAY)
		return WRONG("role %u", role);
	if (role == STATE_ROLE_MEMBER ? slot != 0 : slot == 0 || slot > STATE_SLOT_MAX)
		return WRONG("slot %u in role %u", slot, role);
	if (base_port == 0 || base_port > UINT16_MAX - STATE_SLOT_MAX)
		return WRONG("base port %u", base_port);
	return 0;
}

int state_compare_prefixes(const struct state_prefix *a, const struct state_prefix *b)
{
	int order = (a->family > b->family) - (a->family < b->family);

	if (order == 0)
		order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

int state_compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int state_check_ascends(uint64_t index, int order, struct fault *f)
{
	return index == 0 || order < 0 ? 0 : WRONG("twice, or out of order");
}
