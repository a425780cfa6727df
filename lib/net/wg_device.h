/* A WireGuard device as a value: keys, endpoints, peers. What it should be, and what was read back
 * of what it is. */
#ifndef SKEIN_NET_WG_DEVICE_H
#define SKEIN_NET_WG_DEVICE_H

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/base/vec.h"
#include "lib/net/prefix.h"

#define WG_KEY_SIZE	32
#define WG_KEY_TEXT_MAX 45

struct wg_key {
	uint8_t bytes[WG_KEY_SIZE]; /* public */
};

struct wg_endpoint {
	struct address address; /* family 0: none */
	uint16_t port;
};

struct wg_peer {
	struct wg_key key;
	struct wg_endpoint endpoint; /* desired: where to send first; a roamed one is left alone */
	bool set_endpoint;	     /* desired: write it even if the device knows another */
	bool again;		/* desired: removed and added, so that its handshake begins anew */
	bool greet;		/* desired: it is sent something at once, whatever `keepalive` is */
	uint16_t keepalive;	/* s; 0: off */
	struct prefix *allowed; /* sorted by prefix_compare */
	size_t nallowed;
	/* only read back */
	struct wall last_handshake; /* ms 0: never */
	uint64_t rx_bytes, tx_bytes;
};

typedef VEC(struct wg_peer) wg_peer_vec;

struct wg_device {
	char name[16];
	bool has_private_key; /* the key itself is not read back */
	struct wg_key public_key;
	uint16_t listen_port; /* 0: as it is, unless any_port */
	bool any_port;	      /* desired: with listen_port 0, a free one is to be chosen */
	uint32_t fwmark;
	wg_peer_vec peers; /* sorted by key */
};

/* Which part of a device or peer is to be written. */
enum {
	WG_SET_KEY = 1,
	WG_SET_PORT = 2,
	WG_SET_MARK = 4,
	WG_SET_ENDPOINT = 8,
	WG_SET_KEEPALIVE = 16
};

void wg_device_fini(struct wg_device *d);
/* In a sorted device; NULL: it has no such peer. */
const struct wg_peer *wg_device_peer(const struct wg_device *d, const struct wg_key *key);

#define WG_PEERS_MAX   (1 << 21)
#define WG_ALLOWED_MAX (1 << 20) /* of one peer */

/* Growing a device that is being read; ERR_TOO_LARGE beyond the bounds above. */
int wg_device_add_peer(struct wg_device *d, const struct wg_key *key);
int wg_device_add_allowed(struct wg_device *d, const struct prefix *p); /* to the last peer */
void wg_device_sort(struct wg_device *d);

void wg_public_key(const struct secret *private_key, struct wg_key *out);
void wg_private_key_generate(struct secret *out); /* clamped */
const char *wg_key_format(const struct wg_key *k, char out[WG_KEY_TEXT_MAX]);
bool wg_key_parse(const char *text, struct wg_key *out); /* constant time */
int wg_key_compare(const void *a, const void *b);

#endif
