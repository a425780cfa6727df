#include "lib/net/wg.h"

#include <sodium.h>
#include <string.h>

#include "lib/net/link.h"
#include "lib/net/wg_backend.h"

int wg_open(const char *name, struct wg_backend **out, struct fault *f)
{
	struct fault kernel = {0}, user = {0};

	if (!link_name_valid(name))
		return fault_set(f, ERR_INVALID, "'%.60s' is no device name", name);
	if (wg_genl_open(name, out, &kernel) == 0)
		return 0;
	if (kernel.code != ERR_NOT_FOUND)
		return fault_set(f, kernel.code, "%s", kernel.text);
	if (wg_uapi_open(name, out, &user) == 0)
		return 0;
	return fault_set(f, user.code, "%s", user.text);
}

void wg_close(struct wg_backend *b)
{
	if (b != NULL)
		b->type->close(b);
}

int wg_read(struct wg_backend *b, struct wg_device *out, struct fault *f)
{
	int code;

	memset(out, 0, sizeof(*out));
	memcpy(out->name, b->name, sizeof(out->name));
	code = b->type->read(b, out, f);
	if (code != 0) {
		wg_device_fini(out);
		return fault_prefix(f, "WireGuard device %s", b->name);
	}
	wg_device_sort(out);
	return 0;
}

bool wg_kernel_supported(void)
{
	struct netlink *n = NULL;
	bool supported;
	int id;

	if (netlink_open(NETLINK_GENERIC, &n, NULL) != 0)
		return false;
	supported = netlink_family(n, "wireguard", &id, NULL) == 0;
	netlink_close(n);
	return supported;
}

/* ---- applying ---- */

#define GREETING_S 25 /* for a moment, of one that is sent no keepalives */

/* The entry that an operation needs before its own contents. */
static struct wg_entry entry_of(const struct wg_op *op)
{
	struct wg_entry e = {.key = &op->peer->key,
			     .endpoint = &op->peer->endpoint,
			     .keepalive = op->peer->keepalive,
			     .update_only = true};

	switch (op->kind) {
	case WG_OP_PEER_ADD:
		e.update_only = false;
		e.mask = op->peer->keepalive != 0 ? WG_SET_KEEPALIVE : 0;
		if (op->peer->endpoint.address.family != FAMILY_NONE)
			e.mask |= WG_SET_ENDPOINT;
		break;
	case WG_OP_PEER_SET:
		e.mask = op->mask;
		break;
	case WG_OP_PEER_REMOVE:
		e.remove = true;
		break;
	default:
		break;
	}
	return e;
}

/* How many operations from here on fit one entry: an addition or setting of a peer, and allowed IPs
 * that it gets. */
static size_t entry_length(const struct wg_op *ops, size_t n)
{
	size_t len = 1;

	if (ops[0].kind == WG_OP_PEER_REMOVE)
		return 1;
	while (len < n && ops[len].kind == WG_OP_ALLOWED_ADD &&
	       wg_key_compare(&ops[len].peer->key, &ops[0].peer->key) == 0)
		len++;
	return len;
}

/* WireGuard sends a keepalive when it is told to send them and did not before. */
static int put_greeting(struct wg_backend *b, const struct wg_peer *p, struct fault *f)
{
	const uint16_t steps[] = {0, p->keepalive != 0 ? p->keepalive : GREETING_S, p->keepalive};
	struct wg_entry e = {.key = &p->key, .update_only = true, .mask = WG_SET_KEEPALIVE};
	int code = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == 0; i++) {
		e.keepalive = steps[i];
		code = b->type->put_peer(b, &e, f);
	}
	return code;
}

static int put_entry(struct wg_backend *b, const struct wg_op *ops, size_t n, struct fault *f)
{
	struct wg_entry e = entry_of(&ops[0]);
	int code = b->type->put_peer(b, &e, f);

	if (ops[0].kind == WG_OP_PEER_ADD)
		for (size_t i = 0; code == 0 && i < ops[0].peer->nallowed; i++)
			code = b->type->put_allowed(b, &ops[0].peer->allowed[i], f);
	for (size_t i = 0; code == 0 && i < n; i++)
		if (ops[i].kind == WG_OP_ALLOWED_ADD)
			code = b->type->put_allowed(b, &ops[i].prefix, f);
	return code;
}

/* Takes prefixes away from whoever has them. Neither wireguard-go 0.0.20220316 nor Linux before
 * 6.16 can do that to one of a peer's; but a prefix belongs to the last peer that got it, and goes
 * with it. So they are given to a peer with a random key, and that is removed. */
static int put_removals(struct wg_backend *b, const struct wg_op *ops, size_t n, struct fault *f)
{
	struct wg_key throwaway;
	struct wg_entry e = {.key = &throwaway};
	int code;

	randombytes_buf(throwaway.bytes, sizeof(throwaway.bytes));
	code = b->type->put_peer(b, &e, f);
	for (size_t i = 0; code == 0 && i < n; i++)
		code = b->type->put_allowed(b, &ops[i].prefix, f);
	if (code == 0)
		code = b->type->flush(b, f);
	/* Tried whatever happened, so that it does not stay. */
	e.remove = true;
	if (code != 0) {
		(void)b->type->put_peer(b, &e, NULL);
		(void)b->type->flush(b, NULL);
		return code;
	}
	code = b->type->put_peer(b, &e, f);
	return code != 0 ? code : b->type->flush(b, f);
}

static size_t removals_length(const struct wg_op *ops, size_t n)
{
	size_t len = 1;

	while (len < n && ops[len].kind == WG_OP_ALLOWED_REMOVE)
		len++;
	return len;
}

static int apply(struct wg_backend *b, const struct wg_device *desired, const struct secret *key,
		 const struct wg_op *ops, size_t n, struct fault *f)
{
	size_t done;

	for (size_t i = 0; i < n; i += done) {
		int code;

		done = 1;
		if (ops[i].kind == WG_OP_DEVICE) {
			if ((ops[i].mask & WG_SET_KEY) != 0 && key == NULL)
				return fault_set(f, ERR_INTERNAL, "no private key given");
			code = b->type->flush(b, f);
			if (code == 0)
				code = b->type->set_device(b, ops[i].mask, desired, key, f);
		} else if (ops[i].kind == WG_OP_ALLOWED_REMOVE) {
			done = removals_length(&ops[i], n - i);
			code = b->type->flush(b, f);
			if (code == 0)
				code = put_removals(b, &ops[i], done, f);
		} else if (ops[i].kind == WG_OP_PEER_GREET) {
			code = put_greeting(b, ops[i].peer, f);
		} else {
			done = entry_length(&ops[i], n - i);
			code = put_entry(b, &ops[i], done, f);
		}
		if (code != 0)
			return code;
	}
	return b->type->flush(b, f);
}

int wg_apply(struct wg_backend *b, const struct wg_device *desired, const struct secret *key,
	     const struct wg_op *ops, size_t n, struct fault *f)
{
	int code = apply(b, desired, key, ops, n, f);

	if (code != 0)
		fault_prefix(f, "WireGuard device %s", b->name);
	return code;
}

int wg_clear(struct wg_backend *b, struct fault *f)
{
	int code = b->type->clear(b, f);

	if (code != 0)
		fault_prefix(f, "WireGuard device %s", b->name);
	return code;
}
