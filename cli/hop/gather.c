/* All the evidence of one machine, in the order in which each part needs the one before. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "cli/hop/parts.h"
#include "lib/net/echo.h"
#include "lib/net/filter.h"

#define PROBE_COUNT	  3
#define PROBE_INTERVAL_MS 250
#define PROBE_WAIT_MS	  500

#define FENCE_FAMILY "inet" /* ours: it says itself what it drops */
#define FENCE_TABLE  "skein"

static const char *address_text(struct arena *a, const struct address *x)
{
	char text[ADDRESS_TEXT_MAX];

	return x->family != FAMILY_NONE ? arena_strdup(a, address_format(x, text)) : NULL;
}

const char *hop_filter_read(const struct hop_context *x, const char *in, const char *out)
{
	const struct filter_packet packet = {.hook = out != NULL ? "forward" : "input",
					     .in = in,
					     .out = out,
					     .state = out != NULL ? "untracked" : "new"};
	struct filter *filter = filter_new();
	struct filter_place where = {0};
	const char *drops = NULL;

	if (filter_read(filter, FENCE_FAMILY, FENCE_TABLE, NULL) == 0 &&
	    filter_judge(filter, &packet, &where) == FILTER_DROPS)
		drops = arena_printf(x->arena, "%s %s %s%s", where.family, where.table, where.chain,
				     where.policy ? " (its policy)" : "");
	filter_free(filter);
	return drops;
}

/* ---- where the packet comes from ---- */

static bool is_own(const struct hop_machine *m, const struct address *a)
{
	for (size_t i = 0; i < m->memberships.n; i++)
		if (address_equal(&m->memberships.at[i].own, a))
			return true;
	return false;
}

/* What another machine of the mesh hands on: by which device it comes, and whether it may. */
static const struct hop_membership *read_arrival(struct hop_context *x, struct hop *out)
{
	const struct address *previous = &x->question->previous;
	const struct hop_membership *m = hop_membership_of(&x->machine, previous);
	const uint32_t index = m != NULL ? hop_peer_index(m, previous) : 0;
	const struct link *device = index != 0 ? hop_peer_device(x, m, index) : NULL;
	struct hop_arrival *arrival = &out->arrival;

	if (m == NULL)
		return NULL;
	arrival->mesh = arena_strdup(x->arena, m->mesh->name);
	arrival->from = index != 0 ? arena_strdup(x->arena, state_name_at(m->view, index))
				   : address_text(x->arena, previous);
	arrival->guard =
		hop_intent_guard(m, &x->from, &x->question->to, x->arena, &arrival->peering);
	if (device == NULL)
		return m;
	x->iif = device->index;
	hop_peer_read(x, m, device->name, &x->from, previous, &arrival->peer);
	return m;
}

/* A packet that starts here, or behind here. */
static void find_source(struct hop_context *x)
{
	if (x->from.family == FAMILY_NONE)
		x->from = hop_fib_source(x);
	if (x->from.family == FAMILY_NONE || is_own(&x->machine, &x->from))
		return;
	x->iif = hop_fib_device_to(x, &x->from);
	if (x->iif != 0 && link_by_index(&x->links, x->iif) == NULL)
		x->iif = 0;
}

/* ---- where it goes ---- */

static void read_next(const struct hop_context *x, const struct hop_membership *there,
		      const char *device, struct hop *out)
{
	const char *gateway = out->fib.gateway;
	struct address expected = {0};

	if (gateway != NULL)
		address_parse(gateway, &expected, NULL);
	else if (prefix_has(&there->cidr, &x->question->to))
		expected = x->question->to;
	hop_peer_read(x, there, device, &x->question->to, &expected, &out->peer);
	out->delivered = "next";
	out->next.machine = out->peer.name;
	/* Of a peer whose key the state does not know, the address is that of who should be it. */
	out->next.address =
		out->peer.address != NULL ? out->peer.address : address_text(x->arena, &expected);
	out->next.mesh = arena_strdup(x->arena, there->mesh->name);
	out->next.own = address_text(x->arena, &there->own);
}

/* ---- whether they answer ---- */

