#include "lib/net/ifaddr.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/netlink_attr.h"

static bool read_ifaddr(const struct nlmsghdr *h, struct ifaddr *out)
{
	const struct nlattr *at[IFA_MAX + 1];
	struct ifaddrmsg header;
	struct address address;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
		return false;
	memcpy(&header, nlmsg_data(h), sizeof(header));
	netlink_attrs(h, sizeof(header), at, IFA_MAX);
	memset(out, 0, sizeof(*out));
	out->device = (int)header.ifa_index;
	out->length = header.ifa_prefixlen;
	out->scope = header.ifa_scope;
	out->noprefixroute =
		(netlink_u32(at[IFA_FLAGS], header.ifa_flags) & IFA_F_NOPREFIXROUTE) != 0;
	/* IFA_ADDRESS is the peer's where there is one, else the same; IPv6 may say it alone. */
	address = netlink_address(at[IFA_ADDRESS], header.ifa_family);
	out->local = netlink_address(at[IFA_LOCAL], header.ifa_family);
	if (out->local.family == FAMILY_NONE)
		out->local = address;
	else if (!address_equal(&out->local, &address))
		out->peer = address;
	return out->local.family != FAMILY_NONE;
}

static int add_ifaddr(const struct nlmsghdr *h, void *context)
{
	ifaddr_vec *v = context;
	struct ifaddr a;

	if (read_ifaddr(h, &a))
		vec_push(v, a);
	return 0;
}

static int list_family(struct netlink *n, int af, int device, ifaddr_vec *out, struct fault *f)
{
	struct ifaddrmsg header = {.ifa_family = (uint8_t)af, .ifa_index = (uint32_t)device};
	struct nl_msg *m = netlink_message(RTM_GETADDR, 0);
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	code = netlink_dump(n, m, add_ifaddr, out, f);
	nlmsg_free(m);
	return code;
}

int ifaddr_list(struct netlink *n, int device, ifaddr_vec *out, struct fault *f)
{
	int code = list_family(n, AF_INET, device, out, f);

	if (code == 0)
		code = list_family(n, AF_INET6, device, out, f);
	vec_sort(out, ifaddr_compare);
	if (code != 0)
		fault_prefix(f, "list of addresses");
	return code;
}

static int change(struct netlink *n, int type, int flags, const struct ifaddr *a, struct fault *f)
{
	struct ifaddrmsg header = {.ifa_family = (uint8_t)af_of_family(a->local.family),
				   .ifa_prefixlen = a->length,
				   .ifa_scope = a->scope,
				   .ifa_index = (uint32_t)a->device};
	const struct address *peer = a->peer.family != FAMILY_NONE ? &a->peer : &a->local;
	struct nl_msg *m = netlink_message(type, flags);
	char text[ADDRESS_TEXT_MAX];
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put_address(m, IFA_LOCAL, &a->local);
	netlink_put_address(m, IFA_ADDRESS, peer);
	if (a->noprefixroute)
		netlink_put_u32(m, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
	code = netlink_do(n, m, f);
	nlmsg_free(m);
	if (code != 0)
		fault_prefix(f, "address %s/%u of device %d", address_format(&a->local, text),
			     a->length, a->device);
	return code;
}

int ifaddr_add(struct netlink *n, const struct ifaddr *a, struct fault *f)
{
	struct fault own = {0};
	int code = change(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, a, &own);

	return code == ERR_EXISTS || code == 0 ? 0 : fault_set(f, code, "%s", own.text);
}

int ifaddr_delete(struct netlink *n, const struct ifaddr *a, struct fault *f)
{
	struct fault own = {0};
	int code = change(n, RTM_DELADDR, 0, a, &own);

	return code == ERR_NOT_FOUND || code == 0 ? 0 : fault_set(f, code, "%s", own.text);
}

static int compare_address(const struct address *a, const struct address *b)
{
	int order = (a->family > b->family) - (a->family < b->family);

	return order != 0 ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int ifaddr_compare(const void *a, const void *b)
{
	const struct ifaddr *x = a, *y = b;
	int order = (x->device > y->device) - (x->device < y->device);

	order = order != 0 ? order : compare_address(&x->local, &y->local);
	order = order != 0 ? order : compare_address(&x->peer, &y->peer);
	order = order != 0 ? order : x->length - y->length;
	order = order != 0 ? order : x->scope - y->scope;
	return order != 0 ? order : x->noprefixroute - y->noprefixroute;
}

struct prefix ifaddr_prefix(const struct ifaddr *a)
{
	const struct address *of = a->peer.family != FAMILY_NONE ? &a->peer : &a->local;
	struct prefix p = prefix_of_address(of);

	p.length = a->length < p.length ? a->length : p.length;
	for (size_t i = p.length; i < 128; i++)
		p.bytes[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
	return p;
}
