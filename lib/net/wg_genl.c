/* The kernel's WireGuard, by generic netlink.
 *
 * Requests are cut below a page: what does not fit goes on in a next message, which names the same
 * peer again. Answers to a dump are cut by the kernel the same way. */
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/net/link.h"
#include "lib/net/netlink_attr.h"
#include "lib/net/wg_backend.h"

/* Room that a peer, and an allowed IP, may need in a message of a page. */
#define MESSAGE_MAX  3800
#define PEER_SIZE    128
#define ALLOWED_SIZE 48

struct genl {
	struct wg_backend base;
	struct netlink *netlink;
	int family;
	/* the request that is being written; NULL: none */
	struct nl_msg *message;
	struct nlattr *peers, *peer, *allowed; /* open nests; allowed may be NULL */
	struct wg_key last;
};

static struct genl *genl_of(struct wg_backend *b)
{
	return (struct genl *)b;
}

static struct nl_msg *new_message(const struct genl *g, uint8_t command)
{
	struct genlmsghdr header = {.cmd = command, .version = WG_GENL_VERSION};
	struct nl_msg *m = netlink_message(g->family, 0);

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	netlink_put_text(m, WGDEVICE_A_IFNAME, g->base.name);
	return m;
}

/* ---- reading ---- */

static void blank(const struct nlattr *a)
{
	if (a != NULL)
		sodium_memzero(nla_data(a), (size_t)nla_len(a));
}

static void scrub(struct nlmsghdr *h)
{
	const struct nlattr *at[WGDEVICE_A_MAX + 1], *peer[WGPEER_A_MAX + 1], *p;
	int left;

	netlink_attrs(h, GENL_HDRLEN, at, WGDEVICE_A_MAX);
	blank(at[WGDEVICE_A_PRIVATE_KEY]);
	if (at[WGDEVICE_A_PEERS] == NULL)
		return;
	nla_for_each_nested(p, at[WGDEVICE_A_PEERS], left)
	{
		netlink_nested(p, peer, WGPEER_A_MAX);
		blank(peer[WGPEER_A_PRESHARED_KEY]);
	}
}

static int read_allowed(struct wg_device *d, const struct nlattr *nest)
{
	const struct nlattr *at[WGALLOWEDIP_A_MAX + 1], *a;
	int left, code;

	nla_for_each_nested(a, nest, left)
	{
		struct address address;
		struct prefix p;

		netlink_nested(a, at, WGALLOWEDIP_A_MAX);
		address = netlink_address(at[WGALLOWEDIP_A_IPADDR],
					  netlink_u16(at[WGALLOWEDIP_A_FAMILY], 0));
		if (address.family == FAMILY_NONE)
			return ERR_INVALID;
		p = prefix_of_address(&address);
		p.length = netlink_u8(at[WGALLOWEDIP_A_CIDR_MASK], p.length) < p.length
				   ? netlink_u8(at[WGALLOWEDIP_A_CIDR_MASK], p.length)
				   : p.length;
		code = wg_device_add_allowed(d, &p);
		if (code != 0)
			return code;
	}
	return 0;
}

static void read_endpoint(const struct nlattr *a, struct wg_endpoint *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (a != NULL && nla_len(a) == (int)sizeof(in)) {
		memcpy(&in, nla_data(a), sizeof(in));
		out->address = address_ipv4(ntohl(in.sin_addr.s_addr));
		out->port = ntohs(in.sin_port);
	} else if (a != NULL && nla_len(a) == (int)sizeof(in6)) {
		memcpy(&in6, nla_data(a), sizeof(in6));
		out->address.family = FAMILY_IPV6;
		memcpy(out->address.bytes, &in6.sin6_addr, 16);
		out->port = ntohs(in6.sin6_port);
	}
}

static int read_peer(struct wg_device *d, const struct nlattr *nest)
{
	const struct nlattr *at[WGPEER_A_MAX + 1];
	struct timespec64 {
		int64_t s, ns;
	} handshake = {0};
	struct wg_peer *peer;
	struct wg_key key;
	int code = 0;

	netlink_nested(nest, at, WGPEER_A_MAX);
	if (at[WGPEER_A_PUBLIC_KEY] == NULL || nla_len(at[WGPEER_A_PUBLIC_KEY]) != WG_KEY_SIZE)
		return ERR_INVALID;
	memcpy(key.bytes, nla_data(at[WGPEER_A_PUBLIC_KEY]), sizeof(key.bytes));
	/* The same key as before: more allowed IPs of a peer that was cut. */
	if (d->peers.n == 0 || wg_key_compare(&d->peers.at[d->peers.n - 1].key, &key) != 0)
		code = wg_device_add_peer(d, &key);
	if (code != 0)
		return code;
	peer = &d->peers.at[d->peers.n - 1];
	read_endpoint(at[WGPEER_A_ENDPOINT], &peer->endpoint);
	peer->keepalive = netlink_u16(at[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL], peer->keepalive);
	peer->rx_bytes = netlink_u64(at[WGPEER_A_RX_BYTES], peer->rx_bytes);
	peer->tx_bytes = netlink_u64(at[WGPEER_A_TX_BYTES], peer->tx_bytes);
	if (at[WGPEER_A_LAST_HANDSHAKE_TIME] != NULL &&
	    nla_len(at[WGPEER_A_LAST_HANDSHAKE_TIME]) >= (int)sizeof(handshake)) {
		memcpy(&handshake, nla_data(at[WGPEER_A_LAST_HANDSHAKE_TIME]), sizeof(handshake));
		peer->last_handshake.ms = handshake.s * 1000 + handshake.ns / 1000000;
	}
	return at[WGPEER_A_ALLOWEDIPS] != NULL ? read_allowed(d, at[WGPEER_A_ALLOWEDIPS]) : 0;
}

