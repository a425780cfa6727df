/* Who may send to whom.
 *
 * Within the mesh: from what belongs to the mesh (its CIDR and what its members are approved for)
 * to what all of it may use, and from a limited prefix's users to that prefix. On a gateway that is
 * all of the mesh's, elsewhere the machine's own.
 *
 * Between meshes: from what a peering lets in to what it shows, of that; and back, on a gateway. A
 * machine of a peered mesh that the peering does not name may still answer with an ICMP error that
 * quotes a packet which may pass, else path MTU dies where a peering names one prefix only.
 *
 * The sets are disjoint from what is not meant: prefixes are taken less the CIDRs and less what is
 * let in (plan->walls), or an approval for 10.0.0.0/8 would make a peered mesh a part of this one.
 */
#include "controller/render/guard.h"

#include <string.h>

/* ---- shared by the members of a mesh ---- */

static void push_all(prefix_vec *to, const struct prefix_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, from->at[i]);
}

/* What two sets have in common: where prefixes overlap, the longer. */
static void intersect(const struct prefix_list *a, const struct prefix *b, size_t nb,
		      prefix_vec *out)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < nb; k++)
			if (prefix_contains(&b[k], &a->at[i]))
				vec_push(out, a->at[i]);
			else if (prefix_contains(&a->at[i], &b[k]))
				vec_push(out, b[k]);
	prefix_vec_normalize(out);
}

static void prepare_inside(struct render *r, struct arena *a)
{
	const struct holdings *h = r->holdings;
	prefix_vec inside = {0};

	vec_push(&inside, r->rows->mesh.cidr);
	for (size_t g = 0; g < h->ngroups; g++) {
		const struct prefix *p = &h->at[h->groups[g].first].prefix;

		if (p->length > 0)
			prefix_subtract(p, r->plan->walls, r->plan->nwalls, &inside);
	}
	prefix_vec_normalize(&inside);
	r->inside = prefix_list_keep(a, &inside);
	vec_free(&inside);
}

/* A member's pieces of an approval for all, less what it has inside for some only. */
static void push_open(const struct render *r, const struct span *own, const struct holding *x,
		      prefix_vec *out)
{
	const struct prefix_list *pieces = &r->plan->pieces[x->announcement];
	const struct holdings *h = r->holdings;
	prefix_vec less = {0};

	for (size_t i = 0; i < own->n; i++) {
		const struct holding *y = &h->at[h->by_member[own->first + i]];

		if (y != x && render_announcement(r, y)->nusers > 0 &&
		    prefix_contains(&x->prefix, &y->prefix))
			vec_push(&less, y->prefix);
	}
	for (size_t i = 0; i < pieces->n; i++)
		prefix_subtract(&pieces->at[i], less.at, less.n, out);
	vec_free(&less);
}

static void prepare_open(struct render *r, struct arena *a)
{
	const struct holdings *h = r->holdings;
	size_t n = r->rows->nmemberships;
	prefix_vec all = {0}, mine = {0};

	r->open_of = arena_array(a, n, sizeof(r->open_of[0]));
	vec_push(&all, r->rows->mesh.cidr);
	for (size_t m = 0; m < n; m++) {
		vec_push(&mine, render_host(r, m));
		for (size_t i = 0; i < h->own[m].n; i++) {
			const struct holding *x = &h->at[h->by_member[h->own[m].first + i]];

			if (x->prefix.length > 0 && render_announcement(r, x)->nusers == 0)
				push_open(r, &h->own[m], x, &mine);
		}
		prefix_vec_normalize(&mine);
		r->open_of[m] = prefix_list_keep(a, &mine);
		push_all(&all, &r->open_of[m]);
	}
	prefix_vec_normalize(&all);
	r->open = prefix_list_keep(a, &all);
	vec_free(&all);
	vec_free(&mine);
}

static void prepare_between(struct render *r, struct arena *a)
{
	size_t n = r->rows->nremotes;
	prefix_vec v = {0};

	r->let_in = arena_array(a, n, sizeof(r->let_in[0]));
	r->open_out = arena_array(a, n, sizeof(r->open_out[0]));
	for (size_t i = 0; i < n; i++) {
		const struct remote_rows *x = &r->rows->remotes[i];

		for (size_t k = 0; k < x->nlet_in; k++)
			vec_push(&v, x->let_in[k]);
		prefix_vec_normalize(&v);
		r->let_in[i] = prefix_list_keep(a, &v);
		intersect(&r->open, x->shown, x->nshown, &v);
		r->open_out[i] = prefix_list_keep(a, &v);
	}
	vec_free(&v);
}

static void prepare_outside(struct render *r, struct arena *a)
{
	struct prefix all = prefix_ipv4(0, 0);
	prefix_vec less = {0}, outside = {0};

	prefix_vec_push_reserved(&less);
	for (size_t i = 0; i < r->plan->nwalls; i++)
		vec_push(&less, r->plan->walls[i]);
	push_all(&less, &r->inside);
	prefix_subtract(&all, less.at, less.n, &outside);
	r->outside = prefix_list_keep(a, &outside);
	vec_free(&less);
	vec_free(&outside);
}

void render_prepare_guard(struct render *r, struct arena *a)
{
	prepare_inside(r, a);
	prepare_open(r, a);
	prepare_between(r, a);
	prepare_outside(r, a);
}

/* ---- one membership's ---- */

#define NO_SET UINT32_MAX /* an empty one: no pair has it */