static void probe(const struct address *from, const struct address *to, struct hop_probe *out)
{
	const struct echo_question q = {.from = *from,
					.to = *to,
					.count = PROBE_COUNT,
					.interval_ms = PROBE_INTERVAL_MS,
					.wait_ms = PROBE_WAIT_MS};
	struct echo_answer answer;

	if (echo_ask(&q, &answer, NULL) != 0)
		return;
	*out = (struct hop_probe){
		.asked = true, .answered = answer.answered, .rtt_us = answer.rtt_us};
}

/* The next machine, from the own address in its mesh; what WireGuard says of it is read again, for
 * this may have begun a handshake. */
static void probe_next(const struct hop_context *x, struct hop *out)
{
	const struct hop_peer before = out->peer;
	const struct hop_membership *there;
	struct address next;

	if (out->next.address == NULL || address_parse(out->next.address, &next, NULL) != 0)
		return;
	there = hop_membership_of(&x->machine, &next);
	if (there == NULL)
		return;
	probe(&there->own, &next, &out->probe);
	hop_peer_read(x, there, before.device, &x->question->to, &next, &out->peer);
	out->probe.heard = out->peer.rx_bytes > before.rx_bytes;
}

static void probe_all(const struct hop_context *x, struct hop *out)
{
	probe_next(x, out);
	if (is_own(&x->machine, &x->from) && strcmp(out->delivered, "here") != 0)
		probe(&x->from, &x->question->to, &out->end);
}

static void read_way(const struct hop_context *x, int device, struct hop *out)
{
	const struct link *l = link_by_index(&x->links, device), *in;
	const struct hop_membership *there =
		l != NULL ? hop_membership_by_alias(&x->machine, l->alias) : NULL;

	out->delivered = "nowhere";
	if (out->fib.type == NULL)
		return;
	if (strcmp(out->fib.type, "local") == 0)
		out->delivered = "here";
	else if (there != NULL)
		read_next(x, there, l->name, out);
	else if (strcmp(out->fib.type, "unicast") == 0)
		out->delivered = "lan";
	in = link_by_index(&x->links, x->iif);
	if (in != NULL && strcmp(out->delivered, "nowhere") != 0)
		out->firewall = hop_filter_read(
			x, in->name,
			strcmp(out->delivered, "here") != 0 && l != NULL ? l->name : NULL);
}

static int read_machine(struct hop_context *x, struct hop *out)
{
	const struct hop_membership *arrived = NULL, *meant, *asked;
	int device;

	out->machine = arena_strdup(x->arena, x->machine.name);
	out->to = address_text(x->arena, &x->question->to);
	meant = hop_intent_find(&x->machine, &x->question->to, x->arena, &out->intent);
	x->from = x->question->from;
	if (x->question->previous.family != FAMILY_NONE && x->from.family != FAMILY_NONE)
		arrived = read_arrival(x, out);
	if (arrived == NULL)
		find_source(x);
	out->from = address_text(x->arena, &x->from);
	/* On a gateway what comes from a mesh goes by that mesh's table. */
	asked = arrived != NULL && arrived->self->role == STATE_ROLE_GATEWAY ? arrived : meant;
	out->agent = asked != NULL ? asked->agent : x->machine.agent;
	if (asked != NULL)
		hop_rib_read(x, asked, &out->intent, &out->rib);
	device = hop_fib_read(x, strcmp(out->intent.kind, "here") != 0 ? asked : NULL, &out->fib);
	read_way(x, device, out);
	if (x->question->probe)
		probe_all(x, out);
	return 0;
}

int hop_gather(const struct hop_question *q, struct arena *a, struct hop *out, struct fault *f)
{
	struct hop_context x = {.question = q, .arena = a};
	int code = hop_machine_open(&x.machine, true, a, f);

	*out = (struct hop){0};
	if (code == 0)
		code = netlink_open(NETLINK_ROUTE, &x.netlink, f);
	if (code == 0)
		code = link_list(x.netlink, &x.links, f);
	if (code == 0)
		code = read_machine(&x, out);
	vec_free(&x.links);
	netlink_close(x.netlink);
	hop_machine_close(&x.machine);
	return code;
}