static int read_message(const struct nlmsghdr *h, void *context)
{
	static const struct wg_key none;
	const struct nlattr *at[WGDEVICE_A_MAX + 1], *p;
	struct wg_device *d = context;
	int left, code = 0;

	netlink_attrs(h, GENL_HDRLEN, at, WGDEVICE_A_MAX);
	if (at[WGDEVICE_A_PUBLIC_KEY] != NULL &&
	    nla_len(at[WGDEVICE_A_PUBLIC_KEY]) == WG_KEY_SIZE) {
		memcpy(d->public_key.bytes, nla_data(at[WGDEVICE_A_PUBLIC_KEY]), WG_KEY_SIZE);
		d->has_private_key = wg_key_compare(&d->public_key, &none) != 0;
	}
	d->listen_port = netlink_u16(at[WGDEVICE_A_LISTEN_PORT], d->listen_port);
	d->fwmark = netlink_u32(at[WGDEVICE_A_FWMARK], d->fwmark);
	if (at[WGDEVICE_A_PEERS] == NULL)
		return 0;
	nla_for_each_nested(p, at[WGDEVICE_A_PEERS], left)
	{
		code = read_peer(d, p);
		if (code != 0)
			break;
	}
	return code;
}

static int genl_read(struct wg_backend *b, struct wg_device *out, struct fault *f)
{
	struct genl *g = genl_of(b);
	struct nl_msg *m = new_message(g, WG_CMD_GET_DEVICE);
	int code = netlink_dump(g->netlink, m, read_message, out, f);

	nlmsg_free(m);
	return code != 0 ? fault_set(f, code, "%s", error_text(code)) : 0;
}

/* ---- writing ---- */

static int genl_set_device(struct wg_backend *b, unsigned mask, const struct wg_device *desired,
			   const struct secret *key, struct fault *f)
{
	struct genl *g = genl_of(b);
	struct nl_msg *m = new_message(g, WG_CMD_SET_DEVICE);
	int code;

	if ((mask & WG_SET_KEY) != 0)
		netlink_put(m, WGDEVICE_A_PRIVATE_KEY, key->bytes, sizeof(key->bytes));
	if ((mask & WG_SET_PORT) != 0)
		netlink_put_u16(m, WGDEVICE_A_LISTEN_PORT, desired->listen_port);
	if ((mask & WG_SET_MARK) != 0)
		netlink_put_u32(m, WGDEVICE_A_FWMARK, desired->fwmark);
	code = netlink_do(g->netlink, m, f);
	sodium_memzero(nlmsg_data(nlmsg_hdr(m)), (size_t)nlmsg_datalen(nlmsg_hdr(m)));
	nlmsg_free(m);
	return code;
}

static void end_peer(struct genl *g)
{
	if (g->allowed != NULL)
		nla_nest_end(g->message, g->allowed);
	if (g->peer != NULL)
		nla_nest_end(g->message, g->peer);
	g->allowed = g->peer = NULL;
}

static int genl_flush(struct wg_backend *b, struct fault *f)
{
	struct genl *g = genl_of(b);
	int code;

	if (g->message == NULL)
		return 0;
	end_peer(g);
	nla_nest_end(g->message, g->peers);
	code = netlink_do(g->netlink, g->message, f);
	nlmsg_free(g->message);
	g->message = NULL;
	return code;
}

/* Sends what is there if `size` more would not fit; afterwards there is a message. */
static int make_room(struct genl *g, uint32_t size, struct fault *f)
{
	int code = 0;

	if (g->message != NULL && nlmsg_hdr(g->message)->nlmsg_len + size > MESSAGE_MAX)
		code = genl_flush(&g->base, f);
	if (g->message == NULL) {
		g->message = new_message(g, WG_CMD_SET_DEVICE);
		g->peers = netlink_nest(g->message, WGDEVICE_A_PEERS);
	}
	return code;
}