static uint32_t add_set(struct guard_sections *g, const struct prefix *at, size_t n)
{
	struct state_range range = {(uint32_t)g->prefixes.n, (uint32_t)n};

	if (n == 0)
		return NO_SET;
	for (size_t i = 0; i < n; i++)
		vec_push(&g->prefixes, state_prefix_of(&at[i]));
	vec_push(&g->sets, range);
	return (uint32_t)g->sets.n - 1;
}

static uint32_t add_list(struct guard_sections *g, const struct prefix_list *list)
{
	return add_set(g, list->at, list->n);
}

static void add_pair(struct guard_sections *g, uint32_t from, uint32_t to,
		     enum state_guard_verdict verdict, const struct id *peering)
{
	struct state_guard_pair pair = {.from = from, .to = to, .verdict = verdict};

	if (from == NO_SET || to == NO_SET)
		return;
	if (peering != NULL)
		memcpy(pair.peering, peering->bytes, sizeof(pair.peering));
	vec_push(&g->pairs, pair);
}

/* What a user may send from: its address, and the networks behind it that nobody shares who is no
 * user. (Networks behind a user of an exit do not use it.) */
static void push_user(const struct render *r, size_t user, size_t holding, prefix_vec *out)
{
	const struct holdings *h = r->holdings;
	const struct span *own = &h->own[user];

	vec_push(out, render_host(r, user));
	for (size_t i = 0; i < own->n && h->at[holding].prefix.length > 0; i++) {
		const struct holding *x = &h->at[h->by_member[own->first + i]];
		const struct span *group = &h->groups[x->group];
		bool ours = x->prefix.length > 0;

		for (size_t k = 0; k < group->n && ours; k++)
			ours = render_may_use(r, h->at[group->first + k].member, holding);
		if (ours)
			push_all(out, &r->plan->pieces[x->announcement]);
	}
}

static uint32_t add_users(const struct render *r, struct guard_sections *g, size_t holding)
{
	const struct announcement *x = render_announcement(r, &r->holdings->at[holding]);
	prefix_vec users = {0};
	uint32_t set;

	for (size_t i = 0; i < x->nusers; i++) {
		size_t user = row_index_find(r->index, x->users[i]);

		if (user != SIZE_MAX)
			push_user(r, user, holding, &users);
	}
	prefix_vec_normalize(&users);
	set = add_set(g, users.at, users.n);
	vec_free(&users);
	return set;
}

/* Limited approvals: of this member, on a gateway of all but exits. */
static void add_limited(const struct render *r, size_t member, struct guard_sections *g)
{
	const struct holdings *h = r->holdings;
	bool gateway = r->plan->role[member] == STATE_ROLE_GATEWAY;

	for (size_t i = 0; i < h->n; i++) {
		const struct holding *x = &h->at[i];
		const struct prefix_list *to =
			x->prefix.length == 0 ? &r->outside : &r->plan->pieces[x->announcement];

		if (render_announcement(r, x)->nusers == 0 ||
		    (x->member != member && (!gateway || x->prefix.length == 0)))
			continue;
		add_pair(g, add_users(r, g, i), add_list(g, to), STATE_GUARD_PASS, NULL);
	}
}

/* Towards `open`: what of this machine, or on a gateway of the mesh, the peering may show. */
static void add_between(const struct render *r, size_t member, size_t remote,
			struct guard_sections *g)
{
	const struct remote_rows *x = &r->rows->remotes[remote];
	bool gateway = r->plan->role[member] == STATE_ROLE_GATEWAY;
	uint32_t in, out, cidr;
	prefix_vec own = {0};

	if (gateway)
		out = add_list(g, &r->open_out[remote]);
	else {
		intersect(&r->open_of[member], x->shown, x->nshown, &own);
		out = add_set(g, own.at, own.n);
		vec_free(&own);
	}
	if (out == NO_SET || r->let_in[remote].n == 0)
		return;
	in = add_list(g, &r->let_in[remote]);
	cidr = add_set(g, &x->mesh.cidr, 1);
	add_pair(g, in, out, STATE_GUARD_PASS, &x->peering);
	add_pair(g, cidr, out, STATE_GUARD_ICMP_ERROR, &x->peering);
	if (!gateway)
		return;
	cidr = add_set(g, &r->rows->mesh.cidr, 1);
	add_pair(g, out, in, STATE_GUARD_PASS, &x->peering);
	add_pair(g, cidr, in, STATE_GUARD_ICMP_ERROR, &x->peering);
}

static bool uses_an_exit(const struct render *r, size_t member)
{
	const struct span *s = &r->usable_of[member];

	for (size_t i = 0; i < s->n; i++)
		if (r->holdings->at[r->usable[s->first + i].holding].prefix.length == 0)
			return true;
	return false;
}

void render_guard(const struct render *r, size_t member, struct guard_sections *out)
{
	bool gateway = r->plan->role[member] == STATE_ROLE_GATEWAY;
	struct prefix me = render_host(r, member);

	add_pair(out, add_list(out, &r->inside),
		 add_list(out, gateway ? &r->open : &r->open_of[member]), STATE_GUARD_PASS, NULL);
	add_limited(r, member, out);
	for (size_t i = 0; i < r->rows->nremotes; i++)
		add_between(r, member, i, out);
	if (uses_an_exit(r, member))
		add_pair(out, add_list(out, &r->outside), add_set(out, &me, 1), STATE_GUARD_PASS,
			 NULL);
}

void guard_sections_free(struct guard_sections *g)
{
	vec_free(&g->sets);
	vec_free(&g->prefixes);
	vec_free(&g->pairs);
}
