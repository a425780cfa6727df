/* The nftables table: what comes in on a device that is not the mesh's may not look as if it came
 * from the mesh, nor go there, unless it is of a network that this machine announces.
 *
 * Priority raw, before conntrack. The counters are named, so that `status` can say why something
 * was dropped, and keep their counts when the table is replaced. What a prefix of others has in
 * common with a network that the machine is connected to, or announces itself, is left alone. */
#include <netinet/in.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/fence.h"
#include "agent/plan/lans.h"
#include "agent/plan/offers.h"
#include "agent/plan/translation.h"

#define BFD_PORTS    "{ 3784, 3785, 4784 }" /* single hop, its echo, multihop: as the guard has it */
#define SIBLINGS     "127.83.0.0/16"	    /* as bird-templates/base.conf has them */
#define SIBLING_PORT 17983

const char *const fence_counters[] = {
#define X(name, text) #name,
	FENCE_REASONS(X)
#undef X
};
const char *const fence_texts[] = {
#define X(name, text) text,
	FENCE_REASONS(X)
#undef X
};

static void push_mesh(prefix_vec *out, const struct membership_facts *m)
{
	uint64_t n;
	const struct state_remote *r = state_records(m->from->view, STATE_REMOTES, &n);

	vec_push(out, m->cidr);
	for (uint64_t i = 0; i < n; i++)
		vec_push(out, state_prefix_get(&r[i].cidr));
}

static void push_others(prefix_vec *out, const struct membership_facts *m)
{
	uint64_t n, nlet_in;
	const struct state_announced *a = state_records(m->from->view, STATE_PREFIXES, &n);
	const struct state_let_in *l = state_records(m->from->view, STATE_LET_IN, &nlet_in);

	for (uint64_t i = 0; i < n; i++)
		if (a[i].peer != m->self->peer && facts_usable(m, &a[i]))
			vec_push(out, state_prefix_get(&a[i].prefix));
	for (uint64_t i = 0; i < nlet_in; i++)
		vec_push(out, state_prefix_get(&l[i].prefix));
}

/* Each of `from` less what is the machine's own, as disjoint prefixes. 0/0 belongs to exits. */
static void subtract_own(const struct desired *d, const prefix_vec *from, bool announced,
			 prefix_vec *out)
{
	prefix_vec less = {0};

	for (size_t i = 0; i < d->facts.nconnected; i++)
		vec_push(&less, d->facts.connected[i].prefix);
	for (size_t i = 0; i < d->facts.n && announced; i++)
		for (size_t k = 0; k < d->facts.memberships[i].napproved; k++)
			vec_push(&less, d->facts.memberships[i].approved[k].prefix);
	for (size_t i = 0; i < from->n; i++)
		if (from->at[i].family == FAMILY_IPV4 && from->at[i].length > 0)
			prefix_subtract(&from->at[i], less.at, less.n, out);
	prefix_vec_normalize(out);
	vec_free(&less);
}

void fence_put_set(struct buf *b, const char *name, const prefix_vec *v)
{
	char text[PREFIX_TEXT_MAX];

	buf_printf(b, "\tset %s {\n\t\ttype ipv4_addr\n\t\tflags interval\n", name);
	for (size_t i = 0; i < v->n; i++)
		buf_printf(b, "%s%s", i == 0 ? "\t\telements = { " : ", ",
			   prefix_format(&v->at[i], text));
	buf_puts(b, v->n > 0 ? " }\n\t}\n" : "\t}\n");
}

static void put_sets(struct desired *d)
{
	prefix_vec mesh = {0}, others = {0}, mesh_only = {0}, others_only = {0};

	for (size_t i = 0; i < d->facts.n; i++) {
		push_mesh(&mesh, &d->facts.memberships[i]);
		push_others(&others, &d->facts.memberships[i]);
	}
	subtract_own(d, &mesh, false, &mesh_only);
	subtract_own(d, &others, true, &others_only);
	fence_put_set(&d->fence, "mesh4", &mesh_only);
	fence_put_set(&d->fence, "others4", &others_only);
	translation_put_sets(d, &mesh, &others);
	vec_free(&mesh);
	vec_free(&others);
	vec_free(&mesh_only);
	vec_free(&others_only);
}

