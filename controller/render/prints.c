/* What a plain member's image has beside its own is: the defines of membership.conf, the sessions
 * with routers and the trunks to them, what may be sent within the mesh, and what peerings name.
 * Who has sessions with all peers (routers; where there is no reflector, everybody) depends on the
 * *roster*: all peers' names and places, and all approvals.
 *
 * Most members are ordinary: plain, with nothing approved for them alone, in no peered mesh. What
 * is their own is a name and some numbers. For others, all that is not covered by shared print and
 * roster is rendered, from a copy of what was prepared that lacks the rest. */
#include "controller/render/prints.h"

#include <string.h>

#include "controller/render/prepared.h"

enum kind { ORDINARY = 1, SPECIAL = 2 };

struct prints {
	const struct render *render;
	struct digest shared, roster;
	struct mesh_plan plan; /* without routers */
	struct render alone;   /* without what is shared */
};

/* ---- pieces ---- */

static void add_number(struct digest_stream *s, uint64_t n)
{
	digest_add(s, &n, sizeof(n));
}

static void add_text(struct digest_stream *s, const char *text)
{
	digest_add(s, text, strlen(text) + 1);
}

static void add_prefixes(struct digest_stream *s, const struct prefix *at, size_t n)
{
	add_number(s, n);
	if (n > 0)
		digest_add(s, at, n * sizeof(*at));
}

static void add_list(struct digest_stream *s, const struct prefix_list *list)
{
	add_prefixes(s, list->at, list->n);
}

static void add_peer(struct digest_stream *s, const struct render *r, size_t member)
{
	const struct membership *m = &r->rows->memberships[member];

	add_number(s, (uint64_t)m->index << 32 | (uint64_t)m->slot << 8 | r->plan->role[member]);
	add_text(s, r->rows->names[member]);
}

/* With its users: what a gateway hands on to a member depends on these. */
static void add_holding(struct digest_stream *s, const struct render *r, const struct holding *x)
{
	const struct announcement *a = render_announcement(r, x);

	add_prefixes(s, &x->prefix, 1);
	add_number(s, r->rows->memberships[x->member].index);
	add_number(s, a->priority);
	add_number(s, a->nusers);
	for (size_t i = 0; i < a->nusers; i++)
		add_number(s, row_index_find(r->index, a->users[i]));
}

/* ---- what all share ---- */

static void make_roster(struct prints *p)
{
	const struct render *r = p->render;
	struct digest_stream s;

	digest_begin(&s);
	for (size_t i = 0; i < r->npeers; i++)
		add_peer(&s, r, r->peers[i]);
	for (size_t i = 0; i < r->holdings->n; i++)
		add_holding(&s, r, &r->holdings->at[i]);
	digest_end(&s, &p->roster);
}

static void add_routers(struct digest_stream *s, const struct render *r)
{
	for (size_t i = 0; i < r->nrouters; i++) {
		const struct span *own = &r->holdings->own[r->routers[i]];

		add_peer(s, r, r->routers[i]);
		for (size_t k = 0; k < own->n; k++)
			add_holding(s, r, &r->holdings->at[r->holdings->by_member[own->first + k]]);
	}
}

static void add_trunks(struct digest_stream *s, const struct render *r)
{
	const struct mesh_plan *plan = r->plan;

	add_list(s, &plan->gateway);
	for (size_t i = 0; i < plan->nrouters; i++) {
		const struct router_plan *x = &plan->routers[i];
		const struct prefix_list *allowed = &plan->allowed[x->member];

		if (!r->rows->memberships[x->member].has_key)
			continue;
		add_number(s, r->rows->memberships[x->member].index);
		add_number(s, x->slot);
		if (allowed->at != plan->gateway.at)
			add_list(s, allowed);
	}
}

static void add_peerings(struct digest_stream *s, const struct mesh_rows *rows)
{
	add_number(s, rows->nremotes);
	for (size_t i = 0; i < rows->nremotes; i++) {
		const struct remote_rows *x = &rows->remotes[i];

		digest_add(s, x->peering.bytes, sizeof(x->peering.bytes));
		add_prefixes(s, &x->mesh.cidr, 1);
		add_prefixes(s, x->shown, x->nshown);
		add_prefixes(s, x->let_in, x->nlet_in);
	}
}

static void make_shared(struct prints *p, const struct digest *templates)
{
	const struct render *r = p->render;
	struct digest_stream s;

	digest_begin(&s);
	digest_add(&s, templates->bytes, sizeof(templates->bytes));
	add_text(&s, r->rows->mesh.name);
	add_text(&s, r->defines);
	add_routers(&s, r);
	add_trunks(&s, r);
	add_list(&s, &r->inside);
	add_list(&s, &r->outside);
	add_peerings(&s, r->rows);
	add_number(&s, r->rows->mesh.route_reflector);
	if (!r->rows->mesh.route_reflector)
		digest_add(&s, p->roster.bytes, sizeof(p->roster.bytes));
	digest_end(&s, &p->shared);
}

static void make_alone(struct prints *p)
{
	p->plan = *p->render->plan;
	p->plan.nrouters = 0;
	p->alone = *p->render;
	p->alone.plan = &p->plan;
	p->alone.defines = "";
	p->alone.inside.n = p->alone.outside.n = 0;
	p->alone.npeers = p->alone.nrouters = 0;
}

struct prints *prints_make(const struct render *r, const struct digest *templates, struct arena *a)
{
	struct prints *p = arena_alloc(a, sizeof(*p));

	p->render = r;
	make_roster(p);
	make_shared(p, templates);
	make_alone(p);
	return p;
}

const struct digest *prints_shared(const struct prints *p)
{
	return &p->shared;
}

/* ---- what is its own ---- */

static bool is_ordinary(const struct render *r, size_t member)
{
	if (render_is_router(r, member) || r->holdings->own[member].n > 0 ||
	    r->usable_of[member].n > 0)
		return false;
	for (size_t i = 0; i < r->rows->nremotes; i++)
		if (render_elsewhere(r, member, i) != NULL)
			return false;
	return true;
}

static void add_ordinary(struct digest_stream *s, const struct mesh_rows *rows, size_t member)
{
	const struct membership *m = &rows->memberships[member];

	add_number(s, (uint64_t)m->index << 32 | (uint64_t)m->drained << 31 | m->number << 8 |
			      m->slot);
	digest_add(s, rows->machines[member].bytes, sizeof(rows->machines[member].bytes));
	add_text(s, rows->names[member]);
}

static void add_special(struct digest_stream *s, const struct prints *p, size_t member)
{
	const struct render_image none = {0};
	struct buf bytes;

	buf_init(&bytes);
	render_bird_text(&p->alone, member, &bytes);
	render_membership(&p->alone, member, &none, &bytes);
	digest_add(s, bytes.data, bytes.len);
	buf_fini(&bytes);
	if (render_is_router(p->render, member))
		digest_add(s, p->roster.bytes, sizeof(p->roster.bytes));
}

void prints_member(const struct prints *p, size_t member, struct digest *out)
{
	bool ordinary = is_ordinary(p->render, member);
	struct digest_stream s;

	digest_begin(&s);
	add_number(&s, ordinary ? ORDINARY : SPECIAL);
	if (ordinary)
		add_ordinary(&s, p->render->rows, member);
	else
		add_special(&s, p, member);
	digest_end(&s, out);
}
