#include "lib/net/rule.h"

#include <string.h>
#include <sys/socket.h>

#include "lib/net/netlink_attr.h"

struct listing {
	uint8_t protocol;
	rule_vec *out;
};

static uint16_t read_port(const struct nlattr *a)
{
	struct fib_rule_port_range range = {0};

	if (a != NULL && nla_len(a) >= (int)sizeof(range))
		memcpy(&range, nla_data(a), sizeof(range));
	return range.start;
}

static struct prefix read_prefix(const struct nlattr *a, int af, uint8_t length)
{
	struct address address = netlink_address(a, af);
	struct prefix p = {0};

	if (address.family == FAMILY_NONE)
		return p;
	p = prefix_of_address(&address);
	p.length = length < p.length ? length : p.length;
	return p;
}

static bool read_rule(const struct nlmsghdr *h, struct rule *out)
{
	const struct nlattr *at[FRA_MAX + 1];
	struct fib_rule_hdr header;

	if (h->nlmsg_type != RTM_NEWRULE || h->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
		return false;
	memcpy(&header, nlmsg_data(h), sizeof(header));
	netlink_attrs(h, sizeof(header), at, FRA_MAX);
	memset(out, 0, sizeof(*out));
	out->family = family_of_af(header.family);
	out->action = header.action;
	out->priority = netlink_u32(at[FRA_PRIORITY], 0);
	out->table = netlink_u32(at[FRA_TABLE], header.table);
	out->protocol = netlink_u8(at[FRA_PROTOCOL], 0);
	out->ipproto = netlink_u8(at[FRA_IP_PROTO], 0);
	out->sport = read_port(at[FRA_SPORT_RANGE]);
	out->dport = read_port(at[FRA_DPORT_RANGE]);
	out->mark = netlink_u32(at[FRA_FWMARK], 0);
	out->mask = netlink_u32(at[FRA_FWMASK], 0);
	out->suppress_prefixlength = (int)netlink_u32(at[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX);
	netlink_text(at[FRA_IIFNAME], out->iifname, sizeof(out->iifname));
	out->from = read_prefix(at[FRA_SRC], header.family, header.src_len);
	out->to = read_prefix(at[FRA_DST], header.family, header.dst_len);
	return out->family != FAMILY_NONE;
}

static int add_rule(const struct nlmsghdr *h, void *context)
{
	struct listing *l = context;
	struct rule r;

	if (read_rule(h, &r) && (l->protocol == 0 || r.protocol == l->protocol))
		vec_push(l->out, r);
	return 0;
}

int rule_list(struct netlink *n, uint8_t family, uint8_t protocol, rule_vec *out, struct fault *f)
{
	struct fib_rule_hdr header = {.family = (uint8_t)af_of_family(family)};
	struct listing l = {protocol, out};
	struct nl_msg *m = netlink_message(RTM_GETRULE, 0);
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	code = netlink_dump(n, m, add_rule, &l, f);
	nlmsg_free(m);
	vec_sort(out, rule_compare);
	if (code != 0)
		fault_prefix(f, "list of rules");
	return code;
}

static void put_prefix(struct nl_msg *m, int type, const struct prefix *p)
{
	if (p->family != FAMILY_NONE)
		netlink_put(m, type, p->bytes, p->family == FAMILY_IPV6 ? 16 : 4);
}

static void put_port(struct nl_msg *m, int type, uint16_t port)
{
	struct fib_rule_port_range range = {port, port};

	if (port != 0)
		netlink_put(m, type, &range, sizeof(range));
}

static struct nl_msg *op_message(const struct rule_op *op)
{
	const struct rule *r = op->rule;
	bool add = op->kind == RULE_OP_ADD;
	struct fib_rule_hdr header = {.family = (uint8_t)af_of_family(r->family),
				      .src_len = r->from.length,
				      .dst_len = r->to.length,
				      .table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
				      .action = r->action};
	struct nl_msg *m = netlink_message(add ? RTM_NEWRULE : RTM_DELRULE,
					   add ? NLM_F_CREATE | NLM_F_EXCL : 0);

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put_u32(m, FRA_PRIORITY, r->priority);
	if (r->action == FR_ACT_TO_TBL)
		netlink_put_u32(m, FRA_TABLE, r->table);
	if (r->protocol != 0)
		netlink_put_u8(m, FRA_PROTOCOL, r->protocol);
	if (r->ipproto != 0)
		netlink_put_u8(m, FRA_IP_PROTO, r->ipproto);
	put_port(m, FRA_SPORT_RANGE, r->sport);
	put_port(m, FRA_DPORT_RANGE, r->dport);
	if (r->mask != 0) {
		netlink_put_u32(m, FRA_FWMARK, r->mark);
		netlink_put_u32(m, FRA_FWMASK, r->mask);
	}
	if (r->suppress_prefixlength != RULE_SUPPRESS_NONE)
		netlink_put_u32(m, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_prefixlength);
	if (r->iifname[0] != '\0')
		netlink_put_text(m, FRA_IIFNAME, r->iifname);
	put_prefix(m, FRA_SRC, &r->from);
	put_prefix(m, FRA_DST, &r->to);
	return m;
}

/* What is wanted is so already. */
static bool is_so(const struct rule_op *op, int code)
{
	return code == (op->kind == RULE_OP_ADD ? ERR_EXISTS : ERR_NOT_FOUND);
}

int rule_apply(struct netlink *n, const struct rule_op *ops, size_t count, struct fault *f)
{
	struct fault first = {0};
	struct netlink_result *results = mem_alloc((count + 1) * sizeof(*results));
	struct nl_msg **messages = mem_alloc((count + 1) * sizeof(struct nl_msg *));
	char text[RULE_TEXT_MAX];
	int code;

	for (size_t i = 0; i < count; i++)
		messages[i] = op_message(&ops[i]);
	code = netlink_batch(n, messages, count, results, &first);
	for (size_t i = 0; i < count; i++) {
		nlmsg_free(messages[i]);
		if (code == 0 && results[i].code != 0 && !is_so(&ops[i], results[i].code))
			fault_set(&first, results[i].code, "rule %s: %s",
				  rule_format(ops[i].rule, text), results[i].text);
	}
	free(messages);
	free(results);
	return first.code == 0 ? 0 : fault_set(f, first.code, "%s", first.text);
}