static void put_devices(struct desired *d)
{
	struct buf *b = &d->fence;

	buf_puts(b, "\tset mesh_devices {\n\t\ttype ifname\n\t\telements = { ");
	for (size_t i = 0; i < d->devices.n; i++)
		buf_printf(b, "%s\"%s\"", i == 0 ? "" : ", ", d->devices.at[i].name);
	buf_puts(b, " }\n\t}\n");
}

static void put_bgp_ports(struct desired *d)
{
	struct buf *b = &d->fence;

	buf_puts(b, "\tset bgp_ports {\n\t\ttype inet_service\n\t\telements = { ");
	for (size_t i = 0; i < d->facts.n; i++) {
		unsigned port = d->facts.memberships[i].mesh->bgp_port;
		bool said = false;

		for (size_t k = 0; k < i; k++)
			said = said || d->facts.memberships[k].mesh->bgp_port == port;
		if (!said)
			buf_printf(b, "%s%u", i == 0 ? "" : ", ", port);
	}
	buf_puts(b, " }\n\t}\n");
}

/* WireGuard's packets and the controller's answers may come from an address that a prefix has: both
 * prove themselves, here. What is to be forwarded does not. */
static void put_underlay(struct desired *d)
{
	const struct plan_input *in = d->facts.in;
	struct buf *b = &d->fence;
	char text[ADDRESS_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < d->devices.n; i++) {
		const struct desired_device *dev = &d->devices.at[i];
		const struct wg_device *now = observation_wg(in->seen, dev->name);
		uint16_t port = dev->wg.listen_port != 0 || now == NULL ? dev->wg.listen_port
									: now->listen_port;

		if (port != 0)
			buf_printf(b, "%s%u", any ? ", " : "\t\tfib daddr type local udp dport { ",
				   port);
		any = any || port != 0;
	}
	buf_puts(b, any ? " } accept\n" : "");
	for (size_t i = 0; i < in->ncontrollers; i++)
		if (in->controllers[i].address.family == FAMILY_IPV4)
			buf_printf(b, "\t\tfib daddr type local ip saddr %s tcp sport %u accept\n",
				   address_format(&in->controllers[i].address, text),
				   in->controllers[i].port);
}

static void put_lan(struct buf *b, const char *device, const char *prefix, bool tracked)
{
	static const char *const sets[] = {"mesh4", "others4"};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		buf_printf(b, "\t\tiifname \"%s\" ip saddr %s ip daddr @%s %s\n", device, prefix,
			   sets[i], tracked ? "accept" : "goto untracked");
}

/* A network that this machine announces, on its devices, may go to the mesh; never to its BGP. One
 * that is translated is tracked this way, too: what it has asked itself must not be translated when
 * the answer comes. */
static void put_lans(struct desired *d)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		for (size_t k = 0; k < m->napproved; k++) {
			const struct own_prefix *own = &m->approved[k];

			prefix_format(&own->prefix, text);
			for (size_t j = 0; j < own->lans.n; j++)
				put_lan(&d->fence, own->lans.at[j]->name, text,
					offers_translated(own));
		}
	}
}

static bool is_drained(const struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++)
		if (!d->facts.memberships[i].drained)
			return false;
	return d->facts.n > 0;
}

/* What others send by a machine that is to be left alone (agent/idle.h). */
static void put_carried(struct desired *d)
{
	char text[ADDRESS_TEXT_MAX];

	if (!is_drained(d))
		return;
	buf_puts(&d->fence, "\t\tiifname @mesh_devices ip daddr != { ");
	for (size_t i = 0; i < d->facts.n; i++)
		buf_printf(&d->fence, "%s%s", i > 0 ? ", " : "",
			   address_format(&d->facts.memberships[i].own, text));
	buf_puts(&d->fence, " } counter name " FENCE_CARRIED "\n");
}

