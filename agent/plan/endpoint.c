#include "agent/plan/endpoint.h"

#include <string.h>

#define TRY_EVERY_MS 15000
#define MOVED_MS     30000

/* Lower is tried first. */
static int rank(const struct facts *f, const struct state_endpoint *e, const struct address *a)
{
	switch (e->type) {
	case STATE_ENDPOINT_CONFIGURED:
		return 0;
	case STATE_ENDPOINT_LOCAL:
		for (size_t i = 0; i < f->nconnected; i++)
			if (f->connected[i].prefix.length < 32 &&
			    prefix_has(&f->connected[i].prefix, a))
				return 1;
		return 4;
	case STATE_ENDPOINT_OBSERVED:
		return 2;
	default:
		return 3;
	}
}

/* Which port: docs/architecture.md, "Numbers on a machine". To a router everybody sends to the
 * device that the router has for him: its main device for a plain member, the trunk of his slot for
 * a router. A plain member has a port of its own for each slot, and says which. */
static bool port_for(const struct membership_facts *me, const struct state_peer *peer,
		     const struct state_endpoint *e, uint16_t *port)
{
	unsigned sum = e->port;

	if (peer->role != STATE_ROLE_MEMBER) {
		if (e->device != 0)
			return false;
		sum += me->self->slot;
	} else if (e->device != me->self->slot) {
		return false;
	}
	*port = (uint16_t)sum;
	return sum > 0 && sum <= 65535;
}

struct candidate {
	struct wg_endpoint at;
	int rank;
};

/* Two machines can have the same address in networks of their own. */
static bool is_own(const struct facts *f, const struct address *a)
{
	for (size_t i = 0; i < f->in->seen->addresses.n; i++)
		if (address_equal(&f->in->seen->addresses.at[i].local, a))
			return true;
	return false;
}

static size_t candidates(const struct endpoint_question *q,
			 struct candidate out[STATE_ENDPOINTS_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < q->peer->nendpoints && i < STATE_ENDPOINTS_MAX; i++) {
		const struct state_endpoint e = q->peer->endpoints[i];
		struct candidate c = {.at.address.family = e.family};
		size_t k = n;

		memcpy(c.at.address.bytes, e.address, sizeof(e.address));
		/* Handshakes to the own loopback, to a multicast group or back into the mesh are
		 * what a hostile peer would like to have sent. */
		if (!address_is_host(&c.at.address) || is_own(q->facts, &c.at.address) ||
		    prefix_has(&q->me->cidr, &c.at.address) ||
		    !port_for(q->me, q->peer, &e, &c.at.port))
			continue;
		c.rank = rank(q->facts, &e, &c.at.address);
		while (k > 0 && out[k - 1].rank > c.rank) {
			out[k] = out[k - 1];
			k--;
		}
		out[k] = c;
		n++;
	}
	return n;
}

static bool same_endpoint(const struct wg_endpoint *a, const struct wg_endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

/* The device sends to one that the peer has for others: its role, or ours, has changed. */
static bool is_for_others(const struct endpoint_question *q)
{
	const struct wg_endpoint *now = &q->now->endpoint;
	bool router = q->peer->role != STATE_ROLE_MEMBER;

	for (unsigned i = 0; i < q->peer->nendpoints && i < STATE_ENDPOINTS_MAX; i++) {
		const struct state_endpoint e = q->peer->endpoints[i];
		struct wg_endpoint own = {.address.family = e.family};

		memcpy(own.address.bytes, e.address, sizeof(e.address));
		if (!address_equal(&own.address, &now->address))
			continue;
		if (router && e.device == 0 && now->port != e.port + q->me->self->slot &&
		    now->port >= e.port && now->port <= e.port + STATE_SLOT_MAX)
			return true;
		if (!router && e.device != q->me->self->slot && now->port == e.port)
			return true;
	}
	return false;
}

bool endpoint_is_expected(const struct endpoint_question *q)
{
	struct candidate list[STATE_ENDPOINTS_MAX];
	size_t n = candidates(q, list);

	for (size_t i = 0; i < n; i++)
		if (same_endpoint(&list[i].at, &q->now->endpoint))
			return true;
	return n == 0;
}

/* After the own slot changed, the other end is about to move, and to greet from where it is to be
 * reached; what is sent there before is lost. Where it has not, it is called there once; it may not
 * have heard yet, and answer from where it was. */
static bool is_late(const struct endpoint_question *q)
{
	const struct mono since = q->me->from->moved;
	int64_t ms = mono_ms_between(since, q->facts->in->clock);

	return since.ns != 0 && ms >= MOVED_MS && ms < MOVED_MS + TRY_EVERY_MS;
}

struct wg_endpoint endpoint_choose(const struct endpoint_question *q, bool *set)
{
	const struct wall now = q->facts->in->now;
	struct candidate list[STATE_ENDPOINTS_MAX];
	size_t n = candidates(q, list), choice;
	bool silent = q->now == NULL || now.ms - q->now->last_handshake.ms > ENDPOINT_SILENT_MS;

	*set = false;
	if (n == 0)
		return (struct wg_endpoint){0};
	if (q->now == NULL || q->now->endpoint.address.family == FAMILY_NONE)
		return list[0].at;
	if (is_late(q) && is_for_others(q)) {
		*set = true;
		return list[0].at;
	}
	/* Only where something is being sent: an idle peer is not worth a change. */
	if (!silent || q->now->tx_bytes == 0)
		return q->now->endpoint;
	choice = (size_t)((uint64_t)(now.ms / TRY_EVERY_MS) % n);
	*set = !same_endpoint(&list[choice].at, &q->now->endpoint);
	return list[choice].at;
}
