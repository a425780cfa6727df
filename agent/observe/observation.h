/* What the machine is like now, as one value: the plan reads it and nothing else. */
#ifndef SKEIN_AGENT_OBSERVE_OBSERVATION_H
#define SKEIN_AGENT_OBSERVE_OBSERVATION_H

#include "lib/base/hash.h"
#include "lib/mesh/id.h"
#include "lib/net/ifaddr.h"
#include "lib/net/link.h"
#include "lib/net/path_mtu.h"
#include "lib/net/route.h"
#include "lib/net/rule.h"
#include "lib/net/wg_device.h"

struct seen_conf { /* net/ipv4/conf of the link at the same position; -1: not read */
	int forwarding, rp_filter;
};

struct seen_started { /* a device whose process this agent started: ours even without its alias */
	char name[LINK_NAME_MAX];
	struct id membership;
};

struct observation {
	struct arena arena;
	link_vec links;
	VEC(struct seen_conf) confs;
	int hash_policy; /* fib_multipath_hash_policy */
	int ip_forward;	 /* 1: somebody wants the whole machine to forward; -1: not read */
	ifaddr_vec addresses;
	route_vec main;		/* the machine's own routes */
	path_mtu_vec path_mtus; /* that the kernel has learned */
	route_vec routes;	/* of our protocol number, in all tables */
	route_vec learned;	/* BIRD's, in all tables, as far as they were asked for */
	bool has_learned;
	rule_vec rules;		       /* the same */
	VEC(struct wg_device) devices; /* our devices that answer */
	VEC(struct seen_started) started;
	bool fence_stands; /* the nftables table is what was loaded last, and that is `fence` */
	struct digest fence;
};

void observation_init(struct observation *o);
void observation_fini(struct observation *o);
const struct wg_device *observation_wg(const struct observation *o, const char *name);

#define ALIAS_PREFIX "skein:"
/* The membership that a link belongs to: by its alias, or because we started its process and have
 * not marked it yet. False for a link that is not ours. */
bool observation_owner(const struct observation *o, const struct link *l, struct id *out);

#endif
