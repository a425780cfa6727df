/* From what a device is to what it should be.
 *
 * Peers of both are merged by key, allowed IPs of a peer in both by prefix. A prefix that goes from
 * one peer to another needs one operation only: giving it to the new one takes it from the old one,
 * with no packet between. So what actual has and desired has not is removed only if no other peer
 * of desired has it; `wanted`, all prefixes of desired in order, answers that. */
#include <string.h>

#include "lib/net/wg.h"

static bool is_wanted(const prefix_vec *wanted, const struct prefix *p)
{
	return wanted->n > 0 &&
	       bsearch(p, wanted->at, wanted->n, sizeof(*p), prefix_compare) != NULL;
}

static void plan_device(const struct wg_device *want, const struct wg_device *have, wg_op_vec *out)
{
	static const struct wg_key none;
	unsigned mask = 0;

	if (wg_key_compare(&want->public_key, &none) != 0 &&
	    wg_key_compare(&want->public_key, &have->public_key) != 0)
		mask |= WG_SET_KEY;
	if (want->listen_port == 0 ? want->any_port : want->listen_port != have->listen_port)
		mask |= WG_SET_PORT;
	if (want->fwmark != have->fwmark)
		mask |= WG_SET_MARK;
	if (mask != 0)
		vec_push(out, (struct wg_op){.kind = WG_OP_DEVICE, .mask = mask});
}

static bool endpoint_equal(const struct wg_endpoint *a, const struct wg_endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

static void plan_settings(const struct wg_peer *want, const struct wg_peer *have, wg_op_vec *out)
{
	unsigned mask = 0;

	/* WireGuard learns where a peer is from its packets, and knows better than desired. */
	if (want->endpoint.address.family != FAMILY_NONE &&
	    (have->endpoint.address.family == FAMILY_NONE || want->set_endpoint) &&
	    !endpoint_equal(&want->endpoint, &have->endpoint))
		mask |= WG_SET_ENDPOINT;
	if (want->keepalive != have->keepalive)
		mask |= WG_SET_KEEPALIVE;
	if (mask != 0)
		vec_push(out, (struct wg_op){.kind = WG_OP_PEER_SET, .mask = mask, .peer = want});
}

static void plan_allowed(const struct wg_peer *want, const struct wg_peer *have,
			 const prefix_vec *wanted, wg_op_vec *out, wg_op_vec *removals)
{
	size_t i = 0, j = 0;

	while (i < want->nallowed || j < have->nallowed) {
		int order = i == want->nallowed ? 1
			    : j == have->nallowed
				    ? -1
				    : prefix_compare(&want->allowed[i], &have->allowed[j]);

		if (order < 0)
			vec_push(out, (struct wg_op){.kind = WG_OP_ALLOWED_ADD,
						     .peer = want,
						     .prefix = want->allowed[i]});
		else if (order > 0 && !is_wanted(wanted, &have->allowed[j]))
			vec_push(removals, (struct wg_op){.kind = WG_OP_ALLOWED_REMOVE,
							  .peer = have,
							  .prefix = have->allowed[j]});
		i += order <= 0;
		j += order >= 0;
	}
}

static void plan_peers(const struct wg_device *want, const struct wg_device *have,
		       const prefix_vec *wanted, wg_op_vec *out, wg_op_vec *less, wg_op_vec *gone)
{
	size_t i = 0, j = 0;

	while (i < want->peers.n || j < have->peers.n) {
		const struct wg_peer *w = i < want->peers.n ? &want->peers.at[i] : NULL;
		const struct wg_peer *h = j < have->peers.n ? &have->peers.at[j] : NULL;
		int order = w == NULL ? 1 : h == NULL ? -1 : wg_key_compare(&w->key, &h->key);

		if (order < 0) {
			vec_push(out, (struct wg_op){.kind = WG_OP_PEER_ADD, .peer = w});
		} else if (order > 0) {
			vec_push(gone, (struct wg_op){.kind = WG_OP_PEER_REMOVE, .peer = h});
		} else if (w->again) {
			vec_push(out, (struct wg_op){.kind = WG_OP_PEER_REMOVE, .peer = h});
			vec_push(out, (struct wg_op){.kind = WG_OP_PEER_ADD, .peer = w});
		} else {
			plan_settings(w, h, out);
			plan_allowed(w, h, wanted, out, less);
			if (w->greet)
				vec_push(out, (struct wg_op){.kind = WG_OP_PEER_GREET, .peer = w});
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static void append(wg_op_vec *to, wg_op_vec *from)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, from->at[i]);
	vec_free(from);
}

void wg_plan(const struct wg_device *desired, const struct wg_device *actual, wg_op_vec *out)
{
	wg_op_vec less = {0}, gone = {0};
	prefix_vec wanted = {0};

	for (size_t i = 0; i < desired->peers.n; i++)
		for (size_t k = 0; k < desired->peers.at[i].nallowed; k++)
			vec_push(&wanted, desired->peers.at[i].allowed[k]);
	vec_sort(&wanted, prefix_compare);
	plan_device(desired, actual, out);
	plan_peers(desired, actual, &wanted, out, &less, &gone);
	append(out, &less);
	append(out, &gone);
	vec_free(&wanted);
}
