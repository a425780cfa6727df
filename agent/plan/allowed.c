/* Who may send what, as the images say. */
#include "agent/plan/facts.h"

const struct router_facts *facts_router(const struct membership_facts *m, uint32_t peer)
{
	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].peer == peer)
			return &m->routers[i];
	return NULL;
}

/* What the image lets a router send; *n of it. */
static const struct state_prefix *allowed_of(const struct membership_facts *m,
					     const struct router_facts *r, uint64_t *n)
{
	const struct state_prefix *all = state_records(m->from->image, STATE_TRUNK_ALLOWED, n);

	*n = r->state->allowed.count;
	return *n > 0 ? &all[r->state->allowed.first] : NULL;
}

static bool router_may(const struct membership_facts *m, const struct router_facts *r,
		       const struct prefix *p)
{
	uint64_t n;
	const struct state_prefix *allowed = allowed_of(m, r, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix q = state_prefix_get(&allowed[i]);

		if (prefix_contains(&q, p))
			return true;
	}
	return false;
}

bool facts_others_may(const struct membership_facts *m, uint32_t peer, const struct prefix *p)
{
	uint64_t n;
	const struct state_allowed *a = state_records(m->from->view, STATE_ALLOWED, &n);

	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].peer != peer && router_may(m, &m->routers[i], p))
			return true;
	for (uint64_t i = 0; i < n; i++) {
		const struct prefix q = state_prefix_get(&a[i].prefix);

		if (a[i].peer != peer && prefix_contains(&q, p))
			return true;
	}
	return false;
}

static void allowed_of_member(const struct membership_facts *m, uint32_t peer, prefix_vec *out)
{
	const struct address own = state_peer_address(m->from->view, peer);
	uint64_t n;
	const struct state_allowed *a = state_records(m->from->view, STATE_ALLOWED, &n);

	vec_push(out, prefix_of_address(&own));
	for (uint64_t i = 0; i < n && a[i].peer <= peer; i++)
		if (a[i].peer == peer)
			vec_push(out, state_prefix_get(&a[i].prefix));
}

void facts_allowed(const struct membership_facts *m, uint32_t peer, prefix_vec *out)
{
	const struct router_facts *router = facts_router(m, peer);
	const struct state_prefix *allowed = NULL;
	uint64_t n = 0;

	if (router == NULL)
		allowed_of_member(m, peer, out);
	else
		allowed = allowed_of(m, router, &n);
	for (uint64_t i = 0; i < n; i++)
		vec_push(out, state_prefix_get(&allowed[i]));
	vec_sort(out, prefix_compare);
}
