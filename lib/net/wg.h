/* One WireGuard interface: what it should be, what it is, and the operations between the two.
 *
 * wg_plan() is pure: desired and actual, both sorted by public key, are merged into a list of
 * operations. A backend applies them: generic netlink (the kernel's WireGuard) or the
 * cross-platform UAPI socket (wireguard-go). Nothing is replaced as a whole in steady state: that
 * drops packets. */
#ifndef SKEIN_NET_WG_H
#define SKEIN_NET_WG_H

#include "lib/net/wg_device.h"

enum wg_op_kind {
	WG_OP_DEVICE,	/* private key, port, mark: what `mask` names */
	WG_OP_PEER_ADD, /* with endpoint, keepalive and allowed IPs */
	WG_OP_PEER_REMOVE,
	WG_OP_PEER_SET,	   /* endpoint, keepalive: what `mask` names */
	WG_OP_PEER_GREET,  /* send it something: without a session that begins the handshake */
	WG_OP_ALLOWED_ADD, /* to this peer; taken from whoever has it, atomically */
	WG_OP_ALLOWED_REMOVE,
};

struct wg_op {
	enum wg_op_kind kind;
	unsigned mask;
	const struct wg_peer *peer; /* borrowed from desired; from actual for a removal */
	struct prefix prefix;	    /* WG_OP_ALLOWED_* */
};

typedef VEC(struct wg_op) wg_op_vec;

/* Appends what turns `actual` into `desired`. The private key is set when actual has another public
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
/* Takes all peers away at once. Before the kernel's device is deleted: it would take them along,
 * but wait 20 ms for each, in the caller's time (4,500 peers: 92 s; 0.2 s this way). */
int wg_clear(struct wg_backend *b, struct fault *f);
/* True where the kernel can make interfaces of kind "wireguard" in this namespace. */
bool wg_kernel_supported(void);

#endif
