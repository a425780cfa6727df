/* bird.conf: what only the machine knows (bird-templates/README.md). It has two parts around the
 * include of membership.conf, because its protocols use names that membership.conf and the
 * templates define, and these use the names of the first part. `STARTING` stands at the top, so
 * that what differs in the first seconds after a crash is one line, which the supervisor writes. */
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/move.h"
#include "lib/mesh/bfd_pace.h"

#define DRAINED_MS   8000
#define PRIORITY     100
#define PRIORITY_MAX 65535 /* that rank() takes */

#define OWN_BEGIN "protocol static s_own {\n  ipv4; check link;\n"

static const char *device_of(const struct desired *d, uint32_t number, char guess[LINK_NAME_MAX])
{
	for (size_t i = 0; i < d->facts.n; i++)
		if (d->facts.memberships[i].number == number)
			return d->facts.memberships[i].main;
	/* Not there yet, or refused: the text names it all the same. */
	snprintf(guess, LINK_NAME_MAX, "%.8s%u", d->facts.in->config->device, number % 256);
	return guess;
}

/* What it got to offer that others have too is second to theirs until all of the mesh are ready for
 * it. */
static struct mono growing_until(const struct membership_facts *m)
{
	const struct mono since = m->from->grown;

	return since.ns != 0 ? mono_add_ms(since, DRAINED_MS) : since;
}

static bool is_growing(const struct desired *d, const struct membership_facts *m)
{
	const struct mono until = growing_until(m);

	return until.ns != 0 && !mono_reached(until, d->facts.in->clock);
}

/* For its first seconds with more than it had, or as long as an operator says. */
static bool is_drained(const struct desired *d, const struct membership_facts *m)
{
	return m->drained || is_growing(d, m);
}

static void put_head(const struct desired *d, const struct membership_facts *m, struct buf *b)
{
	char text[ADDRESS_TEXT_MAX], guess[LINK_NAME_MAX];
	uint64_t n;
	const struct state_sibling *siblings = state_records(m->from->image, STATE_SIBLINGS, &n);

	buf_printf(b,
		   "log stderr { info, warning, error, fatal, remote, auth, bug };\n"
		   "router id %s;\n"
		   "timeformat protocol iso long ms;\n"
		   "timeformat log iso long ms;\n"
		   "define BGP_PORT = %u;\n"
		   "define DRAIN = %s;\n",
		   address_format(&m->own, text), m->mesh->bgp_port,
		   is_drained(d, m) ? "true" : "false");
	for (uint64_t i = 0; i < n; i++) {
		bool said = false; /* two peerings with one mesh */

		for (uint64_t k = 0; k < i; k++)
			said = said || siblings[k].number == siblings[i].number;
		if (!said)
			buf_printf(b, "define DEV_%u = \"%s\";\n", siblings[i].number,
				   device_of(d, siblings[i].number, guess));
	}
}

/* A route of its own that somebody removed BIRD notices by a scan only; it asks for the one table.
 */
static void put_kernel(const struct membership_facts *m, struct buf *b)
{
	buf_printf(b,
		   "protocol device { scan time 10; }\n"
		   "protocol kernel k_main {\n"
		   "  disabled STARTING;\n"
		   "  kernel table %u; metric 32; scan time 4; merge paths on; persist on;\n"
		   "  ipv4 { import none; export filter to_kernel; };\n"
		   "}\n",
		   m->table);
}

/* BIRD's strings have no escapes. */
static bool is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "._-@")] == '\0';
}

/* Over the LAN devices that lead to all of it: BIRD hears from the kernel itself when their cables
 * are pulled, and withdraws it in the same moment; the agent's round comes later. */
static bool put_offer(const struct own_prefix *own, bool any, struct buf *b)
{
	char text[PREFIX_TEXT_MAX];
	size_t ways = 0;

	if (!own->announced)
		return any;
	buf_printf(b, "%s  route %s", any ? "" : OWN_BEGIN, prefix_format(&own->prefix, text));
	for (size_t i = 0; i < own->lans.whole; i++)
		if (is_plain(own->lans.at[i]->name)) {
			buf_printf(b, " via \"%s\"", own->lans.at[i]->name);
			ways++;
		}
	buf_printf(b, "%s%s;\n", ways > 0 ? "" : " unreachable",
		   own->held ? " { bgp_community.add(GSHUT); }" : "");
	return true;
}

