#include "lib/net/link.h"

#include <ctype.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/netlink_attr.h"

static struct nl_msg *link_message(int type, int flags, int index)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	struct nl_msg *m = netlink_message(type, flags);

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	return m;
}

static bool read_link(const struct nlmsghdr *h, struct link *out)
{
	const struct nlattr *at[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct ifinfomsg header;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
		return false;
	memcpy(&header, nlmsg_data(h), sizeof(header));
	netlink_attrs(h, sizeof(header), at, IFLA_MAX);
	netlink_nested(at[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	memset(out, 0, sizeof(*out));
	out->index = header.ifi_index;
	out->flags = header.ifi_flags;
	netlink_text(at[IFLA_IFNAME], out->name, sizeof(out->name));
	netlink_text(at[IFLA_IFALIAS], out->alias, sizeof(out->alias));
	netlink_text(info[IFLA_INFO_KIND], out->kind, sizeof(out->kind));
	out->mtu = netlink_u32(at[IFLA_MTU], 0);
	out->master = (int)netlink_u32(at[IFLA_MASTER], 0);
	out->carrier_changes = netlink_u32(at[IFLA_CARRIER_CHANGES], 0);
	return true;
}

static int add_link(const struct nlmsghdr *h, void *context)
{
	link_vec *v = context;
	struct link l;

	if (read_link(h, &l))
		vec_push(v, l);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	return ((const struct link *)a)->index - ((const struct link *)b)->index;
}

int link_list(struct netlink *n, link_vec *out, struct fault *f)
{
	struct nl_msg *m = link_message(RTM_GETLINK, 0, 0);
	int code = netlink_dump(n, m, add_link, out, f);

	nlmsg_free(m);
	vec_sort(out, by_index);
	return code == 0 ? 0 : fault_prefix(f, "list of devices");
}

static int keep_link(const struct nlmsghdr *h, void *context)
{
	return read_link(h, context) ? 0 : ERR_INVALID;
}

int link_find(struct netlink *n, const char *name, struct link *out, struct fault *f)
{
	struct nl_msg *m;
	int code;

	if (!link_name_valid(name))
		return fault_set(f, ERR_INVALID, "'%.60s' is no device name", name);
	m = link_message(RTM_GETLINK, 0, 0);
	netlink_put_text(m, IFLA_IFNAME, name);
	code = netlink_get(n, m, keep_link, out, f);
	nlmsg_free(m);
	if (code != 0)
		fault_prefix(f, "device %s", name);
	return code;
}

const struct link *link_by_name(const link_vec *links, const char *name)
{
	for (size_t i = 0; i < links->n; i++)
		if (strcmp(links->at[i].name, name) == 0)
			return &links->at[i];
	return NULL;
}

const struct link *link_by_index(const link_vec *links, int index)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->at[i].index == index)
			return &links->at[i];
	return NULL;
}

bool link_is_up(const struct link *l)
{
	return (l->flags & IFF_UP) != 0;
}

bool link_is_running(const struct link *l)
{
	return link_is_up(l) && (l->flags & IFF_RUNNING) != 0;
}

bool link_is_inner_bridge(const link_vec *links, const struct link *bridge)
{
	if (strcmp(bridge->kind, "bridge") != 0)
		return false;
	for (size_t i = 0; i < links->n; i++) {
		const struct link *port = &links->at[i];

		if (port->master == bridge->index && strcmp(port->kind, "veth") != 0 &&
		    strcmp(port->kind, "tun") != 0)
			return false;
	}
	return true;
}

bool link_name_valid(const char *name)
{
	size_t len = strlen(name), digits = 0;

	if (len == 0 || len >= LINK_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c >= 0x7f || c == '/' || c == ':' || c == '%')
			return false;
		digits += isdigit(c) != 0;
	}
	return digits < len;
}

/* ---- making ---- */

static int send_and_free(struct netlink *n, struct nl_msg *m, struct fault *f)
{
	int code = netlink_do(n, m, f);

	nlmsg_free(m);
	return code;
}

static int create_check(const char *name, struct fault *f)
{
	return link_name_valid(name) ? 0
				     : fault_set(f, ERR_INVALID, "'%.60s' is no device name", name);
}