static void begin_peer(struct genl *g, const struct wg_key *key, uint32_t flags)
{
	end_peer(g);
	g->peer = netlink_nest(g->message, 0);
	netlink_put(g->message, WGPEER_A_PUBLIC_KEY, key->bytes, sizeof(key->bytes));
	netlink_put_u32(g->message, WGPEER_A_FLAGS, flags);
	g->last = *key;
}

static void put_endpoint(struct nl_msg *m, const struct wg_endpoint *e)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(e->port)};

	if (e->address.family == FAMILY_IPV6) {
		memcpy(&in6.sin6_addr, e->address.bytes, 16);
		netlink_put(m, WGPEER_A_ENDPOINT, &in6, sizeof(in6));
	} else {
		in.sin_addr.s_addr = htonl(address_to_ipv4(&e->address));
		netlink_put(m, WGPEER_A_ENDPOINT, &in, sizeof(in));
	}
}

static int genl_put_peer(struct wg_backend *b, const struct wg_entry *e, struct fault *f)
{
	struct genl *g = genl_of(b);
	int code = make_room(g, PEER_SIZE, f);

	if (code != 0)
		return code;
	begin_peer(g, e->key,
		   e->remove	    ? WGPEER_F_REMOVE_ME
		   : e->update_only ? WGPEER_F_UPDATE_ONLY
				    : 0);
	if ((e->mask & WG_SET_ENDPOINT) != 0)
		put_endpoint(g->message, e->endpoint);
	if ((e->mask & WG_SET_KEEPALIVE) != 0)
		netlink_put_u16(g->message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, e->keepalive);
	return 0;
}

static int genl_put_allowed(struct wg_backend *b, const struct prefix *p, struct fault *f)
{
	struct genl *g = genl_of(b);
	int code = make_room(g, ALLOWED_SIZE, f);
	struct nlattr *nest;

	if (code != 0)
		return code;
	if (g->peer == NULL)
		begin_peer(g, &g->last, WGPEER_F_UPDATE_ONLY);
	if (g->allowed == NULL)
		g->allowed = netlink_nest(g->message, WGPEER_A_ALLOWEDIPS);
	nest = netlink_nest(g->message, 0);
	netlink_put_u16(g->message, WGALLOWEDIP_A_FAMILY, (uint16_t)af_of_family(p->family));
	netlink_put(g->message, WGALLOWEDIP_A_IPADDR, p->bytes, p->family == FAMILY_IPV6 ? 16 : 4);
	netlink_put_u8(g->message, WGALLOWEDIP_A_CIDR_MASK, p->length);
	nla_nest_end(g->message, nest);
	return 0;
}

static int genl_clear(struct wg_backend *b, struct fault *f)
{
	struct genl *g = genl_of(b);
	struct nl_msg *m = new_message(g, WG_CMD_SET_DEVICE);
	int code;

	netlink_put_u32(m, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
	code = netlink_do(g->netlink, m, f);
	nlmsg_free(m);
	return code;
}

static void genl_close(struct wg_backend *b)
{
	struct genl *g = genl_of(b);

	if (g->message != NULL)
		nlmsg_free(g->message);
	netlink_close(g->netlink);
	free(g);
}

static const struct wg_backend_type genl_type = {
	.close = genl_close,
	.read = genl_read,
	.set_device = genl_set_device,
	.put_peer = genl_put_peer,
	.put_allowed = genl_put_allowed,
	.flush = genl_flush,
	.clear = genl_clear,
};

/* ERR_NOT_FOUND unless the interface is one of the kernel's WireGuard. */
static int check_kind(const char *name, struct fault *f)
{
	struct netlink *n = NULL;
	struct link l;
	int code = netlink_open(NETLINK_ROUTE, &n, f);

	if (code == 0)
		code = link_find(n, name, &l, f);
	netlink_close(n);
	if (code == 0 && strcmp(l.kind, "wireguard") != 0)
		code = fault_set(f, ERR_NOT_FOUND, "device %s is not the kernel's WireGuard", name);
	return code;
}

int wg_genl_open(const char *name, struct wg_backend **out, struct fault *f)
{
	struct netlink *n = NULL;
	struct genl *g;
	int family, code = check_kind(name, f);

	if (code == 0)
		code = netlink_open(NETLINK_GENERIC, &n, f);
	if (code == 0)
		code = netlink_family(n, WG_GENL_NAME, &family, f);
	if (code != 0) {
		netlink_close(n);
		return code;
	}
	netlink_set_scrub(n, scrub);
	g = mem_alloc(sizeof(*g));
	g->base.type = &genl_type;
	snprintf(g->base.name, sizeof(g->base.name), "%s", name);
	g->netlink = n;
	g->family = family;
	*out = &g->base;
	return 0;
}