/* What this machine announces: BIRD's filters need the prefix only; main has the route. */
static void put_own(const struct membership_facts *m, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < m->napproved; i++)
		any = put_offer(&m->approved[i], any, b);
	if (m->exit != NULL)
		any = put_offer(&m->everything, any, b);
	buf_puts(b, any ? "}\n" : "");
}

/* What this gateway may show other meshes of the peer: its prefixes or parts of them, its address;
 * and with which priority. */
static bool is_shown(const struct membership_facts *m, const struct move_facts *mv,
		     const struct prefix *p, uint32_t *priority)
{
	const struct prefix host = prefix_of_address(&mv->address);
	uint64_t n;
	const struct state_announced *a = state_records(m->from->view, STATE_PREFIXES, &n);

	*priority = PRIORITY;
	if (prefix_equal(p, &host))
		return true;
	for (uint64_t i = 0; i < n; i++) {
		const struct prefix q = state_prefix_get(&a[i].prefix);

		if (a[i].peer == mv->peer && (a[i].flags & STATE_ANNOUNCED_LIMITED) == 0 &&
		    q.length > 0 && prefix_contains(&q, p)) {
			*priority = a[i].priority < PRIORITY_MAX ? a[i].priority : PRIORITY_MAX;
			return true;
		}
	}
	return false;
}

/* A peer on the move loses its session for a moment; what this gateway shows other meshes of it
 * stays. Only to_sibling() announces static routes, and BGP's own are preferred. */
static void put_moves(const struct facts *f, const struct membership_facts *m, struct buf *b)
{
	char prefix[PREFIX_TEXT_MAX], address[ADDRESS_TEXT_MAX];
	bool any = false;

	for (size_t i = 0; i < m->nmoves && m->gateway; i++) {
		const struct move_facts *mv = &m->moves[i];

		for (size_t k = 0; k < f->nheld; k++) {
			const struct route *r = &f->held[k];
			uint32_t priority;

			if (r->table != m->table || !move_routes_lead(r, &mv->address) ||
			    !is_shown(m, mv, &r->prefix, &priority))
				continue;
			buf_printf(b, "%s  route %s via %s { rank(%u, FIRST); };\n",
				   any ? ""
				       : "protocol static s_move {\n  ipv4 { preference 50; };\n",
				   prefix_format(&r->prefix, prefix),
				   address_format(&mv->address, address), priority);
			any = true;
		}
	}
	buf_puts(b, any ? "}\n" : "");
}

/* A router has a BFD session with each that it speaks with; others have one on a trunk only. */
static uint64_t bfd_sessions(const struct membership_facts *m)
{
	uint64_t n, count = 0;
	const struct state_speaker *s = state_records(m->from->image, STATE_SPEAKERS, &n);

	for (uint64_t i = 0; i < n; i++)
		count += m->router || s[i].device != 0;
	return count;
}

/* On trunks; on a router also on its main device, where the plain members' trunks end. The names
 * are written so that wg1 does not take wg10 along. */
static void put_bfd(const struct membership_facts *m, struct buf *b)
{
	unsigned multiplier = m->mesh->bfd_multiplier;

	if (!m->router && m->ntrunks == 0)
		return;
	buf_puts(b, "protocol bfd f_main {\n  strict bind; accept ipv4 direct;\n  interface ");
	if (m->router)
		buf_printf(b, "\"%s\", ", m->main);
	buf_printf(b,
		   "\"%st*\" { interval %u ms; idle tx interval 1 s; multiplier %u; };\n"
		   "}\n",
		   m->main, bfd_pace_ms(m->mesh->bfd_interval_ms, bfd_sessions(m)), multiplier);
}

void plan_birds(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];
		struct desired_bird bird = {.membership = m};
		struct buf b;

		if (m->index == 0)
			continue; /* it would miss the devices that it names */
		buf_init(&b);
		put_head(d, m, &b);
		bird.head = arena_strdup(&d->arena, buf_text(&b));
		buf_clear(&b);
		put_kernel(m, &b);
		put_own(m, &b);
		put_moves(&d->facts, m, &b);
		put_bfd(m, &b);
		bird.tail = arena_strdup(&d->arena, buf_text(&b));
		buf_fini(&b);
		vec_push(&d->birds, bird);
		if (is_growing(d, m))
			desired_wake(d, growing_until(m));
		if (m->held_until.ns != 0)
			desired_wake(d, m->held_until);
	}
}
