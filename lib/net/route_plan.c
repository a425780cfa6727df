/* Routes without a kernel: order, equality, text, and the plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/route.h"

int route_compare(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int order = (x->table > y->table) - (x->table < y->table);

	order = order != 0 ? order : prefix_compare(&x->prefix, &y->prefix);
	return order != 0 ? order : (x->metric > y->metric) - (x->metric < y->metric);
}

static int compare_hops(const void *a, const void *b)
{
	const struct route_hop *x = a, *y = b;
	int order = (x->device > y->device) - (x->device < y->device);

	if (order == 0)
		order = (x->gateway.family > y->gateway.family) -
			(x->gateway.family < y->gateway.family);
	return order != 0 ? order
			  : memcmp(x->gateway.bytes, y->gateway.bytes, sizeof(x->gateway.bytes));
}

void route_set_hops(struct route *r, struct route_hop *hops, size_t n)
{
	const struct route_hop one = n == 1 ? hops[0] : (struct route_hop){0};
	bool far = n > 1 || one.gateway.family != FAMILY_NONE;

	if (n > 1)
		qsort(hops, n, sizeof(*hops), compare_hops);
	r->hops = n > 1 ? hops : NULL;
	r->nhops = n > 1 ? n : 0;
	r->device = one.device;
	r->gateway = one.gateway;
	r->onlink = one.onlink;
	r->scope = far ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

static bool hop_equal(const struct route_hop *a, const struct route_hop *b)
{
	return a->device == b->device && address_equal(&a->gateway, &b->gateway) &&
	       a->weight == b->weight && a->onlink == b->onlink;
}

bool route_equal(const struct route *a, const struct route *b)
{
	if (route_compare(a, b) != 0 || a->type != b->type || a->protocol != b->protocol ||
	    a->scope != b->scope || a->onlink != b->onlink || a->device != b->device ||
	    !address_equal(&a->gateway, &b->gateway) || !address_equal(&a->source, &b->source) ||
	    a->nhops != b->nhops)
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (!hop_equal(&a->hops[i], &b->hops[i]))
			return false;
	return true;
}

void route_plan(route_vec *desired, route_vec *actual, route_op_vec *out)
{
	route_op_vec deletions = {0};
	size_t i = 0, j = 0;

	vec_sort(desired, route_compare);
	vec_sort(actual, route_compare);
	while (i < desired->n || j < actual->n) {
		const struct route *want = i < desired->n ? &desired->at[i] : NULL;
		const struct route *have = j < actual->n ? &actual->at[j] : NULL;
		int order = want == NULL ? 1 : have == NULL ? -1 : route_compare(want, have);

		if (i > 0 && want != NULL && route_compare(want, &desired->at[i - 1]) == 0) {
			i++;
			continue;
		}
		if (order < 0)
			vec_push(out, (struct route_op){ROUTE_OP_ADD, want});
		else if (order > 0)
			vec_push(&deletions, (struct route_op){ROUTE_OP_DELETE, have});
		else if (!route_equal(want, have))
			vec_push(out, (struct route_op){ROUTE_OP_REPLACE, want});
		i += order <= 0;
		j += order >= 0;
	}
	for (size_t k = 0; k < deletions.n; k++)
		vec_push(out, deletions.at[k]);
	vec_free(&deletions);
}

static const char *const type_names[] = {
	[RTN_LOCAL] = "local ",		[RTN_BROADCAST] = "broadcast ",
	[RTN_ANYCAST] = "anycast ",	[RTN_MULTICAST] = "multicast ",
	[RTN_BLACKHOLE] = "blackhole ", [RTN_UNREACHABLE] = "unreachable ",
	[RTN_PROHIBIT] = "prohibit ",	[RTN_THROW] = "throw ",
};

/* "via G dev D", for a route or one of its hops. */
static int format_hop(char *out, size_t size, const struct address *gateway, int device,
		      bool onlink)
{
	char address[ADDRESS_TEXT_MAX], via[ADDRESS_TEXT_MAX + 8] = "", dev[24] = "";

	if (gateway->family != FAMILY_NONE)
		snprintf(via, sizeof(via), " via %s", address_format(gateway, address));
	if (device != 0)
		snprintf(dev, sizeof(dev), " dev %d", device);
	return snprintf(out, size, "%s%s%s", via, dev, onlink ? " onlink" : "");
}

const char *route_format(const struct route *r, char out[ROUTE_TEXT_MAX])
{
	const char *type =
		r->type < sizeof(type_names) / sizeof(type_names[0]) ? type_names[r->type] : NULL;
	char text[PREFIX_TEXT_MAX];
	size_t used, room;

	snprintf(out, ROUTE_TEXT_MAX, "%s%s", type != NULL ? type : "",
		 prefix_format(&r->prefix, text));
	used = strlen(out);
	format_hop(out + used, ROUTE_TEXT_MAX - used, &r->gateway, r->device, r->onlink);
	/* Leave room for the table, which must not be cut off. */
	for (size_t i = 0; i < r->nhops && (used = strlen(out)) + 128 < ROUTE_TEXT_MAX; i++)
		format_hop(out + used, ROUTE_TEXT_MAX - used, &r->hops[i].gateway,
			   r->hops[i].device, r->hops[i].onlink);
	used = strlen(out);
	room = ROUTE_TEXT_MAX - used;
	if (r->metric != 0)
		snprintf(out + used, room, " table %u metric %u", r->table, r->metric);
	else
		snprintf(out + used, room, " table %u", r->table);
	return out;
}
