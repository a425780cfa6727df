/* Questions that are asked of what was prepared. */
#include "controller/render/prepared.h"

#include <stdlib.h>

struct address render_address(const struct render *r, size_t member)
{
	return address_ipv4(prefix_to_ipv4(&r->rows->mesh.cidr) +
			    r->rows->memberships[member].index);
}

struct prefix render_host(const struct render *r, size_t member)
{
	struct address a = render_address(r, member);

	return prefix_of_address(&a);
}

bool render_is_router(const struct render *r, size_t member)
{
	return r->plan->role[member] != STATE_ROLE_MEMBER;
}

const size_t *render_neighbours(const struct render *r, size_t member, size_t *n)
{
	bool few = r->rows->mesh.route_reflector && !render_is_router(r, member);

	*n = few ? r->nrouters : r->npeers;
	return few ? r->routers : r->peers;
}

const struct announcement *render_announcement(const struct render *r, const struct holding *x)
{
	return &r->rows->announcements[x->announcement];
}

bool render_may_use(const struct render *r, size_t member, size_t holding)
{
	const struct span *s = &r->usable_of[member];

	if (render_announcement(r, &r->holdings->at[holding])->nusers == 0)
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (r->usable[s->first + i].holding == holding)
			return true;
	return false;
}

const struct announcement *render_part(const struct render *r, const struct part *p, size_t member)
{
	const struct holding *x = holdings_of(r->holdings, p->group, member);

	return x != NULL ? render_announcement(r, x) : NULL;
}

struct prefix_list render_granted(const struct render *r, size_t member, struct arena *a)
{
	const struct span *s = &r->usable_of[member];
	const struct usable *u = s->n > 0 ? &r->usable[s->first] : NULL;
	prefix_vec granted = {0};
	struct prefix_list kept;

	for (size_t i = 0, run; i < s->n; i += run) {
		const struct holding *x = &r->holdings->at[u[i].holding];

		for (run = 1; i + run < s->n; run++)
			if (r->holdings->at[u[i + run].holding].group != x->group)
				break;
		if (run == r->limited[x->group])
			vec_push(&granted, x->prefix);
	}
	kept = prefix_list_keep(a, &granted);
	vec_free(&granted);
	return kept;
}

static int compare_machines(const void *a, const void *b)
{
	const struct membership *x = a, *y = b;

	return (x->machine > y->machine) - (x->machine < y->machine);
}

const struct membership *render_elsewhere(const struct render *r, size_t member, size_t remote)
{
	const struct remote_rows *other = &r->rows->remotes[remote];
	const struct membership key = {.machine = r->rows->memberships[member].machine};

	if (other->nmemberships == 0)
		return NULL;
	return bsearch(&key, other->memberships, other->nmemberships, sizeof(key),
		       compare_machines);
}

const struct membership *render_sibling(const struct render *r, size_t member, size_t remote)
{
	const struct membership *other = render_elsewhere(r, member, remote);

	return r->rows->memberships[member].gateway && other != NULL && other->gateway ? other
										       : NULL;
}
