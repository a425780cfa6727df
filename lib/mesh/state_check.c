/* The rules of MeshState: a row per section, a function per record. The reader has checked before
 * that every section is where the directory says; state_check_view.c and state_check_membership.c
 * say what a record may hold, by what they share (state_check_parts.c). After it nobody who reads
 * an image checks anything again, except that two images belong together (state_match). Reserved
 * bytes and flags without a meaning are zero, so that a later version can give them one. */
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
