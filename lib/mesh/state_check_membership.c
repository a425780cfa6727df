/* What the records of a membership image may hold. */
#include <inttypes.h>

#include "lib/mesh/state_format.h"

static int check_range(const struct state_image *s, const struct state_range *r,
		       enum state_section_type of, struct fault *f)
{
	uint64_t n = state_count(s, of);

	if (r->first > n || r->count > n - r->first)
		return WRONG("records %" PRIu32 "+%" PRIu32 " of '%s' are beyond its %" PRIu64,
			     r->first, r->count, state_membership_rules[of].name, n);
	return 0;
}

static int check_self(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_self *self = record;
	int code = state_check_far_index(self->peer, f);

	(void)s;
	(void)index;
	if (code != 0)
		return code;
	if (state_zero(self->machine, sizeof(self->machine)) || self->number > STATE_NUMBER_MAX ||
	    self->flags != 0)
		return WRONG("machine, number %" PRIu32 " or flags", self->number);
	return state_check_seat(self->role, self->slot, self->base_port, f);
}

static int check_trunk(const struct state_image *s, const void *record, uint64_t index,
		       struct fault *f)
{
	const struct state_trunk *t = record, *before = index > 0 ? t - 1 : t;
	int order = state_compare_numbers(before->slot, t->slot);
	int code = state_check_far_index(t->peer, f);

	if (code == 0 && (t->slot == 0 || t->slot > STATE_SLOT_MAX))
		code = WRONG("slot %" PRIu32, t->slot);
	if (code == 0)
		code = check_range(s, &t->allowed, STATE_TRUNK_ALLOWED, f);
	if (order == 0)
		order = state_compare_numbers(before->peer, t->peer);
	return code != 0 ? code : state_check_ascends(index, order, f);
}

static int check_only_prefix(const struct state_image *s, const void *record, uint64_t index,
			     struct fault *f)
{
	(void)s;
	(void)index;
	return state_check_prefix(record, f);
}

static int check_approval(const struct state_image *s, const void *record, uint64_t index,
			  struct fault *f)
{
	const struct state_approval *a = record;
	int code = state_check_prefix(&a->prefix, f);

	(void)index;
	if (code == 0 && (a->flags & ~(uint32_t)STATE_APPROVAL_PART) != 0)
		code = WRONG("unknown flags");
	return code != 0 ? code : check_range(s, &a->users, STATE_USERS, f);
}

static int check_user(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	(void)s;
	(void)index;
	return state_check_far_index(*(const uint32_t *)record, f);
}

static int check_guard_set(const struct state_image *s, const void *record, uint64_t index,
			   struct fault *f)
{
	(void)index;
	return check_range(s, record, STATE_GUARD_PREFIXES, f);
}

static int check_guard_pair(const struct state_image *s, const void *record, uint64_t index,
			    struct fault *f)
{
	const struct state_guard_pair *p = record;
	uint64_t n = state_count(s, STATE_GUARD_SETS);

	(void)index;
	if (p->from >= n || p->to >= n)
		return WRONG("sets %" PRIu32 " and %" PRIu32 " of %" PRIu64, p->from, p->to, n);
	if (p->verdict != STATE_GUARD_PASS && p->verdict != STATE_GUARD_ICMP_ERROR)
		return WRONG("verdict %" PRIu32, p->verdict);
	return 0;
}

static int check_speaker(const struct state_image *s, const void *record, uint64_t index,
			 struct fault *f)
{
	const struct state_speaker *p = record;

	(void)s;
	(void)index;
	if (p->device > STATE_SLOT_MAX)
		return WRONG("device %" PRIu32, p->device);
	return state_check_far_index(p->peer, f);
}

static int check_sibling(const struct state_image *s, const void *record, uint64_t index,
			 struct fault *f)
{
	const struct state_sibling *x = record;
	struct prefix cidr = state_prefix_get(&x->cidr), own = state_prefix_get(&x->address);
	int code = state_check_cidr(&x->cidr, f);

	(void)s;
	(void)index;
	if (code == 0)
		code = state_check_prefix(&x->address, f);
	if (code != 0)
		return code;
	if (own.length != 32 || !prefix_contains(&cidr, &own))
		return WRONG("its own address is not in its mesh");
	if (state_zero(x->membership, 16) || state_zero(x->mesh, 16) ||
	    state_zero(x->peering, 16) || x->asn == 0 || x->number > STATE_NUMBER_MAX)
		return WRONG("membership, mesh, peering, AS number or number");
	return 0;
}

static int check_usable(const struct state_image *s, const void *record, uint64_t index,
			struct fault *f)
{
	const struct state_allowed *a = record, *before = index > 0 ? a - 1 : a;
	int order = state_compare_prefixes(&before->prefix, &a->prefix);
	int code = state_check_prefix(&a->prefix, f);

	(void)s;
	if (code == 0)
		code = state_check_far_index(a->peer, f);
	if (order == 0)
		order = state_compare_numbers(before->peer, a->peer);
	return code != 0 ? code : state_check_ascends(index, order, f);
}

static int check_duty(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_duty *d = record;

	(void)s;
	if (index > 0)
		return WRONG("there is one already");
	if ((d->flags & ~(uint32_t)STATE_DUTY_DRAINED) != 0 || d->reserved != 0)
		return WRONG("unknown flags");
	return 0;
}

#define MEMBERSHIP STATE_KIND_MEMBERSHIP
#define MAY	   0u
#define MUST	   STATE_SECTION_MANDATORY

const struct state_rule state_membership_rules[STATE_TYPES_MAX] = {
	[STATE_SELF] = {"self", MEMBERSHIP, sizeof(struct state_self), 16, MUST, true, false,
			check_self},
	[STATE_TRUNKS] = {"trunks", MEMBERSHIP, sizeof(struct state_trunk), 16, MUST, false, false,
			  check_trunk},
	[STATE_TRUNK_ALLOWED] = {"trunk allowed", MEMBERSHIP, sizeof(struct state_prefix), 16, MUST,
				 false, false, check_only_prefix},
	[STATE_APPROVALS] = {"approvals", MEMBERSHIP, sizeof(struct state_approval), 16, MUST,
			     false, false, check_approval},
	[STATE_USERS] = {"users", MEMBERSHIP, sizeof(uint32_t), 16, MUST, false, false, check_user},
	[STATE_GUARD_SETS] = {"guard sets", MEMBERSHIP, sizeof(struct state_range), 16, MUST, false,
			      false, check_guard_set},
	[STATE_GUARD_PREFIXES] = {"guard prefixes", MEMBERSHIP, sizeof(struct state_prefix), 16,
				  MUST, false, false, check_only_prefix},
	[STATE_GUARD_PAIRS] = {"guard pairs", MEMBERSHIP, sizeof(struct state_guard_pair), 16, MUST,
			       false, false, check_guard_pair},
	[STATE_SPEAKERS] = {"speakers", MEMBERSHIP, sizeof(struct state_speaker), 16, MUST, false,
			    false, check_speaker},
	[STATE_SIBLINGS] = {"siblings", MEMBERSHIP, sizeof(struct state_sibling), 16, MUST, false,
			    false, check_sibling},
	[STATE_USABLE] = {"usable", MEMBERSHIP, sizeof(struct state_allowed), 16, MUST, false,
			  false, check_usable},
	[STATE_TERMS] = {"terms", MEMBERSHIP, sizeof(struct state_terms), 16, MAY, false, false,
			 state_check_terms},
	[STATE_DUTY] = {"duty", MEMBERSHIP, sizeof(struct state_duty), 16, MAY, false, false,
			check_duty},
};
