/* One WireGuard interface: what it should be, what it is, and the operations between the two.
 *
 * wg_plan() is pure: desired and actual, both sorted by public key, are merged into a list of
 * operations. A backend applies them: generic netlink (the kernel's WireGuard) or the
 * cross-platform UAPI socket (wireguard-go). Nothing is replaced as a whole in steady state: that
 * drops packets. */
#ifndef SKEIN_NET_WG_H
#define SKEIN_NET_WG_H

#include "lib/base/clock.h"
#include "lib/base/secret.h"
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
	uint16_t keepalive;	     /* s; 0: off */
	struct prefix *allowed;	     /* sorted by prefix_compare */
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

enum wg_op_kind {
	WG_OP_DEVICE,	/* private key, port, mark: what `mask` names */
	WG_OP_PEER_ADD, /* with endpoint, keepalive and allowed IPs */
	WG_OP_PEER_REMOVE,
	WG_OP_PEER_SET,	   /* endpoint, keepalive: what `mask` names */
	WG_OP_ALLOWED_ADD, /* to this peer; taken from whoever has it, atomically */
	WG_OP_ALLOWED_REMOVE,
};

enum {
	WG_SET_KEY = 1,
	WG_SET_PORT = 2,
	WG_SET_MARK = 4,
	WG_SET_ENDPOINT = 8,
	WG_SET_KEEPALIVE = 16
};

struct wg_op {
	enum wg_op_kind kind;
	unsigned mask;
	const struct wg_peer *peer; /* borrowed from desired; from actual for a removal */
	struct prefix prefix;	    /* WG_OP_ALLOWED_* */
};

typedef VEC(struct wg_op) wg_op_vec;

/* Appends what turns `actual` into `desired`. `private_key` is set when actual has another public
 * key. Order: device; allowed IPs and peers that come or move; removals. O(n log n) in peers. */
void wg_plan(const struct wg_device *desired, const struct wg_device *actual, wg_op_vec *out);

struct wg_backend;

/* The backend that serves the interface `name`: the kernel's, else a UAPI socket under
 * /var/run/wireguard. ERR_NOT_FOUND when neither does. */
int wg_open(const char *name, struct wg_backend **out, struct fault *f);
void wg_close(struct wg_backend *b);
/* Reads all of it; large devices arrive in several messages. Caller wg_device_fini()s. */
int wg_read(struct wg_backend *b, struct wg_device *out, struct fault *f);
/* Applies operations in order, in as few requests as fit. `key` is used by WG_SET_KEY; may be NULL
 * otherwise. `desired` gives port and mark. */
int wg_apply(struct wg_backend *b, const struct wg_device *desired, const struct secret *key,
	     const struct wg_op *ops, size_t n, struct fault *f);
void wg_device_fini(struct wg_device *d);
/* True where the kernel can make interfaces of kind "wireguard" in this namespace. */
bool wg_kernel_supported(void);

void wg_public_key(const struct secret *private_key, struct wg_key *out);
void wg_private_key_generate(struct secret *out); /* clamped */
const char *wg_key_format(const struct wg_key *k, char out[WG_KEY_TEXT_MAX]);
bool wg_key_parse(const char *text, struct wg_key *out); /* constant time */
int wg_key_compare(const void *a, const void *b);

#endif
