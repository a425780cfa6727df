/* Rules without a kernel: order, text, and the plan. */
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/net/rule.h"

static int order_of(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int rule_compare(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	int order = order_of(x->priority, y->priority);

	order = order != 0 ? order : order_of(x->family, y->family);
	order = order != 0 ? order : order_of(x->action, y->action);
	order = order != 0 ? order : order_of(x->protocol, y->protocol);
	order = order != 0 ? order : order_of(x->ipproto, y->ipproto);
	order = order != 0 ? order : order_of(x->sport, y->sport);
	order = order != 0 ? order : order_of(x->dport, y->dport);
	order = order != 0 ? order : order_of(x->table, y->table);
	order = order != 0 ? order : order_of(x->mark, y->mark);
	order = order != 0 ? order : order_of(x->mask, y->mask);
	order = order != 0 ? order : x->suppress_prefixlength - y->suppress_prefixlength;
	order = order != 0 ? order : strcmp(x->iifname, y->iifname);
	order = order != 0 ? order : prefix_compare(&x->from, &y->from);
	return order != 0 ? order : prefix_compare(&x->to, &y->to);
}

void rule_plan(rule_vec *desired, rule_vec *actual, rule_op_vec *out)
{
	VEC(const struct rule *) deletions = {0};
	size_t i = 0, j = 0;

	vec_sort(desired, rule_compare);
	vec_sort(actual, rule_compare);
	while (i < desired->n || j < actual->n) {
		const struct rule *want = i < desired->n ? &desired->at[i] : NULL;
		const struct rule *have = j < actual->n ? &actual->at[j] : NULL;
		int order = want == NULL ? 1 : have == NULL ? -1 : rule_compare(want, have);

		if (i > 0 && want != NULL && rule_compare(want, &desired->at[i - 1]) == 0) {
			i++;
			continue;
		}
		if (order < 0)
			vec_push(out, (struct rule_op){RULE_OP_ADD, want});
		else if (order > 0)
			vec_push(&deletions, have);
		i += order <= 0;
		j += order >= 0;
	}
	while (deletions.n > 0)
		vec_push(out, (struct rule_op){RULE_OP_DELETE, deletions.at[--deletions.n]});
	vec_free(&deletions);
}

static void put_protocol(struct buf *b, const struct rule *r)
{
	if (r->ipproto == IPPROTO_TCP || r->ipproto == IPPROTO_UDP)
		buf_printf(b, " ipproto %s", r->ipproto == IPPROTO_TCP ? "tcp" : "udp");
	else if (r->ipproto != 0)
		buf_printf(b, " ipproto %u", r->ipproto);
	if (r->sport != 0)
		buf_printf(b, " sport %u", r->sport);
	if (r->dport != 0)
		buf_printf(b, " dport %u", r->dport);
}

static void put_action(struct buf *b, const struct rule *r)
{
	if (r->action == FR_ACT_TO_TBL && r->table == RT_TABLE_MAIN)
		buf_puts(b, " lookup main");
	else if (r->action == FR_ACT_TO_TBL)
		buf_printf(b, " lookup %u", r->table);
	else if (r->action == FR_ACT_UNREACHABLE)
		buf_puts(b, " unreachable");
	else
		buf_printf(b, " action %u", r->action);
	if (r->suppress_prefixlength != RULE_SUPPRESS_NONE)
		buf_printf(b, " suppress_prefixlength %d", r->suppress_prefixlength);
}

const char *rule_format(const struct rule *r, char out[RULE_TEXT_MAX])
{
	char prefix[PREFIX_TEXT_MAX];
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "%u: from %s", r->priority,
		   r->from.family != FAMILY_NONE ? prefix_format(&r->from, prefix) : "all");
	if (r->to.family != FAMILY_NONE)
		buf_printf(&b, " to %s", prefix_format(&r->to, prefix));
	if (r->mask != 0)
		buf_printf(&b, " fwmark 0x%x/0x%x", r->mark, r->mask);
	if (r->iifname[0] != '\0')
		buf_printf(&b, " iif %s", r->iifname);
	put_protocol(&b, r);
	put_action(&b, r);
	snprintf(out, RULE_TEXT_MAX, "%s", buf_text(&b));
	buf_fini(&b);
	return out;
}
