#include "lab/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <poll.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/net/ifaddr.h"
#include "lib/net/link.h"
#include "lib/net/route.h"

#define CARRIER_MS 5000

int wire_open(struct wire *w, const char *net, struct fault *f)
{
	*w = (struct wire)WIRE_CLOSED;
	w->netns = open(net, O_RDONLY | O_CLOEXEC);
	if (w->netns < 0)
		return fault_errno(f, errno, "%s", net);
	return netlink_open_at(NETLINK_ROUTE, w->netns, &w->netlink, f);
}

void wire_close(struct wire *w)
{
	netlink_close(w->netlink);
	if (w->netns >= 0)
		close(w->netns);
	*w = (struct wire)WIRE_CLOSED;
}

static int set_mtu(struct wire *w, const char *device, uint32_t mtu, struct fault *f)
{
	struct link link;
	int code = link_find(w->netlink, device, &link, f);

	return code == 0 ? link_set_mtu(w->netlink, link.index, mtu, f) : code;
}

int wire_connect(struct wire *near, const char *device, struct wire *far, const char *far_device,
		 uint32_t mtu, struct fault *f)
{
	int code = link_create_veth(near->netlink, device, far_device, far->netns, f);

	if (code == 0)
		code = set_mtu(near, device, mtu, f);
	return code == 0 ? set_mtu(far, far_device, mtu, f) : code;
}

int wire_disconnect(struct wire *w, const char *device, struct fault *f)
{
	struct link link;

	if (link_find(w->netlink, device, &link, NULL) != 0)
		return 0;
	return link_delete(w->netlink, link.index, f);
}

int wire_set_up(struct wire *w, const char *device, bool up, struct fault *f)
{
	struct link link;
	int code = link_find(w->netlink, device, &link, f);

	return code == 0 ? link_set_up(w->netlink, link.index, up, f) : code;
}

int wire_await_carrier(struct wire *w, const char *device, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), CARRIER_MS);

	for (;;) {
		struct link link;
		int code = link_find(w->netlink, device, &link, f);

		if (code != 0 || (link.flags & IFF_RUNNING) != 0)
			return code;
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "%s has no carrier after %d ms", device,
					 CARRIER_MS);
		poll(NULL, 0, 5);
	}
}

int wire_add_address(struct wire *w, const char *device, const struct address *a, uint8_t length,
		     struct fault *f)
{
	struct ifaddr row = {.local = *a, .length = length, .scope = RT_SCOPE_UNIVERSE};
	struct link link;
	int code = link_find(w->netlink, device, &link, f);

	row.device = link.index;
	return code == 0 ? ifaddr_add(w->netlink, &row, f) : code;
}

int wire_add_route(struct wire *w, const struct prefix *to, const char *device,
		   const struct address *via, struct fault *f)
{
	struct route route = {.table = RT_TABLE_MAIN,
			      .prefix = *to,
			      .type = RTN_UNICAST,
			      .protocol = RTPROT_STATIC,
			      .scope = via != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
			      .onlink = via != NULL};
	const struct route_op op = {ROUTE_OP_REPLACE, &route};
	struct link link;
	int code = link_find(w->netlink, device, &link, f);

	if (code != 0)
		return code;
	route.device = link.index;
	if (via != NULL)
		route.gateway = *via;
	return route_apply(w->netlink, &op, 1, f);
}
