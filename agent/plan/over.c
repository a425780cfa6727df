/* Who is reached over which trunk now: routers, but for those that are still to move there, and who
 * is still to leave one. */
#include "agent/plan/move.h"
#include "agent/plan/names.h"

static const struct trunk_facts *trunk_of(const struct facts *f, struct membership_facts *m,
					  unsigned slot)
{
	struct trunk_facts *t;

	for (size_t i = 0; i < m->ntrunks; i++)
		if (m->trunks[i].slot == slot)
			return &m->trunks[i];
	t = &m->trunks[m->ntrunks++];
	t->slot = (uint8_t)slot;
	t->index = names_trunk(f, m, slot, t->name);
	t->leaving = true;
	return t;
}

static void put_over(struct membership_facts *m, uint32_t peer, const struct trunk_facts *trunk,
		     bool gateway)
{
	if (peer != m->self->peer)
		m->over[m->nover++] = (struct over_facts){
			.peer = peer,
			.address = state_peer_address(m->from->view, peer),
			.trunk = trunk,
			.gateway = gateway,
		};
}

static bool is_at_old(const struct move_facts *mv)
{
	return mv != NULL && move_is_at_old(mv);
}

void over_find(const struct facts *f, struct membership_facts *m)
{
	m->over = arena_array(f->arena, m->nrouters + m->nmoves + 1, sizeof(*m->over));
	for (size_t i = 0; i < m->nmoves; i++) {
		const struct move_facts *mv = &m->moves[i];

		if (mv->before != NULL && mv->from != 0)
			(void)trunk_of(f, m, mv->from); /* stays for as long */
	}
	for (size_t i = 0; i < m->nrouters; i++) {
		const struct router_facts *r = &m->routers[i];
		const struct move_facts *mv = move_of(m, r->peer);

		if (!is_at_old(mv))
			put_over(m, r->peer, r->trunk, r->gateway);
		else if (mv->from != 0)
			put_over(m, r->peer, trunk_of(f, m, mv->from), r->gateway);
	}
	for (size_t i = 0; i < m->nmoves; i++) {
		const struct move_facts *mv = &m->moves[i];

		if (is_at_old(mv) && mv->from != 0 && facts_router(m, mv->peer) == NULL)
			put_over(m, mv->peer, trunk_of(f, m, mv->from), false);
	}
}

int over_device(const struct membership_facts *m, uint32_t peer)
{
	for (size_t i = 0; i < m->nover; i++)
		if (m->over[i].peer == peer)
			return m->over[i].trunk->index;
	return m->index;
}
