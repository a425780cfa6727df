/* What keeps a peer where it is until its handshake on the new device has ended.
 *
 * WireGuard sends to where it last heard from. The first message of a handshake, from the new
 * device, would have the peer send there what it still encrypts for the old one, for a round trip:
 * lost. So that message leaves by the old device's port, and its answer, which comes there, is
 * handed to the new one. What the new device sends first with the new keys is what the peer changes
 * both by at once, the keys and the place. A packet of the old device that is late, or BIRD's (its
 * sessions are bound to the device), would call it back there: from then on such a packet leaves by
 * the new device's port, too. That the new device has been heard is what the greeting's set says,
 * by having the peer's port; when the table is replaced meanwhile, it is taken over
 * (agent/fence.c).
 *
 * The type of a message of WireGuard is its first byte: 1 begins a handshake, 2 answers it, 3 wants
 * it repeated with a cookie, which is good for the address and port that it came from. */
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/fence.h"
#include "agent/plan/move.h"

static const struct wg_device *device_of(const struct desired *d, int index)
{
	const struct link *l = link_by_index(&d->facts.in->seen->links, index);

	return l != NULL ? observation_wg(d->facts.in->seen, l->name) : NULL;
}

/* One that greets, with all that is to be known for it. */
struct greeting {
	char set[48];	    /* of this peer and these two devices only */
	const char *family; /* of nft */
	const struct wg_endpoint *peer;
	const struct wg_device *from, *to;
};

static bool is_greeting(const struct desired *d, const struct membership_facts *m,
			const struct move_facts *mv, struct greeting *out)
{
	if (mv->phase != MOVE_GREET)
		return false;
	snprintf(out->set, sizeof(out->set), FENCE_GREETED "%u_%u_%u_%u", m->number, mv->peer,
		 mv->from, mv->to);
	out->peer = &mv->before->endpoint;
	out->family = out->peer->address.family == FAMILY_IPV6 ? "ip6" : "ip";
	out->from = device_of(d, mv->from_index);
	out->to = device_of(d, mv->to_index);
	return out->peer->address.family != FAMILY_NONE && out->from != NULL && out->to != NULL &&
	       out->from->listen_port != 0 && out->to->listen_port != 0;
}

static void put_in(struct buf *b, const struct greeting *g)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(&g->peer->address, text);
	for (int type = 2; type <= 3; type++)
		buf_printf(
			b,
			"\t\t%s saddr %s udp sport %u udp dport %u @th,64,8 %d udp dport set %u\n",
			g->family, text, g->peer->port, g->from->listen_port, type,
			g->to->listen_port);
}

static void put_out(struct buf *b, const struct greeting *g)
{
	char peer[128], text[ADDRESS_TEXT_MAX];

	snprintf(peer, sizeof(peer), "%s daddr %s udp dport %u", g->family,
		 address_format(&g->peer->address, text), g->peer->port);
	buf_printf(b,
		   "\t\t%1$s udp sport %4$u @th,64,8 1 udp sport set %3$u\n"
		   "\t\t%1$s udp sport %4$u @th,64,8 4 add @%2$s { udp dport }\n"
		   "\t\t%1$s udp sport %3$u @th,64,8 4 udp dport @%2$s udp sport set %4$u\n",
		   peer, g->set, g->from->listen_port, g->to->listen_port);
}

static void put_set(struct buf *b, const struct greeting *g)
{
	buf_printf(b,
		   "\tset %s {\n"
		   "\t\ttype inet_service\n"
		   "\t\tsize 16\n"
		   "\t\tflags dynamic\n"
		   "\t}\n",
		   g->set);
}

/* How many there are. */
static size_t put_each(struct desired *d, void (*put)(struct buf *b, const struct greeting *g))
{
	struct greeting g;
	size_t n = 0;

	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		for (size_t k = 0; k < m->nmoves; k++) {
			if (!is_greeting(d, m, &m->moves[k], &g))
				continue;
			put(&d->fence, &g);
			n++;
		}
	}
	return n;
}

static void put_chain(struct desired *d, const char *name, const char *hook,
		      void (*put)(struct buf *b, const struct greeting *g))
{
	buf_printf(&d->fence,
		   "\tchain %s {\n"
		   "\t\ttype filter hook %s priority raw - 1; policy accept;\n",
		   name, hook);
	put_each(d, put);
	buf_puts(&d->fence, "\t}\n");
}

void plan_fence_moves(struct desired *d)
{
	if (put_each(d, put_set) == 0)
		return;
	put_chain(d, "greeting_in", "prerouting", put_in);
	put_chain(d, "greeting_out", "output", put_out);
}
