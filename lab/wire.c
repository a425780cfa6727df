#include "lab/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <unistd.h>

#include "lab/netns.h"
#include "lib/base/arena.h"

struct wire {
	struct nl_sock *socket;
};

static int nl_fault(struct fault *f, int error, const char *what, const char *device)
{
	int code = error == -NLE_EXIST ? ERR_EXISTS : ERR_IO;

	return fault_set(f, code, "%s %s: %s", what, device, nl_geterror(error));
}

static int connect_socket(void *context)
{
	struct wire *w = context;

	return nl_connect(w->socket, NETLINK_ROUTE);
}

int wire_open(const char *net, struct wire **out, struct fault *f)
{
	struct wire *w = mem_alloc(sizeof(*w));
	int code;

	w->socket = nl_socket_alloc();
	if (w->socket == NULL) {
		free(w);
		return fault_set(f, ERR_INTERNAL, "no netlink socket");
	}
	code = netns_inside(net, connect_socket, w, f);
	if (code != 0) {
		wire_close(w);
		return fault_set(f, ERR_IO, "netlink in %s: %s", net, nl_geterror(code));
	}
	*out = w;
	return 0;
}

void wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	nl_socket_free(w->socket);
	free(w);
}

int wire_connect(struct wire *w, const char *device, const char *far, const char *far_device,
		 uint32_t mtu, struct fault *f)
{
	struct rtnl_link *link = rtnl_link_veth_alloc(), *peer = NULL;
	int far_ns = open(far, O_RDONLY | O_CLOEXEC), code = 0, error;

	if (far_ns < 0) {
		code = fault_errno(f, errno, "%s", far);
		goto out;
	}
	if (link == NULL || (peer = rtnl_link_veth_get_peer(link)) == NULL) {
		code = fault_set(f, ERR_INTERNAL, "no memory for a link");
		goto out;
	}
	rtnl_link_set_name(link, device);
	rtnl_link_set_mtu(link, mtu);
	rtnl_link_set_name(peer, far_device);
	rtnl_link_set_mtu(peer, mtu);
	rtnl_link_set_ns_fd(peer, far_ns);
	error = rtnl_link_add(w->socket, link, NLM_F_CREATE | NLM_F_EXCL);
	if (error < 0)
		code = nl_fault(f, error, "cable", device);
out:
	if (peer != NULL)
		rtnl_link_put(peer);
	if (link != NULL)
		rtnl_link_put(link);
	if (far_ns >= 0)
		close(far_ns);
	return code;
}

static int find_device(struct wire *w, const char *device, int *index, struct fault *f)
{
	struct rtnl_link *link = NULL;
	int error = rtnl_link_get_kernel(w->socket, 0, device, &link);

	if (error < 0)
		return nl_fault(f, error, "device", device);
	*index = rtnl_link_get_ifindex(link);
	rtnl_link_put(link);
	return 0;
}

int wire_set_up(struct wire *w, const char *device, bool up, struct fault *f)
{
	struct rtnl_link *old = NULL, *change = rtnl_link_alloc();
	int error = rtnl_link_get_kernel(w->socket, 0, device, &old);

	if (error >= 0) {
		if (up)
			rtnl_link_set_flags(change, IFF_UP);
		else
			rtnl_link_unset_flags(change, IFF_UP);
		error = rtnl_link_change(w->socket, old, change, 0);
	}
	rtnl_link_put(change);
	if (old != NULL)
		rtnl_link_put(old);
	return error < 0 ? nl_fault(f, error, "device", device) : 0;
}

static struct nl_addr *to_nl(const uint8_t *bytes, uint8_t length)
{
	struct nl_addr *a = nl_addr_build(AF_INET, (void *)bytes, 4);

	if (a != NULL)
		nl_addr_set_prefixlen(a, length);
	return a;
}

int wire_add_address(struct wire *w, const char *device, const struct address *a, uint8_t length,
		     struct fault *f)
{
	struct nl_addr *local = to_nl(a->bytes, length);
	struct rtnl_addr *row = rtnl_addr_alloc();
	int index, code = find_device(w, device, &index, f), error;

	if (code == 0) {
		rtnl_addr_set_ifindex(row, index);
		error = rtnl_addr_set_local(row, local);
		if (error >= 0)
			error = rtnl_addr_add(w->socket, row, NLM_F_EXCL);
		if (error < 0)
			code = nl_fault(f, error, "address on", device);
	}
	rtnl_addr_put(row);
	nl_addr_put(local);
	return code;
}

int wire_add_route(struct wire *w, const struct prefix *to, const char *device,
		   const struct address *via, struct fault *f)
{
	struct nl_addr *destination = to_nl(to->bytes, to->length), *gateway = NULL;
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	int index, code = find_device(w, device, &index, f), error;

	if (code != 0) {
		rtnl_route_nh_free(hop);
		goto out;
	}
	rtnl_route_set_dst(route, destination);
	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_set_scope(route, via != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	rtnl_route_nh_set_ifindex(hop, index);
	if (via != NULL) {
		gateway = to_nl(via->bytes, 32);
		rtnl_route_nh_set_gateway(hop, gateway);
		rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
	}
	rtnl_route_add_nexthop(route, hop); /* takes it */
	error = rtnl_route_add(w->socket, route, NLM_F_CREATE | NLM_F_REPLACE);
	if (error < 0)
		code = nl_fault(f, error, "route over", device);
out:
	if (gateway != NULL)
		nl_addr_put(gateway);
	nl_addr_put(destination);
	rtnl_route_put(route);
	return code;
}
