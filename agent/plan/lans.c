/* The LAN: over which devices main reaches what this machine is approved for. A prefix has one when
 * main has a route to all of it; then those inside count too, for it may be several VLANs. Some of
 * them alone are no reason to announce the whole: a fellow may reach the rest. */
#include "agent/plan/lans.h"

static void push_once(lan_vec *v, const struct link *l)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i] == l)
			return;
	vec_push(v, l);
}

static void push_device(const struct plan_input *in, int device, lan_vec *out)
{
	const struct link *l = link_by_index(&in->seen->links, device);

	if (l != NULL && link_is_running(l) && !facts_ours(in, l))
		push_once(out, l);
}

static void push_route(const struct plan_input *in, const struct route *r, lan_vec *out)
{
	for (size_t i = 0; i < r->nhops; i++)
		push_device(in, r->hops[i].device, out);
	if (r->nhops == 0)
		push_device(in, r->device, out);
}

/* Containers are reached by their own addresses where their network itself is announced, not where
 * one around it is. */
static bool is_containers(const struct plan_input *in, const struct route *r)
{
	const struct link *l = link_by_index(&in->seen->links, r->device);

	return in->config->containers && l != NULL && link_is_inner_bridge(&in->seen->links, l);
}

struct lans lans_of(const struct plan_input *in, const struct prefix *p, struct arena *a)
{
	const struct route *around = facts_main_route(in, p);
	lan_vec v = {0};
	struct lans out;

	if (around == NULL)
		return (struct lans){0};
	push_route(in, around, &v);
	out.whole = v.n;
	for (size_t i = 0; i < in->seen->main.n; i++) {
		const struct route *r = &in->seen->main.at[i];

		if (r->type == RTN_UNICAST && prefix_contains(p, &r->prefix) &&
		    !is_containers(in, r))
			push_route(in, r, &v);
	}
	out.at = arena_copy(a, v.at, v.n * sizeof(*v.at));
	out.n = v.n;
	vec_free(&v);
	return out;
}

const struct link *lans_own_address(const struct plan_input *in, const struct prefix *p)
{
	for (size_t i = 0; i < in->seen->addresses.n; i++) {
		const struct ifaddr *a = &in->seen->addresses.at[i];
		const struct prefix host = prefix_of_address(&a->local);
		const struct link *l = link_by_index(&in->seen->links, a->device);

		if (prefix_equal(&host, p) && l != NULL && link_is_running(l) && !facts_ours(in, l))
			return l;
	}
	return NULL;
}

void lans_all(const struct facts *f, lan_vec *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct membership_facts *m = &f->memberships[i];

		for (size_t k = 0; k < m->napproved; k++)
			for (size_t j = 0; j < m->approved[k].lans.n; j++)
				push_once(out, m->approved[k].lans.at[j]);
		if (m->exit != NULL)
			push_once(out, m->exit);
	}
}

bool lans_has(const struct lans *l, const struct link *device)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i] == device)
			return true;
	return false;
}

bool lans_have(const struct facts *f, const struct link *l)
{
	lan_vec all = {0};
	bool is = false;

	lans_all(f, &all);
	for (size_t i = 0; i < all.n; i++)
		is = is || all.at[i] == l;
	vec_free(&all);
	return is;
}
