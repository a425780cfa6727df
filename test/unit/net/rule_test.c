#include "lib/net/rule.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/net/random.h"

static struct rule random_rule(struct random *r)
{
	struct rule x = {.family = FAMILY_IPV4,
			 .action = FR_ACT_TO_TBL,
			 .protocol = 83,
			 .priority = 1000 + random_below(r, 3),
			 .table = 5200,
			 .suppress_prefixlength = (int)random_below(r, 2) - 1};

	snprintf(x.iifname, sizeof(x.iifname), "wg%u", random_below(r, 3));
	if (random_below(r, 2) == 0)
		x.to = prefix_ipv4(0x0a000000, 16);
	return x;
}

static bool has(const rule_vec *v, const struct rule *r, size_t *where)
{
	for (*where = 0; *where < v->n; (*where)++)
		if (rule_compare(&v->at[*where], r) == 0)
			return true;
	return false;
}

static void random_set(struct random *r, rule_vec *out)
{
	size_t i;

	out->n = 0;
	for (uint32_t n = random_below(r, 20); n > 0; n--) {
		struct rule x = random_rule(r);

		if (!has(out, &x, &i))
			vec_push(out, x);
	}
}

static void check_order(const rule_op_vec *ops, size_t i)
{
	const struct rule_op *a = &ops->at[i - 1], *b = &ops->at[i];

	if (a->kind == RULE_OP_DELETE && b->kind == RULE_OP_ADD)
		TEST_FAIL("a deletion before an addition");
	if (a->kind == b->kind && (b->kind == RULE_OP_ADD ? a->rule->priority > b->rule->priority
							  : a->rule->priority < b->rule->priority))
		TEST_FAIL("priority %u before %u", a->rule->priority, b->rule->priority);
}

static void a_plan_leads_there(void)
{
	struct random r = {6};
	rule_vec want = {0}, have = {0}, kernel = {0};
	rule_op_vec ops = {0};
	size_t where;

	for (int round = 0; round < 300; round++) {
		random_set(&r, &want);
		random_set(&r, &have);
		kernel.n = ops.n = 0;
		for (size_t i = 0; i < have.n; i++)
			vec_push(&kernel, have.at[i]);
		rule_plan(&want, &have, &ops);
		for (size_t i = 0; i < ops.n; i++) {
			bool there = has(&kernel, ops.at[i].rule, &where);

			if (there != (ops.at[i].kind == RULE_OP_DELETE))
				TEST_FAIL("round %d: operation %zu makes no sense", round, i);
			else if (there)
				kernel.at[where] = kernel.at[--kernel.n];
			else
				vec_push(&kernel, *ops.at[i].rule);
			if (i > 0)
				check_order(&ops, i);
		}
		TEST_NUMBER(kernel.n, want.n);
		ops.n = 0;
		rule_plan(&want, &kernel, &ops);
		TEST_NUMBER(ops.n, 0);
	}
	vec_free(&want);
	vec_free(&have);
	vec_free(&kernel);
	vec_free(&ops);
}

static void texts(void)
{
	struct rule r = {.family = FAMILY_IPV4,
			 .action = FR_ACT_TO_TBL,
			 .priority = 1000,
			 .table = 5400,
			 .suppress_prefixlength = RULE_SUPPRESS_NONE,
			 .ipproto = IPPROTO_TCP,
			 .dport = 179,
			 .iifname = "lo",
			 .to = prefix_ipv4(0x0a000000, 16)};
	char text[RULE_TEXT_MAX];

	TEST_TEXT(rule_format(&r, text),
		  "1000: from all to 10.0.0.0/16 iif lo ipproto tcp dport 179 lookup 5400");
	r = (struct rule){.family = FAMILY_IPV4,
			  .action = FR_ACT_TO_TBL,
			  .priority = 400,
			  .table = 254,
			  .suppress_prefixlength = 0,
			  .mark = 0x5300,
			  .mask = 0xff00,
			  .from = prefix_ipv4(0x0a000001, 32)};
	TEST_TEXT(rule_format(&r, text), "400: from 10.0.0.1/32 fwmark 0x5300/0xff00 lookup main "
					 "suppress_prefixlength 0");
	r.action = FR_ACT_UNREACHABLE, r.suppress_prefixlength = RULE_SUPPRESS_NONE, r.mask = 0;
	TEST_TEXT(rule_format(&r, text), "400: from 10.0.0.1/32 unreachable");
}

TEST_SUITE(net_rule, {"a plan leads there", a_plan_leads_there}, {"texts", texts});
