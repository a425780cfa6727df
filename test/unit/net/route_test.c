#include "lib/net/route.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/net/random.h"

static struct route random_route(struct random *r)
{
	struct route x = {.table = 5200 + random_below(r, 2),
			  .metric = random_below(r, 3),
			  .protocol = 83,
			  .type = random_below(r, 2) ? RTN_UNICAST : RTN_UNREACHABLE};

	x.prefix = prefix_ipv4(0x0a000000 + (random_below(r, 8) << 8), 24);
	x.device = x.type == RTN_UNICAST ? 1 + (int)random_below(r, 3) : 0;
	return x;
}

static struct route *find(route_vec *v, const struct route *r)
{
	for (size_t i = 0; i < v->n; i++)
		if (route_compare(&v->at[i], r) == 0)
			return &v->at[i];
	return NULL;
}

/* As the kernel would: refuses what cannot be. */
static void simulate(route_vec *kernel, const struct route_op *op)
{
	struct route *have = find(kernel, op->route);

	if ((op->kind == ROUTE_OP_ADD) != (have == NULL))
		TEST_FAIL("operation %d on a route that is %sthere", op->kind, have ? "" : "not ");
	else if (op->kind == ROUTE_OP_ADD)
		vec_push(kernel, *op->route);
	else if (op->kind == ROUTE_OP_REPLACE)
		*have = *op->route;
	else
		*have = kernel->at[--kernel->n];
}

static void random_set(struct random *r, route_vec *out)
{
	out->n = 0;
	for (uint32_t n = random_below(r, 30); n > 0; n--) {
		struct route x = random_route(r);

		if (find(out, &x) == NULL)
			vec_push(out, x);
	}
}

static void a_plan_leads_there(void)
{
	struct random r = {4};
	route_vec want = {0}, have = {0}, kernel = {0};
	route_op_vec ops = {0};

	for (int round = 0; round < 300; round++) {
		random_set(&r, &want);
		random_set(&r, &have);
		kernel.n = ops.n = 0;
		for (size_t i = 0; i < have.n; i++)
			vec_push(&kernel, have.at[i]);
		route_plan(&want, &have, &ops);
		for (size_t i = 0; i < ops.n; i++) {
			simulate(&kernel, &ops.at[i]);
			if (i > 0 && ops.at[i - 1].kind == ROUTE_OP_DELETE &&
			    ops.at[i].kind != ROUTE_OP_DELETE)
				TEST_FAIL("round %d: a deletion before an addition", round);
		}
		TEST_NUMBER(kernel.n, want.n);
		ops.n = 0;
		route_plan(&want, &kernel, &ops);
		TEST_NUMBER(ops.n, 0);
	}
	vec_free(&want);
	vec_free(&have);
	vec_free(&kernel);
	vec_free(&ops);
}

static void a_key_twice_counts_once(void)
{
	struct random r = {5};
	struct route x = random_route(&r);
	route_vec want = {0}, have = {0};
	route_op_vec ops = {0};

	vec_push(&want, x);
	vec_push(&want, x);
	route_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 1);
	vec_free(&want);
	vec_free(&ops);
}

static void texts(void)
{
	const struct route_hop hops[] = {{3, {FAMILY_IPV4, {10, 0, 0, 2}}, 1, true},
					 {4, {FAMILY_IPV4, {10, 0, 0, 3}}, 1, false}};
	struct route r = {.table = 5200,
			  .prefix = prefix_ipv4(0x0a010000, 16),
			  .metric = 1024,
			  .type = RTN_UNICAST,
			  .device = 7,
			  .gateway = {4, {10, 0, 0, 2}}};
	struct route_hop many[200];
	char text[ROUTE_TEXT_MAX];

	TEST_TEXT(route_format(&r, text), "10.1.0.0/16 via 10.0.0.2 dev 7 table 5200 metric 1024");
	r = (struct route){.table = 254, .prefix = prefix_ipv4(0, 0), .type = RTN_THROW};
	TEST_TEXT(route_format(&r, text), "throw 0.0.0.0/0 table 254");
	r.type = RTN_UNICAST, r.hops = hops, r.nhops = 2;
	TEST_TEXT(route_format(&r, text),
		  "0.0.0.0/0 via 10.0.0.2 dev 3 onlink via 10.0.0.3 dev 4 table 254");
	for (size_t i = 0; i < 200; i++)
		many[i] = hops[0];
	r.hops = many, r.nhops = 200;
	CU_ASSERT(strstr(route_format(&r, text), " table 254") != NULL);
}

static void next_hops_are_given(void)
{
	struct route_hop hops[] = {{4, {FAMILY_IPV4, {10, 0, 0, 3}}, 1, true},
				   {3, {FAMILY_IPV4, {10, 0, 0, 2}}, 1, true}};
	struct route r = {.table = 5200, .prefix = prefix_ipv4(0, 0), .type = RTN_UNICAST};
	char text[ROUTE_TEXT_MAX];

	route_set_hops(&r, hops, 2);
	TEST_TEXT(route_format(&r, text),
		  "0.0.0.0/0 via 10.0.0.2 dev 3 onlink via 10.0.0.3 dev 4 onlink table 5200");
	TEST_NUMBER(r.scope, RT_SCOPE_UNIVERSE);
	route_set_hops(&r, hops, 1);
	TEST_TEXT(route_format(&r, text), "0.0.0.0/0 via 10.0.0.2 dev 3 onlink table 5200");
	TEST_NUMBER(r.scope, RT_SCOPE_UNIVERSE);
	hops[0].gateway.family = FAMILY_NONE;
	route_set_hops(&r, hops, 1);
	TEST_NUMBER(r.scope, RT_SCOPE_LINK);
}

TEST_SUITE(net_route, {"next hops are given", next_hops_are_given},
	   {"a plan leads there", a_plan_leads_there},
	   {"a key twice counts once", a_key_twice_counts_once}, {"texts", texts});
