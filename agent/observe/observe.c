#include "agent/observe/observe.h"

#include <string.h>

#include "lib/net/sysctl.h"
#include "lib/net/wg.h"

static void read_confs(struct observation *out)
{
	for (size_t i = 0; i < out->links.n; i++) {
		struct seen_conf conf = {-1, -1};
		const char *name = out->links.at[i].name;

		sysctl_read_conf(name, "forwarding", &conf.forwarding, NULL);
		sysctl_read_conf(name, "rp_filter", &conf.rp_filter, NULL);
		vec_push(&out->confs, conf);
	}
	sysctl_read_ipv4("fib_multipath_hash_policy", &out->hash_policy, NULL);
	sysctl_read_ipv4("ip_forward", &out->ip_forward, NULL);
}

/* A device of ours that does not answer (its process is starting, or has just died) is in `links`
 * only: it gets its peers in the round in which it does. */
static void read_devices(struct observation *out)
{
	for (size_t i = 0; i < out->links.n; i++) {
		struct wg_backend *backend = NULL;
		struct wg_device device = {0};
		struct id owner;

		if (!observation_owner(out, &out->links.at[i], &owner) ||
		    wg_open(out->links.at[i].name, &backend, NULL) != 0)
			continue;
		if (wg_read(backend, &device, NULL) == 0)
			vec_push(&out->devices, device);
		wg_close(backend);
	}
}

static int read_routes(struct netlink *rtnl, const struct config *c, bool learned,
		       struct observation *out, struct fault *f)
{
	struct route_filter filter = {.family = FAMILY_IPV4, .table = RT_TABLE_MAIN};
	int code = route_list(rtnl, &filter, &out->arena, &out->main, f);

	if (code != 0)
		return code;
	filter.table = 0;
	filter.protocol = (uint8_t)c->protocol;
	code = route_list(rtnl, &filter, &out->arena, &out->routes, f);
	if (code != 0 || !learned)
		return code;
	filter.protocol = RTPROT_BIRD;
	code = route_list(rtnl, &filter, &out->arena, &out->learned, f);
	out->has_learned = code == 0;
	return code;
}

int observe_machine(struct netlink *rtnl, const struct config *c, bool learned,
		    struct observation *out, struct fault *f)
{
	int code = link_list(rtnl, &out->links, f);

	if (code == 0)
		code = ifaddr_list(rtnl, 0, &out->addresses, f);
	if (code == 0)
		code = read_routes(rtnl, c, learned, out, f);
	if (code == 0)
		code = rule_list(rtnl, FAMILY_IPV4, (uint8_t)c->protocol, &out->rules, f);
	if (code != 0)
		return code;
	path_mtu_list(rtnl, &out->path_mtus, NULL); /* without them links count */
	read_confs(out);
	read_devices(out);
	return 0;
}
