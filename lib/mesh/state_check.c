/* The rules of MeshState: a row per section, a function per record. The reader has checked before
 * that every section is where the directory says; state_check_view.c and state_check_membership.c
 * say what a record may hold, here is what they share. After it nobody who reads an image checks
 * anything again, except that two images belong together (state_match). Reserved bytes and flags
 * without a meaning are zero, so that a later version can give them one. */
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "lib/mesh/state_format.h"

/* The format: whoever changes a struct changes these, the version, and docs/mesh-state.md. */
static_assert(sizeof(struct state_root) == 256, "root");
static_assert(offsetof(struct state_root, signature) == 192, "signature");
static_assert(sizeof(struct state_header) == 16, "header");
static_assert(sizeof(struct state_section) == 32, "section");
static_assert(sizeof(struct state_prefix) == 20, "prefix");
static_assert(sizeof(struct state_mesh) == 120, "mesh");
static_assert(sizeof(struct state_endpoint) == 22, "endpoint");
static_assert(sizeof(struct state_peer) == 256, "peer");
static_assert(sizeof(struct state_announced) == 32, "announced");
static_assert(sizeof(struct state_allowed) == 24, "allowed");
static_assert(sizeof(struct state_remote) == 56, "remote");
static_assert(sizeof(struct state_let_in) == 24, "let in");
static_assert(sizeof(struct state_self) == 104, "self");
static_assert(sizeof(struct state_range) == 8, "range");
static_assert(sizeof(struct state_trunk) == 16, "trunk");
static_assert(sizeof(struct state_approval) == 36, "approval");
static_assert(sizeof(struct state_guard_pair) == 28, "guard pair");
static_assert(sizeof(struct state_speaker) == 8, "speaker");
static_assert(sizeof(struct state_sibling) == 96, "sibling");

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

/* ---- parts of records ---- */

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

int state_check_range(const struct state_image *s, const struct state_range *r,
		      enum state_section_type of, struct fault *f)
{
	uint64_t n = state_count(s, of);

	if (r->first > n || r->count > n - r->first)
		return WRONG("records %" PRIu32 "+%" PRIu32 " of '%s' are beyond its %" PRIu64,
			     r->first, r->count, state_rule_find(of)->name, n);
	return 0;
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

/* ---- the table ---- */

const struct state_rule *state_rule_find(uint32_t type)
{
	if (type >= STATE_TYPES_MAX)
		return NULL;
	if (state_view_rules[type].kind != 0)
		return &state_view_rules[type];
	return state_membership_rules[type].kind != 0 ? &state_membership_rules[type] : NULL;
}

/* Records [first, end) of a section. */
static int check_range(const struct state_image *s, uint32_t type, const struct state_rule *rule,
		       uint64_t first, uint64_t end, struct fault *f)
{
	uint64_t n;
	const uint8_t *record = state_records(s, type, &n);

	end = end > n ? n : end;
	for (uint64_t i = first; i < end; i++)
		if (rule->check(s, record + i * rule->record_size, i, f) != 0) {
			fault_prefix(f, "%s[%" PRIu64 "]", rule->name, i);
			return ERR_INVALID;
		}
	return 0;
}

int state_check_records(const struct state_image *s, struct fault *f)
{
	int code = 0;

	for (uint32_t type = 0; type < STATE_TYPES_MAX && code == 0; type++) {
		const struct state_rule *rule = state_rule_find(type);

		if (s->by_type[type] != NULL && rule != NULL)
			code = check_range(s, type, rule, 0, UINT64_MAX, f);
	}
	return code;
}

const struct state_section *state_check_confined(const struct state_image *s, uint64_t from,
						 uint64_t len)
{
	for (uint32_t type = 0; type < STATE_TYPES_MAX; type++) {
		const struct state_section *x = s->by_type[type];
		const struct state_rule *rule = state_rule_find(type);

		if (x != NULL && rule != NULL && !rule->single && from >= x->offset &&
		    from + len <= x->offset + x->count * x->record_size)
			return x;
	}
	return NULL;
}

/* The record behind is compared with the one before it. */
int state_check_changed(const struct state_image *s, const struct state_section *x, uint64_t from,
			uint64_t len, struct fault *f)
{
	uint64_t first = (from - x->offset) / x->record_size;
	uint64_t last = (from - x->offset + len - 1) / x->record_size;

	return check_range(s, x->type, state_rule_find(x->type), first, last + 2, f);
}
