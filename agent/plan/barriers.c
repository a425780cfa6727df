#include "agent/plan/barriers.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define BFD_PORT 3784

static const struct {
	const char *name, *text;
} kinds[] = {
	[BARRIER_FORWARD] = {"forward", "what goes"},
	[BARRIER_WIREGUARD] = {"wireguard", "WireGuard's packets"},
	[BARRIER_BGP] = {"bgp", "BGP"},
	[BARRIER_BFD] = {"bfd", "BFD"},
};

const char *barrier_kind_name(enum barrier_kind kind)
{
	return kinds[kind].name;
}

static void push(barrier_vec *out, const struct filter *p, const struct filter_packet *packet,
		 struct barrier *b)
{
	enum filter_verdict v = filter_judge(p, packet, &b->where);

	if (v == FILTER_PASSES)
		return;
	b->certain = v == FILTER_DROPS;
	b->port = packet->port;
	snprintf(b->from, sizeof(b->from), "%s", packet->in);
	snprintf(b->to, sizeof(b->to), "%s", packet->out != NULL ? packet->out : "");
	vec_push(out, *b);
}

static bool is_known(const barrier_vec *v, const struct barrier *b)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->at[i].from, b->from) == 0 && strcmp(v->at[i].to, b->to) == 0 &&
		    strcmp(v->at[i].where.chain, b->where.chain) == 0 &&
		    strcmp(v->at[i].where.table, b->where.table) == 0)
			return true;
	return false;
}

void barriers_find_forward(const struct desired *d, const struct filter *p, barrier_vec *out)
{
	for (size_t i = 0; i < d->passages.n; i++) {
		const struct passage *way = &d->passages.at[i];
		struct barrier b = {.kind = BARRIER_FORWARD, .membership = way->membership};
		enum filter_verdict v = passage_judge(d, way, p, NULL, NULL, &b.where);

		b.certain = v == FILTER_DROPS;
		memcpy(b.from, way->in, sizeof(b.from));
		if (strcmp(b.where.hook, "prerouting") != 0) /* there the way is not known yet */
			memcpy(b.to, way->out, sizeof(b.to));
		if (v != FILTER_PASSES && !is_known(out, &b))
			vec_push(out, b);
	}
	if (d->passages.n > 0 && filter_has_legacy(p))
		vec_push(out, (struct barrier){.kind = BARRIER_FORWARD,
					       .membership = d->passages.at[0].membership});
}

static const char *underlay_device(const struct desired *d)
{
	const struct link *l =
		link_by_index(&d->facts.in->seen->links, facts_default_device(d->facts.in));

	return l != NULL ? l->name : "";
}

/* What begins elsewhere. A plain member's trunks begin their tunnels themselves. */
static void find_device(const struct desired *d, const struct desired_device *dev,
			const struct filter *p, barrier_vec *out)
{
	const struct membership_facts *m = dev->membership;
	struct barrier b = {.kind = BARRIER_WIREGUARD, .membership = m};
	struct filter_packet packet = {.hook = "input",
				       .in = underlay_device(d),
				       .state = "new",
				       .protocol = IPPROTO_UDP,
				       .port = dev->wg.listen_port};

	if (packet.port != 0 && (dev->slot == 0 || m->router))
		push(out, p, &packet, &b);
	if (dev->slot == 0 && !m->router)
		return;
	b.kind = BARRIER_BFD;
	packet.in = dev->name;
	packet.port = BFD_PORT;
	push(out, p, &packet, &b);
	b.kind = BARRIER_BGP;
	packet.protocol = IPPROTO_TCP;
	packet.port = m->mesh->bgp_port;
	push(out, p, &packet, &b);
}

void barriers_find_input(const struct desired *d, const struct filter *p, barrier_vec *out)
{
	for (size_t i = 0; i < d->devices.n; i++)
		if (d->devices.at[i].index != 0)
			find_device(d, &d->devices.at[i], p, out);
}

/* ---- in words ---- */

const char *barrier_format(const struct barrier *b, char out[BARRIER_TEXT_MAX])
{
	const char *verb = b->certain ? "drops" : "may drop";

	if (b->where.chain[0] == '\0')
		snprintf(out, BARRIER_TEXT_MAX,
			 "iptables-legacy has a filter here, which may drop what is forwarded");
	else
		snprintf(out, BARRIER_TEXT_MAX, "chain %s of table %s %s (%s) %s %s%s%s%s%s",
			 b->where.chain, b->where.family, b->where.table,
			 b->where.policy ? "policy drop" : "a rule", verb, kinds[b->kind].text,
			 b->from[0] != '\0' ? " from " : "", b->from,
			 b->to[0] != '\0' ? " to " : "", b->to);
	return out;
}

static bool is_iptables(const struct filter_place *w)
{
	return strcmp(w->family, "ip") == 0 && strcmp(w->table, "filter") == 0;
}

/* A pattern as iptables has it. */
static char *with_plus(char *text)
{
	for (char *at = text; (at = strchr(at, '*')) != NULL;)
		*at = '+';
	return text;
}

static void advise_forward(const struct barrier *b, char out[BARRIER_TEXT_MAX])
{
	const struct filter_place *w = &b->where;
	char in[40], to[40] = "";

	if (strcmp(w->table, "firewalld") == 0) {
		snprintf(out, BARRIER_TEXT_MAX,
			 "firewall-cmd --zone=trusted --add-interface=DEVICE, for each mesh device "
			 "and that of the network (once more with --permanent)");
	} else if (w->chain[0] == '\0') {
		snprintf(out, BARRIER_TEXT_MAX, "iptables-legacy -S FORWARD shows it");
	} else if (is_iptables(w)) {
		if (b->to[0] != '\0')
			snprintf(to, sizeof(to), " -o %s", b->to);
		snprintf(out, BARRIER_TEXT_MAX, "iptables -I %s -i %s%s -j ACCEPT", w->chain,
			 b->from, to);
		with_plus(out);
	} else {
		snprintf(in, sizeof(in), "iifname '\"%s\"'", b->from);
		if (b->to[0] != '\0')
			snprintf(to, sizeof(to), " oifname '\"%s\"'", b->to);
		snprintf(out, BARRIER_TEXT_MAX, "nft insert rule %s %s %s %s%s accept", w->family,
			 w->table, w->chain, in, to);
	}
}

const char *barrier_advice(const struct barrier *b, char out[BARRIER_TEXT_MAX])
{
	const char *proto = b->kind == BARRIER_BGP ? "tcp" : "udp";

	if (b->kind == BARRIER_FORWARD)
		advise_forward(b, out);
	else if (strcmp(b->where.table, "firewalld") == 0 && b->kind != BARRIER_WIREGUARD)
		snprintf(out, BARRIER_TEXT_MAX, "firewall-cmd --zone=trusted --add-interface=%s",
			 b->from);
	else if (strcmp(b->where.table, "firewalld") == 0)
		snprintf(out, BARRIER_TEXT_MAX, "firewall-cmd --add-port=%u/udp", b->port);
	else if (is_iptables(&b->where))
		snprintf(out, BARRIER_TEXT_MAX, "iptables -I %s -i %s -p %s --dport %u -j ACCEPT",
			 b->where.chain, b->from, proto, b->port);
	else
		snprintf(out, BARRIER_TEXT_MAX,
			 "nft insert rule %s %s %s iifname '\"%s\"' %s dport %u accept",
			 b->where.family, b->where.table, b->where.chain, b->from, proto, b->port);
	return out;
}
