/* Slots: the numbers of trunks.
 *
 * Two routers may share a trunk when no address is authorized for both, for WireGuard gives each
 * address to one peer of a device. Routers overlap when they are in one group (are approved for the
 * same prefix); a gateway may send from anywhere, so it overlaps all. That is a colouring of a
 * graph made of cliques, with 63 colours:
 *
 * 1. gateways keep the slot that they have for themselves; others of them get the lowest free one;
 * 2. routers, in order of index, keep theirs unless a gateway or one before them in a group has it;
 * 3. the rest get the lowest slot that no gateway and nobody in their groups has.
 *
 * A set of slots is a word of 64 bits, one for the gateways and one for each group, so it costs no
 * more than to look at each announcement. Keeping can waste slots that a fresh colouring would not:
 * where they run out, routers are coloured anew. */
#include <string.h>

#include "controller/render/holdings.h"

#define SLOTS_ALL (~UINT64_C(1)) /* bits 1 … 63 */

struct colouring {
	const struct mesh_rows *rows;
	struct holdings holdings;
	uint8_t *role;	    /* enum state_role, by member */
	uint8_t *slots;	    /* the result, by member */
	uint64_t gateways;  /* slots of gateways */
	uint64_t routers;   /* slots that routers have now, as far as they are kept */
	uint64_t *of_group; /* slots in use in each group */
};

static uint64_t bit(uint8_t slot)
{
	return slot <= STATE_SLOT_MAX ? UINT64_C(1) << slot & SLOTS_ALL : 0;
}

static uint8_t lowest(uint64_t free_slots)
{
	return free_slots == 0 ? 0 : (uint8_t)__builtin_ctzll(free_slots);
}

static void find_roles(struct colouring *c)
{
	const struct holdings *h = &c->holdings;

	for (size_t i = 0; i < h->n; i++)
		if (holding_makes_router(h, &h->at[i]))
			c->role[h->at[i].member] = STATE_ROLE_ROUTER;
	for (size_t m = 0; m < c->rows->nmemberships; m++)
		if (c->rows->memberships[m].gateway)
			c->role[m] = STATE_ROLE_GATEWAY;
}

static uint64_t taken_around(const struct colouring *c, size_t member)
{
	const struct span *own = &c->holdings.own[member];
	uint64_t taken = c->gateways;

	for (size_t i = 0; i < own->n; i++) {
		size_t at = c->holdings.by_member[own->first + i];

		taken |= c->of_group[c->holdings.at[at].group];
	}
	return taken;
}

static void take(struct colouring *c, size_t member, uint8_t slot)
{
	const struct span *own = &c->holdings.own[member];

	c->slots[member] = slot;
	for (size_t i = 0; i < own->n; i++) {
		size_t at = c->holdings.by_member[own->first + i];

		c->of_group[c->holdings.at[at].group] |= bit(slot);
	}
}

static bool place_gateways(struct colouring *c)
{
	size_t n = c->rows->nmemberships;

	for (size_t m = 0; m < n; m++) {
		uint64_t slot = bit(c->rows->memberships[m].slot);

		if (c->role[m] != STATE_ROLE_GATEWAY || (slot & ~(c->gateways | c->routers)) == 0)
			continue;
		take(c, m, c->rows->memberships[m].slot);
		c->gateways |= slot;
	}
	for (size_t m = 0; m < n; m++) {
		uint8_t slot = lowest(SLOTS_ALL & ~(c->gateways | c->routers));

		if (c->role[m] != STATE_ROLE_GATEWAY || c->slots[m] != 0)
			continue;
		if (slot == 0)
			return false;
		take(c, m, slot);
		c->gateways |= bit(slot);
	}
	return true;
}

static bool place_routers(struct colouring *c, bool keep)
{
	size_t n = c->rows->nmemberships;

	for (size_t m = 0; m < n && keep; m++) {
		uint8_t slot = c->rows->memberships[m].slot;

		if (c->role[m] == STATE_ROLE_ROUTER && (bit(slot) & ~taken_around(c, m)) != 0)
			take(c, m, slot);
	}
	for (size_t m = 0; m < n; m++) {
		uint8_t slot;

		if (c->role[m] != STATE_ROLE_ROUTER || c->slots[m] != 0)
			continue;
		slot = lowest(SLOTS_ALL & ~taken_around(c, m));
		if (slot == 0)
			return false;
		take(c, m, slot);
	}
	return true;
}

static bool colour(struct colouring *c, bool keep)
{
	c->gateways = c->routers = 0;
	memset(c->slots, 0, c->rows->nmemberships);
	memset(c->of_group, 0, c->holdings.ngroups * sizeof(c->of_group[0]));
	for (size_t m = 0; m < c->rows->nmemberships && keep; m++)
		if (c->role[m] == STATE_ROLE_ROUTER)
			c->routers |= bit(c->rows->memberships[m].slot);
	return place_gateways(c) && place_routers(c, keep);
}

int plan_slots(struct mesh_rows *rows, bool *changed, struct fault *f)
{
	struct colouring c = {.rows = rows};
	size_t n = rows->nmemberships;
	struct arena arena;
	int code;

	arena_init(&arena);
	*changed = false;
	code = holdings_make(rows, &arena, &c.holdings, f);
	if (code != 0)
		goto out;
	c.role = arena_alloc(&arena, n + 1);
	c.slots = arena_alloc(&arena, n + 1);
	c.of_group = arena_array(&arena, c.holdings.ngroups + 1, sizeof(c.of_group[0]));
	find_roles(&c);
	if (!colour(&c, true) && !colour(&c, false)) {
		code = fault_set(f, ERR_EXHAUSTED,
				 "mesh %s: gateways, and the machines that share prefixes, need "
				 "more than the %d trunks that a mesh can have",
				 rows->mesh.name, STATE_SLOT_MAX);
		goto out;
	}
	for (size_t m = 0; m < n; m++) {
		*changed = *changed || rows->memberships[m].slot != c.slots[m];
		rows->memberships[m].slot = c.slots[m];
	}
out:
	arena_fini(&arena);
	return code;
}