static int create_done(int code, const char *kind, const char *name, struct fault *f)
{
	if (code == ERR_UNSUPPORTED) /* what the kernel says to a kind that it does not have */
		fault_prefix(f, "the kernel has no devices of kind %s", kind);
	else if (code != 0)
		fault_prefix(f, "%s device %s", kind, name);
	return code;
}

static int create(struct netlink *n, const char *kind, const char *name, struct fault *f)
{
	struct nl_msg *m;
	struct nlattr *info;
	int code = create_check(name, f);

	if (code != 0)
		return code;
	m = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	netlink_put_text(m, IFLA_IFNAME, name);
	info = netlink_nest(m, IFLA_LINKINFO);
	netlink_put_text(m, IFLA_INFO_KIND, kind);
	nla_nest_end(m, info);
	return create_done(send_and_free(n, m, f), kind, name, f);
}

int link_create_wireguard(struct netlink *n, const char *name, struct fault *f)
{
	return create(n, "wireguard", name, f);
}

int link_create_bridge(struct netlink *n, const char *name, struct fault *f)
{
	return create(n, "bridge", name, f);
}

int link_create_veth(struct netlink *n, const char *name, const char *peer, int peer_netns,
		     struct fault *f)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
	struct nlattr *info, *data, *end;
	struct nl_msg *m;
	int code = create_check(name, f);

	if (code == 0)
		code = create_check(peer, f);
	if (code != 0)
		return code;
	m = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	netlink_put_text(m, IFLA_IFNAME, name);
	info = netlink_nest(m, IFLA_LINKINFO);
	netlink_put_text(m, IFLA_INFO_KIND, "veth");
	data = netlink_nest(m, IFLA_INFO_DATA);
	end = netlink_nest(m, VETH_INFO_PEER);
	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put_text(m, IFLA_IFNAME, peer);
	if (peer_netns >= 0)
		netlink_put_u32(m, IFLA_NET_NS_FD, (uint32_t)peer_netns);
	nla_nest_end(m, end);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	return create_done(send_and_free(n, m, f), "veth", name, f);
}

/* ---- changing ---- */

static int change(struct netlink *n, struct nl_msg *m, int index, const char *what, struct fault *f)
{
	int code = send_and_free(n, m, f);

	if (code != 0)
		fault_prefix(f, "%s of device %d", what, index);
	return code;
}

int link_set_up(struct netlink *n, int index, bool up, struct fault *f)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC,
				   .ifi_index = index,
				   .ifi_flags = up ? IFF_UP : 0,
				   .ifi_change = IFF_UP};
	struct nl_msg *m = netlink_message(RTM_NEWLINK, 0);

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	return change(n, m, index, up ? "start" : "stop", f);
}

int link_set_mtu(struct netlink *n, int index, uint32_t mtu, struct fault *f)
{
	struct nl_msg *m = link_message(RTM_NEWLINK, 0, index);

	netlink_put_u32(m, IFLA_MTU, mtu);
	return change(n, m, index, "MTU", f);
}

int link_set_alias(struct netlink *n, int index, const char *alias, struct fault *f)
{
	struct nl_msg *m;

	if (strlen(alias) >= LINK_ALIAS_MAX)
		return fault_set(f, ERR_TOO_LARGE, "alias of device %d", index);
	m = link_message(RTM_NEWLINK, 0, index);
	netlink_put(m, IFLA_IFALIAS, alias, strlen(alias)); /* kept as it comes: without a NUL */
	return change(n, m, index, "alias", f);
}

int link_set_master(struct netlink *n, int index, int master, struct fault *f)
{
	struct nl_msg *m = link_message(RTM_NEWLINK, 0, index);

	netlink_put_u32(m, IFLA_MASTER, (uint32_t)master);
	return change(n, m, index, "master", f);
}

int link_rename(struct netlink *n, int index, const char *name, struct fault *f)
{
	struct nl_msg *m;
	int code = create_check(name, f);

	if (code != 0)
		return code;
	m = link_message(RTM_NEWLINK, 0, index);
	netlink_put_text(m, IFLA_IFNAME, name);
	return change(n, m, index, "name", f);
}

int link_delete(struct netlink *n, int index, struct fault *f)
{
	return change(n, link_message(RTM_DELLINK, 0, index), index, "deletion", f);
}
