#include "lib/net/monitor.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/arena.h"

#define BATCH_DATAGRAMS 64

struct monitor {
	int fd;
	unsigned kinds;
};

static const struct {
	unsigned kind;
	int group;
} groups[] = {
	{MONITOR_LINK, RTNLGRP_LINK},
	{MONITOR_ADDRESS, RTNLGRP_IPV4_IFADDR},
	{MONITOR_ADDRESS, RTNLGRP_IPV6_IFADDR},
	{MONITOR_ROUTE | MONITOR_ROUTE_BIRD, RTNLGRP_IPV4_ROUTE},
	{MONITOR_ROUTE | MONITOR_ROUTE_BIRD, RTNLGRP_IPV6_ROUTE},
	{MONITOR_RULE, RTNLGRP_IPV4_RULE},
	{MONITOR_RULE, RTNLGRP_IPV6_RULE},
	{MONITOR_NETCONF, RTNLGRP_IPV4_NETCONF},
	{MONITOR_NETCONF, RTNLGRP_IPV6_NETCONF},
	{MONITOR_NFT, NFNLGRP_NFTABLES},
};

static const struct {
	int type;
	unsigned kind;
} types[] = {
	{RTM_NEWLINK, MONITOR_LINK},	   {RTM_DELLINK, MONITOR_LINK},
	{RTM_NEWADDR, MONITOR_ADDRESS},	   {RTM_DELADDR, MONITOR_ADDRESS},
	{RTM_NEWRULE, MONITOR_RULE},	   {RTM_DELRULE, MONITOR_RULE},
	{RTM_NEWNETCONF, MONITOR_NETCONF}, {RTM_DELNETCONF, MONITOR_NETCONF},
};

static int join(struct monitor *m, struct fault *f)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if ((groups[i].kind & m->kinds) != 0 &&
		    setsockopt(m->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i].group,
			       sizeof(groups[i].group)) != 0)
			return fault_errno(f, errno, "netlink group %d", groups[i].group);
	return 0;
}

int monitor_open(unsigned kinds, struct monitor **out, struct fault *f)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	struct monitor *m = mem_alloc(sizeof(*m));
	int code = 0;

	m->kinds = kinds;
	m->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       kinds == MONITOR_NFT ? NETLINK_NETFILTER : NETLINK_ROUTE);
	if (m->fd < 0 || bind(m->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		code = fault_errno(f, errno, "netlink socket");
	if (code == 0)
		code = join(m, f);
	if (code != 0) {
		monitor_close(m);
		return code;
	}
	*out = m;
	return 0;
}

void monitor_close(struct monitor *m)
{
	if (m == NULL)
		return;
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

int monitor_fd(const struct monitor *m)
{
	return m->fd;
}

static unsigned kind_of(const struct nlmsghdr *h)
{
	if (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_DELROUTE) {
		const struct rtmsg *route = nlmsg_data(h);

		if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
			return 0;
		return route->rtm_protocol == RTPROT_BIRD ? MONITOR_ROUTE_BIRD : MONITOR_ROUTE;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == h->nlmsg_type)
			return types[i].kind;
	return 0;
}

unsigned monitor_read(struct monitor *m)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[16384];
	unsigned changed = 0;

	for (int i = 0; i < BATCH_DATAGRAMS; i++) {
		ssize_t got = recv(m->fd, buffer, sizeof(buffer), 0);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) { /* messages were lost */
			changed = m->kinds;
			continue;
		}
		if (got <= 0)
			break;
		if (m->kinds == MONITOR_NFT)
			changed |= MONITOR_NFT;
		else
			for (struct nlmsghdr *h = (void *)buffer; nlmsg_ok(h, left);
			     h = nlmsg_next(h, &left))
				changed |= kind_of(h);
	}
	return changed & m->kinds;
}
