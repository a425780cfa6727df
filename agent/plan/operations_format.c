#include <stdio.h>

#include "agent/plan/operations.h"

static void put_address(struct buf *out, const char *verb, const struct ifaddr *a)
{
	char local[ADDRESS_TEXT_MAX], peer[ADDRESS_TEXT_MAX];

	buf_printf(out, "address %s %s", verb, address_format(&a->local, local));
	if (a->peer.family != FAMILY_NONE)
		buf_printf(out, " peer %s", address_format(&a->peer, peer));
	buf_printf(out, "/%u dev %d\n", a->length, a->device);
}

static void put_wg(struct buf *out, const char *device, const struct wg_op *op)
{
	static const char *const verbs[] = {
		[WG_OP_DEVICE] = "device",	     [WG_OP_PEER_ADD] = "peer add",
		[WG_OP_PEER_REMOVE] = "peer remove", [WG_OP_PEER_SET] = "peer set",
		[WG_OP_ALLOWED_ADD] = "allowed add", [WG_OP_ALLOWED_REMOVE] = "allowed remove",
		[WG_OP_PEER_GREET] = "peer greet",
	};
	char key[WG_KEY_TEXT_MAX], text[PREFIX_TEXT_MAX];

	buf_printf(out, "wg %s %s", device, verbs[op->kind]);
	if (op->peer != NULL && op->kind != WG_OP_DEVICE)
		buf_printf(out, " %s", wg_key_format(&op->peer->key, key));
	if (op->kind == WG_OP_ALLOWED_ADD || op->kind == WG_OP_ALLOWED_REMOVE)
		buf_printf(out, " %s", prefix_format(&op->prefix, text));
	if (op->kind == WG_OP_PEER_ADD && op->peer != NULL)
		for (size_t i = 0; i < op->peer->nallowed; i++)
			buf_printf(out, " %s", prefix_format(&op->peer->allowed[i], text));
	buf_puts(out, "\n");
}

static void put_devices(struct buf *out, const struct operations *o)
{
	static const char *const verbs[] = {
		[DEVICE_OP_CREATE] = "create",
		[DEVICE_OP_ALIAS] = "mark",
		[DEVICE_OP_MTU] = "mtu",
		[DEVICE_OP_UP] = "up",
	};

	for (size_t i = 0; i < o->devices.n; i++)
		buf_printf(out, "device %s %s\n", verbs[o->devices.at[i].kind],
			   o->devices.at[i].device->name);
	for (size_t i = 0; i < o->sysctls.n; i++)
		buf_printf(out, "sysctl %s %s = %d\n", o->sysctls.at[i]->device,
			   o->sysctls.at[i]->name, o->sysctls.at[i]->value);
}

void operations_format(const struct operations *o, struct buf *out)
{
	char text[ROUTE_TEXT_MAX];

	put_devices(out, o);
	for (size_t i = 0; i < o->rules.n; i++)
		buf_printf(out, "rule %s %s\n",
			   o->rules.at[i].kind == RULE_OP_ADD ? "add" : "delete",
			   rule_format(o->rules.at[i].rule, text));
	if (o->fence)
		buf_puts(out, "fence load\n");
	for (size_t i = 0; i < o->addresses_add.n; i++)
		put_address(out, "add", o->addresses_add.at[i]);
	for (size_t i = 0; i < o->routes.n; i++)
		buf_printf(out, "route %s %s\n",
			   o->routes.at[i].kind == ROUTE_OP_DELETE ? "delete"
			   : o->routes.at[i].kind == ROUTE_OP_ADD  ? "add"
								   : "replace",
			   route_format(o->routes.at[i].route, text));
	for (size_t i = 0; i < o->wg.n; i++)
		for (size_t k = 0; k < o->wg.at[i].ops.n; k++)
			put_wg(out, o->wg.at[i].device->name, &o->wg.at[i].ops.at[k]);
	for (size_t i = 0; i < o->addresses_delete.n; i++)
		put_address(out, "delete", o->addresses_delete.at[i]);
	for (size_t i = 0; i < o->devices_delete.n; i++)
		buf_printf(out, "device delete %s\n", o->devices_delete.at[i]->name);
	for (size_t i = 0; i < o->processes_end.n; i++)
		buf_printf(out, "process end %s\n", o->processes_end.at[i]->name);
}
