#include "lib/net/route.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/netlink_attr.h"

/* ---- reading ---- */

struct listing {
	const struct route_filter *filter;
	struct arena *arena;
	route_vec *out;
};

static struct address hop_gateway(const struct nlattr *const *at, int af)
{
	const struct rtvia *via;
	struct address a = netlink_address(at[RTA_GATEWAY], af);

	/* A gateway of the other family. */
	if (a.family != FAMILY_NONE || at[RTA_VIA] == NULL ||
	    nla_len(at[RTA_VIA]) != (int)sizeof(*via) + 16)
		return a;
	via = nla_data(at[RTA_VIA]);
	if (family_of_af(via->rtvia_family) == FAMILY_IPV6) {
		a.family = FAMILY_IPV6;
		memcpy(a.bytes, via->rtvia_addr, 16);
	}
	return a;
}

static int compare_address(const struct address *a, const struct address *b)
{
	int order = (a->family > b->family) - (a->family < b->family);

	return order != 0 ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_hop(const void *a, const void *b)
{
	const struct route_hop *x = a, *y = b;
	int order = (x->device > y->device) - (x->device < y->device);

	return order != 0 ? order : compare_address(&x->gateway, &y->gateway);
}

static void read_hops(const struct nlattr *multipath, int af, struct arena *arena,
		      struct route *out)
{
	const char *at = nla_data(multipath);
	int left = nla_len(multipath), header = (int)sizeof(struct rtnexthop);
	struct route_hop *hops = arena_array(arena, (size_t)(left / header), sizeof(*hops));
	size_t n = 0;

	while (left >= header) {
		const struct nlattr *attrs[RTA_MAX + 1];
		struct rtnexthop h;

		memcpy(&h, at, sizeof(h));
		if (h.rtnh_len < header || h.rtnh_len > left)
			break;
		netlink_collect(at + header, h.rtnh_len - header, attrs, RTA_MAX);
		hops[n++] = (struct route_hop){.device = h.rtnh_ifindex,
					       .gateway = hop_gateway(attrs, af),
					       .weight = (uint8_t)(h.rtnh_hops + 1),
					       .onlink = (h.rtnh_flags & RTNH_F_ONLINK) != 0};
		at += RTNH_ALIGN(h.rtnh_len);
		left -= RTNH_ALIGN(h.rtnh_len);
	}
	if (n > 1)
		qsort(hops, n, sizeof(*hops), compare_hop);
	out->hops = hops;
	out->nhops = n;
}

/* `arena` may be NULL: hops are not read then. */
static bool read_route(const struct nlmsghdr *h, struct arena *arena, struct route *out)
{
	const struct nlattr *at[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	struct address to;
	struct rtmsg header;

	if (h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
		return false;
	memcpy(&header, nlmsg_data(h), sizeof(header));
	if (family_of_af(header.rtm_family) == FAMILY_NONE || header.rtm_dst_len > 128 ||
	    (arena != NULL && (header.rtm_flags & RTM_F_CLONED) != 0))
		return false;
	netlink_attrs(h, sizeof(header), at, RTA_MAX);
	memset(out, 0, sizeof(*out));
	to = netlink_address(at[RTA_DST], header.rtm_family);
	to.family = family_of_af(header.rtm_family);
	out->prefix = prefix_of_address(&to);
	out->prefix.length = header.rtm_dst_len;
	out->table = netlink_u32(at[RTA_TABLE], header.rtm_table);
	out->metric = netlink_u32(at[RTA_PRIORITY], 0);
	out->type = header.rtm_type;
	out->protocol = header.rtm_protocol;
	out->scope = header.rtm_scope;
	out->onlink = (header.rtm_flags & RTNH_F_ONLINK) != 0;
	out->device = (int)netlink_u32(at[RTA_OIF], 0);
	out->gateway = hop_gateway(at, header.rtm_family);
	out->source = netlink_address(at[RTA_PREFSRC], header.rtm_family);
	if (at[RTA_METRICS] != NULL) {
		netlink_nested(at[RTA_METRICS], metrics, RTAX_MAX);
		out->mtu = netlink_u32(metrics[RTAX_MTU], 0);
	}
	if (at[RTA_MULTIPATH] != NULL && arena != NULL)
		read_hops(at[RTA_MULTIPATH], header.rtm_family, arena, out);
	return true;
}

static int add_route(const struct nlmsghdr *h, void *context)
{
	struct listing *l = context;
	struct route r;

	/* The kernel has filtered already, one before 4.20 has not. */
	if (!read_route(h, l->arena, &r) ||
	    (l->filter->protocol != 0 && r.protocol != l->filter->protocol) ||
	    (l->filter->table != 0 && r.table != l->filter->table))
		return 0;
	vec_push(l->out, r);
	return 0;
}

int route_list(struct netlink *n, const struct route_filter *filter, struct arena *arena,
	       route_vec *out, struct fault *f)
{
	struct rtmsg header = {.rtm_family = (uint8_t)af_of_family(filter->family),
			       .rtm_protocol = filter->protocol};
	struct listing l = {filter, arena, out};
	struct nl_msg *m = netlink_message(RTM_GETROUTE, 0);
	struct fault own = {0};
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	if (filter->table != 0)
		netlink_put_u32(m, RTA_TABLE, filter->table);
	code = netlink_dump(n, m, add_route, &l, &own);
	nlmsg_free(m);
	vec_sort(out, route_compare);
	if (code == ERR_NOT_FOUND && filter->table != 0) /* nothing was ever put into the table */
		return 0;
	return code == 0 ? 0 : fault_set(f, code, "list of routes: %s", own.text);
}

struct kept {
	struct arena *arena; /* NULL: next hops are not read */
	struct route *out;
};

static int keep_route(const struct nlmsghdr *h, void *context)
{
	const struct kept *k = context;

	return read_route(h, k->arena, k->out) ? 0 : ERR_INVALID;
}

static int ask(struct netlink *n, const struct route_question *q, unsigned flags, struct kept *kept,
	       struct fault *f)
{
	uint8_t bits = q->to.family == FAMILY_IPV6 ? 128 : 32;
	struct rtmsg header = {.rtm_family = (uint8_t)af_of_family(q->to.family),
			       .rtm_dst_len = bits,
			       .rtm_src_len = q->from.family != FAMILY_NONE ? bits : 0,
			       .rtm_flags = RTM_F_LOOKUP_TABLE | flags};
	struct nl_msg *m = netlink_message(RTM_GETROUTE, 0);
	struct fault own = {0};
	char text[ADDRESS_TEXT_MAX];
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put_address(m, RTA_DST, &q->to);
	if (q->from.family != FAMILY_NONE)
		netlink_put_address(m, RTA_SRC, &q->from);
	if (q->iif != 0)
		netlink_put_u32(m, RTA_IIF, (uint32_t)q->iif);
	if (q->mark != 0)
		netlink_put_u32(m, RTA_MARK, q->mark);
	code = netlink_get(n, m, keep_route, kept, &own);
	nlmsg_free(m);
	if (code == 0)
		return 0;
	/* `prohibit` answers EACCES and `blackhole` EINVAL. */
	if (code == ERR_PRIVILEGE || code == ERR_INVALID)
		code = ERR_UNREACHABLE;
	return fault_set(f, code, "route to %s: %s", address_format(&q->to, text), own.text);
}

int route_lookup(struct netlink *n, const struct route_question *q, struct route *out,
		 struct fault *f)
{
	return ask(n, q, 0, &(struct kept){NULL, out}, f);
}

int route_match(struct netlink *n, const struct route_question *q, struct arena *arena,
		struct route *out, struct fault *f)
{
	return ask(n, q, RTM_F_FIB_MATCH, &(struct kept){arena, out}, f);
}

/* ---- writing ---- */

static void put_hops(struct nl_msg *m, const struct route *r)
{
	struct nlattr *nest = netlink_nest(m, RTA_MULTIPATH);

	for (size_t i = 0; i < r->nhops; i++) {
		const struct route_hop *hop = &r->hops[i];
		struct rtnexthop *h = nlmsg_reserve(m, sizeof(*h), NLMSG_ALIGNTO);
		char *start = (char *)h;

		if (h == NULL)
			break;
		h->rtnh_ifindex = hop->device;
		h->rtnh_hops = (uint8_t)(hop->weight > 0 ? hop->weight - 1 : 0);
		h->rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0;
		if (hop->gateway.family != FAMILY_NONE)
			netlink_put_address(m, RTA_GATEWAY, &hop->gateway);
		h->rtnh_len = (uint16_t)((char *)nlmsg_tail(nlmsg_hdr(m)) - start);
	}
	nla_nest_end(m, nest);
}

/* A new route goes before one that somebody else has at the same key, which stays. */
static const int op_flags[] = {
	[ROUTE_OP_ADD] = NLM_F_CREATE,
	[ROUTE_OP_REPLACE] = NLM_F_CREATE | NLM_F_REPLACE,
	[ROUTE_OP_DELETE] = 0,
};

static struct nl_msg *op_message(const struct route_op *op)
{
	const struct route *r = op->route;
	bool delete = op->kind == ROUTE_OP_DELETE;
	struct rtmsg header = {.rtm_family = (uint8_t)af_of_family(r->prefix.family),
			       .rtm_dst_len = r->prefix.length,
			       .rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC,
			       .rtm_protocol = r->protocol,
			       .rtm_scope = delete ? RT_SCOPE_NOWHERE : r->scope,
			       .rtm_type = r->type,
			       .rtm_flags = r->onlink ? RTNH_F_ONLINK : 0};
	struct nl_msg *m =
		netlink_message(delete ? RTM_DELROUTE : RTM_NEWROUTE, op_flags[op->kind]);

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put(m, RTA_DST, r->prefix.bytes, r->prefix.family == FAMILY_IPV6 ? 16 : 4);
	netlink_put_u32(m, RTA_TABLE, r->table);
	if (r->metric != 0)
		netlink_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->device != 0)
		netlink_put_u32(m, RTA_OIF, (uint32_t)r->device);
	if (r->gateway.family != FAMILY_NONE)
		netlink_put_address(m, RTA_GATEWAY, &r->gateway);
	if (r->nhops > 0 && !delete)
		put_hops(m, r);
	if (r->source.family != FAMILY_NONE && !delete)
		netlink_put_address(m, RTA_PREFSRC, &r->source);
	return m;
}

#define CHUNK 128

static int apply_chunk(struct netlink *n, const struct route_op *ops, size_t count,
		       struct fault *first)
{
	struct nl_msg *messages[CHUNK] = {0};
	struct netlink_result results[CHUNK] = {0};
	char text[ROUTE_TEXT_MAX];
	int code;

	for (size_t i = 0; i < count; i++)
		messages[i] = op_message(&ops[i]);
	code = netlink_batch(n, messages, count, results, first);
	for (size_t i = 0; i < count; i++) {
		nlmsg_free(messages[i]);
		if (code == 0 && results[i].code != 0 &&
		    (ops[i].kind != ROUTE_OP_DELETE || results[i].code != ERR_NOT_FOUND))
			fault_set(first, results[i].code, "route %s: %s",
				  route_format(ops[i].route, text), results[i].text);
	}
	return code;
}

int route_apply(struct netlink *n, const struct route_op *ops, size_t count, struct fault *f)
{
	struct fault first = {0};

	for (size_t i = 0; i < count; i += CHUNK)
		if (apply_chunk(n, ops + i, count - i < CHUNK ? count - i : CHUNK, &first) != 0)
			break;
	return first.code == 0 ? 0 : fault_set(f, first.code, "%s", first.text);
}
