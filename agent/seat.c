#include "agent/seat.h"

void seat_read(struct seat *s, const struct state_image *membership)
{
	uint64_t n;
	const struct state_self *self = state_records(membership, STATE_SELF, &n);
	const struct state_approval *a = state_records(membership, STATE_APPROVALS, &n);

	s->known = true;
	s->role = self->role;
	s->slot = self->slot;
	s->approved.n = 0;
	for (uint64_t i = 0; i < n; i++)
		if ((a[i].flags & STATE_APPROVAL_PART) == 0) /* peerings end at once */
			vec_push(&s->approved, state_prefix_get(&a[i].prefix));
}

void seat_fini(struct seat *s)
{
	vec_free(&s->approved);
}

static bool has_all(const struct seat *s, const struct seat *of)
{
	for (size_t i = 0; i < of->approved.n; i++) {
		bool has = false;

		for (size_t k = 0; k < s->approved.n && !has; k++)
			has = prefix_equal(&s->approved.at[k], &of->approved.at[i]);
		if (!has)
			return false;
	}
	return true;
}

bool seat_shrinks(const struct seat *from, const struct seat *to)
{
	return from->known && (to->role < from->role || !has_all(to, from));
}

/* A prefix that others have too makes a router. */
bool seat_grows(const struct seat *from, const struct seat *to)
{
	return (to->role == STATE_ROLE_GATEWAY && from->role != STATE_ROLE_GATEWAY) ||
	       (to->role != STATE_ROLE_MEMBER && !has_all(from, to));
}

void seat_follow(struct seat *s, const struct state_image *membership, struct mono now)
{
	struct seat next = {.moved = s->moved, .grown = s->grown};

	seat_read(&next, membership);
	if (s->known && (next.slot != s->slot || next.role != s->role))
		next.moved = now;
	if (seat_grows(s, &next))
		next.grown = now;
	seat_fini(s);
	*s = next;
}
