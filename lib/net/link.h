/* Network devices, by rtnetlink. Functions that change one take its index: a name may have moved on
 * to another device in the meantime. */
#ifndef SKEIN_NET_LINK_H
#define SKEIN_NET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/net/netlink.h"

#define LINK_NAME_MAX  16 /* with the NUL */
#define LINK_ALIAS_MAX 256

struct link {
	int index;
	char name[LINK_NAME_MAX];
	char kind[16]; /* "wireguard", "tun", "veth", "bridge", …; "" for hardware and lo */
	char alias[LINK_ALIAS_MAX]; /* "" if none */
	uint32_t mtu;
	uint32_t flags; /* IFF_UP, IFF_RUNNING, IFF_LOOPBACK, … */
	int master;	/* index of the bridge or bond that it is a port of; 0: none */
	uint32_t
		carrier_changes; /* since the device was made: a cable pulled and put back is two */
};

typedef VEC(struct link) link_vec;

/* All of them, by index. */
int link_list(struct netlink *n, link_vec *out, struct fault *f);
/* One by name; ERR_NOT_FOUND. */
int link_find(struct netlink *n, const char *name, struct link *out, struct fault *f);
/* In a list; NULL if it is not there. */
const struct link *link_by_name(const link_vec *links, const char *name);
const struct link *link_by_index(const link_vec *links, int index);
bool link_is_up(const struct link *l);
/* Up, and nothing below it is missing (RFC 2863, operational state): a pulled cable is. */
bool link_is_running(const struct link *l);
/* A bridge all of whose ports (none is fine) are veth or tap devices: its neighbours live on this
 * machine (containers, virtual machines). */
bool link_is_inner_bridge(const link_vec *links, const struct link *bridge);
/* 1–15 bytes without '/', white space or control bytes, not "." or "..", not all digits. */
bool link_name_valid(const char *name);

/* Each of these fails with ERR_EXISTS where the name is taken. The device is down. */
int link_create_wireguard(struct netlink *n, const char *name, struct fault *f);
int link_create_bridge(struct netlink *n, const char *name, struct fault *f);
/* The peer is made in the namespace of `peer_netns`, or in this one for -1. */
int link_create_veth(struct netlink *n, const char *name, const char *peer, int peer_netns,
		     struct fault *f);

int link_set_up(struct netlink *n, int index, bool up, struct fault *f);
int link_set_mtu(struct netlink *n, int index, uint32_t mtu, struct fault *f);
int link_set_alias(struct netlink *n, int index, const char *alias, struct fault *f);
int link_set_master(struct netlink *n, int index, int master, struct fault *f); /* 0: none */
int link_rename(struct netlink *n, int index, const char *name, struct fault *f);
int link_delete(struct netlink *n, int index, struct fault *f);

#endif
