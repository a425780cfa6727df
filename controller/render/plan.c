/* Authorizations: what each peer of a mesh may send.
 *
 * A gateway may send whatever belongs to the mesh or is let in: it carries it for others. Anybody
 * else has its own address and, of its approved prefixes, the addresses for which they are the
 * longest approved ones: WireGuard knows no longest match across devices, so whoever is approved
 * for 10.0.0.0/8 could otherwise send as the one approved for 10.1.0.0/16, as a member, or as a
 * peered mesh. So an address is authorized for exactly one group of holdings, and two peers that
 * are not in a group together are disjoint. */
#include "controller/render/plan.h"

#include <stdlib.h>

#include "controller/render/holdings.h"

static void plan_walls(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out)
{
	prefix_vec walls = {0};
	struct prefix_list kept;

	vec_push(&walls, rows->mesh.cidr);
	for (size_t r = 0; r < rows->nremotes; r++) {
		vec_push(&walls, rows->remotes[r].mesh.cidr);
		for (size_t i = 0; i < rows->remotes[r].nlet_in; i++)
			vec_push(&walls, rows->remotes[r].let_in[i]);
	}
	prefix_vec_normalize(&walls);
	kept = prefix_list_keep(a, &walls);
	out->walls = kept.at;
	out->nwalls = kept.n;
	vec_free(&walls);
}

static void plan_roles(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out)
{
	const struct holdings *h = out->holdings;
	size_t n = rows->nmemberships;

	out->role = arena_alloc(a, n + 1);
	for (size_t i = 0; i < h->n; i++)
		if (holding_makes_router(h, &h->at[i]))
			out->role[h->at[i].member] = STATE_ROLE_ROUTER;
	for (size_t m = 0; m < n; m++) {
		if (rows->memberships[m].gateway)
			out->role[m] = STATE_ROLE_GATEWAY;
		out->nrouters += out->role[m] != STATE_ROLE_MEMBER;
	}
}

static int compare_routers(const void *a, const void *b)
{
	const struct router_plan *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

static int plan_routers(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out,
			struct fault *f)
{
	size_t k = 0;

	out->routers = arena_array(a, out->nrouters, sizeof(out->routers[0]));
	for (size_t m = 0; m < rows->nmemberships; m++) {
		uint8_t slot = rows->memberships[m].slot;

		if (out->role[m] == STATE_ROLE_MEMBER)
			continue;
		if (slot == 0 || slot > STATE_SLOT_MAX)
			return fault_set(f, ERR_INVALID, "router %s has no slot", rows->names[m]);
		out->routers[k++] =
			(struct router_plan){m, slot, out->role[m] == STATE_ROLE_GATEWAY};
	}
	if (k > 1)
		qsort(out->routers, k, sizeof(out->routers[0]), compare_routers);
	return 0;
}

/* The holding's prefix less the walls and less the longer prefixes of others only. What lies inside
 * a prefix follows it in order of prefix. */
static struct prefix_list plan_piece(const struct mesh_plan *plan, const struct holding *x,
				     struct arena *a)
{
	const struct holdings *h = plan->holdings;
	prefix_vec less = {0}, pieces = {0};
	struct prefix_list kept;

	for (size_t i = 0; i < plan->nwalls; i++)
		vec_push(&less, plan->walls[i]);
	for (size_t g = x->group + 1; g < h->ngroups; g++) {
		const struct prefix *inner = &h->at[h->groups[g].first].prefix;

		if (!prefix_contains(&x->prefix, inner))
			break;
		if (holdings_of(h, g, x->member) == NULL)
			vec_push(&less, *inner);
	}
	prefix_subtract(&x->prefix, less.at, less.n, &pieces);
	kept = prefix_list_keep(a, &pieces);
	vec_free(&less);
	vec_free(&pieces);
	return kept;
}

static void plan_pieces(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out)
{
	const struct holdings *h = out->holdings;

	out->pieces = arena_array(a, h->n, sizeof(out->pieces[0]));
	out->sole = arena_alloc(a, h->n + 1);
	for (size_t i = 0; i < h->n; i++) {
		const struct holding *x = &h->at[i];

		out->pieces[x->announcement] = plan_piece(out, x, a);
		out->sole[x->announcement] = out->role[x->member] == STATE_ROLE_MEMBER &&
					     rows->memberships[x->member].has_key &&
					     x->prefix.length > 0;
	}
}

static void add_pieces(const struct mesh_plan *plan, size_t member, bool only_default,
		       prefix_vec *out)
{
	const struct holdings *h = plan->holdings;

	for (size_t i = 0; i < h->own[member].n; i++) {
		const struct holding *x = &h->at[h->by_member[h->own[member].first + i]];
		const struct prefix_list *p = &plan->pieces[x->announcement];

		for (size_t k = 0; k < p->n && (x->prefix.length == 0 || !only_default); k++)
			vec_push(out, p->at[k]);
	}
}

/* What the mesh has. An exit's 0/0 is not among it: its users reach the exit themselves. */
static void plan_gateway(struct arena *a, struct mesh_plan *out)
{
	const struct holdings *h = out->holdings;
	prefix_vec all = {0};

	for (size_t i = 0; i < out->nwalls; i++)
		vec_push(&all, out->walls[i]);
	for (size_t g = 0; g < h->ngroups; g++) {
		const struct prefix *p = &h->at[h->groups[g].first].prefix;

		if (p->length > 0)
			vec_push(&all, *p);
	}
	prefix_vec_normalize(&all);
	out->gateway = prefix_list_keep(a, &all);
	vec_free(&all);
}

static void plan_allowed(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out)
{
	uint32_t network = prefix_to_ipv4(&rows->mesh.cidr);
	prefix_vec all = {0};

	out->allowed = arena_array(a, rows->nmemberships, sizeof(out->allowed[0]));
	for (size_t m = 0; m < rows->nmemberships; m++) {
		bool gateway = out->role[m] == STATE_ROLE_GATEWAY;

		add_pieces(out, m, gateway, &all);
		if (gateway && all.n == 0) {
			out->allowed[m] = out->gateway;
			continue;
		}
		vec_push(&all, prefix_ipv4(network + rows->memberships[m].index, 32));
		for (size_t i = 0; i < out->gateway.n && gateway; i++)
			vec_push(&all, out->gateway.at[i]);
		prefix_vec_normalize(&all);
		out->allowed[m] = prefix_list_keep(a, &all);
	}
	vec_free(&all);
}

int plan_mesh(const struct mesh_rows *rows, struct arena *a, struct mesh_plan *out, struct fault *f)
{
	int code;

	*out = (struct mesh_plan){.holdings = arena_alloc(a, sizeof(*out->holdings))};
	code = holdings_make(rows, a, out->holdings, f);
	if (code != 0)
		return code;
	plan_roles(rows, a, out);
	code = plan_routers(rows, a, out, f);
	if (code != 0)
		return code;
	plan_walls(rows, a, out);
	plan_pieces(rows, a, out);
	plan_gateway(a, out);
	plan_allowed(rows, a, out);
	return 0;
}