static void put_prerouting(struct desired *d)
{
	struct buf *b = &d->fence;

	buf_puts(b, "\tchain fence {\n"
		    "\t\ttype filter hook prerouting priority raw; policy accept;\n"
		    "\t\tiifname \"lo\" accept\n"
		    "\t\ticmp type redirect counter name redirect_in drop\n");
	put_carried(d);
	buf_puts(b, "\t\tiifname @mesh_devices goto untracked\n"
		    "\t\tip daddr @mesh4 tcp dport @bgp_ports counter name control drop\n"
		    "\t\tip daddr @mesh4 tcp sport @bgp_ports counter name control drop\n"
		    "\t\tip daddr @mesh4 udp dport " BFD_PORTS " counter name control drop\n");
	translation_put_accepts(d);
	put_lans(d);
	buf_puts(b, "\t\tip saddr @mesh4 counter name mesh_source drop\n"
		    "\t\tip daddr @mesh4 counter name mesh_destination drop\n");
	put_underlay(d);
	buf_puts(b, "\t\tip saddr @others4 counter name prefix_source drop\n"
		    "\t\tip daddr @others4 counter name prefix_destination drop\n"
		    "\t}\n");
}

/* It forwards because we said so, or are about to. */
static bool is_opened(const struct plan_input *in, const struct link *lan)
{
	for (size_t i = 0; i < in->nopened; i++)
		if (strcmp(in->opened[i], lan->name) == 0)
			return true;
	for (size_t i = 0; i < in->seen->links.n && i < in->seen->confs.n; i++)
		if (in->seen->links.at[i].index == lan->index)
			return in->seen->confs.at[i].forwarding == 0;
	return false;
}

/* A device that we opened passes only between itself and the mesh. */
static void put_forward(struct desired *d)
{
	lan_vec lans = {0};

	lans_all(&d->facts, &lans);
	buf_puts(&d->fence, "\tchain opened {\n"
			    "\t\ttype filter hook forward priority filter - 10; policy accept;\n");
	translation_put_answers(d);
	for (size_t i = 0; i < lans.n; i++)
		if (is_opened(d->facts.in, lans.at[i]))
			buf_printf(&d->fence,
				   "\t\tiifname \"%s\" oifname != @mesh_devices counter name "
				   "opened drop\n",
				   lans.at[i]->name);
	buf_puts(&d->fence, "\t}\n");
	vec_free(&lans);
}

/* BGP and BFD know their neighbour by its address, and every user of this machine has its
 * addresses: only BIRD speaks from here, to the meshes and to its siblings. What no socket sends
 * any more (the rest of a connection) matches no user. */
static void put_out(struct desired *d)
{
	struct buf *b = &d->fence, others;

	buf_init(&others);
	if (d->facts.in->bird != 0)
		buf_printf(&others, "meta skuid != { 0, %u }", (unsigned)d->facts.in->bird);
	else
		buf_puts(&others, "meta skuid != 0");
	buf_puts(b, "\tchain out {\n"
		    "\t\ttype filter hook output priority raw; policy accept;\n"
		    "\t\ticmp type redirect counter name redirect_out drop\n");
	buf_printf(b,
		   "\t\tip daddr @mesh4 tcp dport @bgp_ports %1$s counter name control_out drop\n"
		   "\t\tip daddr @mesh4 udp dport " BFD_PORTS
		   " %1$s counter name control_out drop\n"
		   "\t\tip daddr " SIBLINGS " tcp dport %2$u %1$s counter name control_out drop\n"
		   "\t}\n",
		   buf_text(&others), SIBLING_PORT);
	buf_fini(&others);
}

void plan_fence(struct desired *d)
{
	struct buf *b = &d->fence;

	if (d->facts.n == 0)
		return;
	for (size_t i = 0; i < FENCE_REASON_COUNT; i++)
		buf_printf(b, "\tcounter %s {\n\t}\n", fence_counters[i]);
	if (is_drained(d))
		buf_puts(b, "\tcounter " FENCE_CARRIED " {\n\t}\n");
	put_devices(d);
	put_sets(d);
	put_bgp_ports(d);
	put_prerouting(d);
	put_forward(d);
	/* Forwarded mesh traffic may come one way and go back another: conntrack would call it
	 * invalid. What is delivered here keeps its state. */
	buf_puts(b, "\tchain untracked {\n"
		    "\t\tfib daddr type local accept\n");
	translation_put_tracked(d);
	buf_puts(b, "\t\tnotrack accept\n"
		    "\t}\n");
	put_out(d);
	translation_put_chain(d);
	plan_fence_moves(d);
}
